import { RoutiluxError } from '../../lib/index.js';
import { jobError } from '../../lib/job/JobError.js';
import * as fold from '../../lib/job/fold.js';
import * as note from '../../lib/job/noteJob.js';
import type { LogEntry } from '../../lib/job/SharedSpace.js';
import { ToldLedger } from '../support/ledgers.js';

const STEP = { jobId: 'job', timestamp: new Date(5) };
const ENTRY: LogEntry = { timestamp: new Date(1), n: 1 };
const OUTPUT = { jobId: 'job', routineId: 's', type: 'x', data: {}, timestamp: new Date(5) };
const ERROR = jobError('TIMEOUT', { jobId: 'job', timeoutMs: 10 });

/** What happens to a job, and the record of it, whole. */
const TABLE: readonly [string, (ledger: ToldLedger) => void, object][] = [
  ['it begins', (ledger) => note.started(ledger, 's', { n: 1 }), { type: 'started', entryRoutineId: 's', entryParams: { n: 1 } }],
  ['it stands', (ledger) => note.paused(ledger, undefined, undefined, 2), { type: 'paused', pendingTasks: 2 }],
  [
    'it stands for a reason',
    (ledger) => note.paused(ledger, 'lunch', { n: 1 }, 2),
    { type: 'paused', pendingTasks: 2, reason: 'lunch', checkpoint: { n: 1 } },
  ],
  [
    'something is kept in its history',
    (ledger) => note.kept(ledger, 's', 'error', { error: 'no' }, 4),
    { type: 'kept', routineId: 's', eventName: 'error', data: { error: 'no' }, order: 4 },
  ],
  [
    'an event waits for a resume',
    (ledger) => note.deferred(ledger, { routineId: 's', event: 'o', data: { n: 1 } }),
    { type: 'deferred', routineId: 's', event: 'o', data: { n: 1 } },
  ],
  ['all that waited have been emitted', (ledger) => note.deferredEmitted(ledger, 3), { type: 'deferredEmitted', count: 3 }],
  ['a shared value is set', (ledger) => note.sharedSet(ledger, 'k', 1), { type: 'sharedSet', key: 'k', value: 1 }],
  ['something is logged', (ledger) => note.sharedLogged(ledger, ENTRY), { type: 'sharedLogged', entry: ENTRY }],
  ['something is handed out', (ledger) => note.output(ledger, OUTPUT, true), { type: 'output', output: OUTPUT }],
  [
    'the same, and nobody keeps it',
    (ledger) => note.output(ledger, OUTPUT, false),
    { type: 'output', output: OUTPUT, kept: false },
  ],
];

describe('noteJob', () => {
  it.each(TABLE)('should tell one record, whole: %s', (_, happen, record) => {
    const ledger = new ToldLedger();
    happen(ledger);
    expect(ledger.told).toStrictEqual([{ ...STEP, ...record }]);
  });

  it.each(TABLE)('should tell nothing if nobody watches: %s', (_, happen) => {
    const ledger = new ToldLedger();
    ledger.watched = false;
    happen(ledger);
    expect(ledger.told).toEqual([]);
  });

  it.each<[string, (ledger: ToldLedger) => void, object]>([
    ['of the status', () => undefined, { status: 'cancelled' }],
    ['of a reason', (ledger) => fold.reasonGiven(ledger.data, 'enough'), { status: 'cancelled', reason: 'enough' }],
    ['of an error', (ledger) => fold.failedWith(ledger.data, ERROR), { status: 'cancelled', error: ERROR }],
  ])('should tell the end with the time at which it came, %s', (_, before, told) => {
    const ledger = new ToldLedger();
    ledger.now = 3;
    before(ledger);
    fold.statusSet(ledger.data, 'cancelled', ledger.now);
    expect(ledger.told).toEqual([]);
    ledger.now = 5;
    note.ended(ledger);
    expect(ledger.told).toStrictEqual([{ jobId: 'job', timestamp: new Date(3), type: 'ended', ...told }]);
  });

  it('should tell a resume with the time at which it came', () => {
    const ledger = new ToldLedger();
    fold.statusSet(ledger.data, 'running', ledger.now);
    ledger.now = 9;
    note.resumed(ledger);
    expect(ledger.told).toStrictEqual([{ ...STEP, type: 'resumed' }]);
  });

  it('should write down what it tells', () => {
    const ledger = new ToldLedger();
    const { data } = ledger;
    for (const [, happen] of TABLE) happen(ledger);
    expect(data.pausePoints.map(({ reason, pendingTasks }) => [reason, pendingTasks])).toEqual([
      [undefined, 2],
      ['lunch', 2],
    ]);
    expect([data.deferred.length, data.shared.values.get('k'), data.shared.entries.length, data.outputs.length]).toEqual([
      1, 1, 1, 1,
    ]);
    expect(data.deferred).toEqual([{ routineId: 's', event: 'o', data: { n: 1 } }]);
    fold.failedWith(ledger.data, ERROR);
    expect(data.error).toBeInstanceOf(RoutiluxError);
  });
});
