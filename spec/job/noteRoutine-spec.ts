import * as note from '../../lib/job/noteRoutine.js';
import { RoutineData } from '../../lib/job/RoutineData.js';
import { ToldLedger } from '../support/ledgers.js';

const STEP = { jobId: 'job', timestamp: new Date(5) };

const bench = () => ({ ledger: new ToldLedger(), routine: new RoutineData('t', ['i', 'j'], ['o']) });

type Bench = ReturnType<typeof bench>;

const EMISSION = { routineId: 't', eventName: 'o', data: { n: 1 }, tick: 5, order: 1 };
const FAILING = { taskId: 'job:3.1', retryCount: 2 };

/** What happens to a routine, and the record of it, whole. */
const TABLE: readonly [string, (bench: Bench) => void, object][] = [
  [
    'it does something for the first time',
    ({ ledger, routine }) => note.routineMet(ledger, routine),
    { type: 'routineSeen', routineId: 't', slots: ['i', 'j'], events: ['o'] },
  ],
  [
    'it emits',
    ({ ledger, routine }) => note.emitted(ledger, routine, 0, EMISSION),
    { type: 'emitted', routineId: 't', event: 'o', data: { n: 1 } },
  ],
  [
    'it has other keys',
    ({ ledger, routine }) => note.stateSet(ledger, routine, { n: 1 }, { n: 1 }),
    { type: 'stateSet', routineId: 't', state: { n: 1 } },
  ],
  [
    'its operator completes',
    ({ ledger, routine }) => note.operatorCompleted(ledger, routine),
    { type: 'operatorCompleted', routineId: 't' },
  ],
  [
    'more of its tasks wait than ever',
    ({ ledger, routine }) => note.slotWaited(ledger, routine, 1, 2),
    { type: 'highWater', routineId: 't', slot: 'j', waiting: 2 },
  ],
  [
    'a failure counts',
    ({ ledger, routine }) => note.failureNoted(ledger, { ...FAILING, routineData: routine }, 'skipped', { message: 'no' }),
    { type: 'failureNoted', ...FAILING, routineId: 't', outcome: 'skipped', message: 'no', hadSucceeded: false },
  ],
  [
    'a task that had succeeded has failed',
    ({ ledger, routine }) => note.failureNoted(ledger, { ...FAILING, routineData: routine }, 'failed', { message: 'no' }, true),
    { type: 'failureNoted', ...FAILING, routineId: 't', outcome: 'failed', message: 'no', hadSucceeded: true },
  ],
];

describe('noteRoutine', () => {
  it.each(TABLE)('should tell one record, whole: %s', (_, happen, record) => {
    const made = bench();
    happen(made);
    expect(made.ledger.told).toStrictEqual([{ ...STEP, ...record }]);
  });

  it.each(TABLE)('should tell nothing if nobody watches: %s', (_, happen) => {
    const made = bench();
    made.ledger.watched = false;
    happen(made);
    expect(made.ledger.told).toEqual([]);
  });

  it('should tell of a limited slot only if more wait than ever before', () => {
    const { ledger, routine } = bench();
    for (const waiting of [1, 2, 1, 2, 3]) note.slotWaited(ledger, routine, 0, waiting);
    expect(ledger.told.map((record) => (record as { waiting?: number }).waiting)).toEqual([1, 2, 3]);
    expect(routine.highWater).toEqual([3, 0]);
  });

  it.each([
    ['failed', { failed: 1, end: 'failed', dropped: 0 }],
    ['error_continued', { failed: 1, end: 'error_continued', dropped: 0 }],
    ['skipped', { skipped: 1, failed: 0, end: 'skipped' }],
    ['dropped', { dropped: 1, failed: 0, end: 'failed' }],
  ] as const)('should count a failure that is %s', (outcome, counted) => {
    const { ledger, routine } = bench();
    note.failureNoted(ledger, { ...FAILING, routineData: routine }, outcome, { message: 'no' });
    expect(routine).toMatchObject({ ...counted, completed: 0, error: 'no', errorTime: 5 });
  });

  it('should take a success back that was none', () => {
    const { ledger, routine } = bench();
    note.failureNoted(ledger, { ...FAILING, routineData: routine }, 'failed', { message: 'no' }, true);
    expect(routine).toMatchObject({ completed: -1, failed: 1 });
  });
});
