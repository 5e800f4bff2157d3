import * as note from '../../lib/job/noteTask.js';
import * as fold from '../../lib/job/fold.js';
import { RoutineData } from '../../lib/job/RoutineData.js';
import type { Connection } from '../../lib/index.js';
import { ToldLedger } from '../support/ledgers.js';

const CONNECTION: Connection = { sourceId: 's', sourceEvent: 'o', targetId: 't', targetSlot: 'i', mapping: undefined };

const ENTRY: note.ToldTask = {
  idIn: (jobId) => `${jobId}:0.0`,
  routineId: 's',
  slot: 'trigger',
  payload: { n: 1 },
  attempt: 1,
  described: undefined,
};
const TASK: note.ToldTask = {
  idIn: (jobId) => `${jobId}:3.1`,
  routineId: 't',
  slot: 'i',
  payload: { n: 2 },
  attempt: 2,
  described: CONNECTION,
};

/** What the records of a task have in common, key by key. */
const STEP = { jobId: 'job', timestamp: new Date(5) };
const ENTRY_TOLD = { taskId: 'job:0.0', routineId: 's', slot: 'trigger', data: { n: 1 }, attempt: 1, retryCount: 0 };
const TASK_TOLD = {
  taskId: 'job:3.1',
  routineId: 't',
  slot: 'i',
  data: { n: 2 },
  attempt: 2,
  retryCount: 1,
  connection: CONNECTION,
};
const NAMED = { taskId: 'job:3.1', routineId: 't', attempt: 2 };

const bench = () => {
  const ledger = new ToldLedger();
  const cell = new RoutineData('t', ['i'], ['o']);
  fold.routineMet(ledger.data, cell);
  return { ledger, cell };
};

type Bench = ReturnType<typeof bench>;

/** What happens to a task, and the record of it, whole. */
const TABLE: readonly [string, (bench: Bench) => void, object][] = [
  ['an entry waits', ({ ledger }) => note.tellQueued(ledger, ENTRY), { type: 'taskQueued', ...ENTRY_TOLD }],
  ['a task waits', ({ ledger }) => note.tellQueued(ledger, TASK), { type: 'taskQueued', ...TASK_TOLD }],
  [
    'a retry is put off',
    ({ ledger }) => note.delayed(ledger, TASK, 40),
    { type: 'taskDelayed', ...TASK_TOLD, dueAt: new Date(40) },
  ],
  ['an entry is at work', ({ ledger, cell }) => note.taken(ledger, cell, ENTRY), { type: 'taskStarted', ...ENTRY_TOLD }],
  ['a task is at work', ({ ledger, cell }) => note.taken(ledger, cell, TASK), { type: 'taskStarted', ...TASK_TOLD }],
  [
    'a payload is taken in',
    ({ ledger, cell }) => {
      const data = { n: 3 };
      note.takenIn(ledger, cell, 0, TASK, data, data);
    },
    { type: 'takenIn', taskId: 'job:3.1', routineId: 't', slot: 'i', data: { n: 3 } },
  ],
  [
    'a payload is taken in by a slot that holds more',
    ({ ledger, cell }) => note.takenIn(ledger, cell, 0, TASK, { n: 3, old: 1 }, { n: 3 }),
    { type: 'takenIn', taskId: 'job:3.1', routineId: 't', slot: 'i', data: { n: 3 }, held: { n: 3, old: 1 } },
  ],
  ['a run is timed', ({ ledger, cell }) => note.timed(ledger, cell, 7), { type: 'timed', routineId: 't', ms: 7 }],
  [
    'an attempt has succeeded',
    ({ ledger, cell }) => note.settled(ledger, cell, TASK, 'completed', undefined),
    { type: 'taskSettled', ...TASK_TOLD, outcome: 'completed' },
  ],
  [
    'an attempt has failed',
    ({ ledger, cell }) => note.settled(ledger, cell, TASK, 'failed', 'why'),
    { type: 'taskSettled', ...TASK_TOLD, outcome: 'failed', error: 'why' },
  ],
  [
    'there was no room for a task',
    ({ ledger, cell }) => note.shed(ledger, cell, TASK),
    { type: 'taskSettled', ...TASK_TOLD, outcome: 'dropped' },
  ],
  ['a promise holds the job open', ({ ledger }) => note.tracked(ledger, NAMED), { type: 'tracked', ...NAMED }],
  ['a promise does so no more', ({ ledger }) => note.untracked(ledger, NAMED), { type: 'untracked', ...NAMED }],
];

describe('noteTask', () => {
  it.each(TABLE)('should tell one record, whole: %s', (_, happen, record) => {
    const made = bench();
    happen(made);
    expect(made.ledger.told).toStrictEqual([{ ...STEP, ...record }]);
  });

  it.each(TABLE.filter(([what]) => !what.endsWith('waits')))('should tell nothing if nobody watches: %s', (_, happen) => {
    const made = bench();
    made.ledger.watched = false;
    happen(made);
    expect(made.ledger.told).toEqual([]);
  });

  it('should tell what it shows, in a copy', () => {
    const { ledger } = bench();
    note.tellQueued(ledger, TASK);
    expect((ledger.told[0] as { data?: unknown }).data).not.toBe(TASK.payload);
  });

  it('should tell a list that grows in place as it was', () => {
    const { ledger, cell } = bench();
    const held = { n: [1, 2] };
    note.takenIn(ledger, cell, 0, TASK, held, { n: [1, 2] });
    held.n.push(3);
    expect(ledger.told).toMatchObject([{ data: { n: [1, 2] } }]);
    expect(cell.held[0]).toBe(held);
  });

  it('should write down what it tells', () => {
    const { ledger, cell } = bench();
    note.taken(ledger, cell, TASK);
    expect([ledger.data.currentRoutineId, cell.active]).toEqual(['t', 1]);
    note.settled(ledger, cell, TASK, 'retry', 'why');
    expect(cell).toMatchObject({ active: 0, retried: 1, retryCount: 2, completed: 0 });
    note.taken(ledger, cell, TASK);
    note.settled(ledger, cell, TASK, 'completed', undefined);
    expect(cell).toMatchObject({ active: 0, completed: 1, end: 'completed', retryCount: 1 });
    note.shed(ledger, cell, TASK);
    expect([cell.dropped, ledger.data.dropped]).toEqual([1, 1]);
  });
});
