import { Subject, VirtualTimeScheduler } from 'rxjs';
import { Attempt, type TriedJob } from '../../lib/engine/Attempt.js';
import { RoutineTable } from '../../lib/engine/RoutineTable.js';
import { Arrival } from '../../lib/engine/Emission.js';
import { handOver } from '../../lib/engine/handOver.js';
import type { DelayedTasks } from '../../lib/engine/DelayedTasks.js';
import { abort, apply, noteFailure, type SettledJob } from '../../lib/engine/settlement.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { Task } from '../../lib/engine/Task.js';
import { startClock } from '../../lib/engine/stopClock.js';
import * as fold from '../../lib/job/fold.js';
import { type Change, COMPLETED, completedWith, type Failure, failedWith, type Settled, toldAs } from '../../lib/job/Settled.js';
import { ErrorHandler } from '../../lib/index.js';
import type { Connection } from '../../lib/plan/Plan.js';
import type { RoutiluxError } from '../../lib/prelude/RoutiluxError.js';
import { flowOf } from '../support/flows.js';
import { compiled, eventIn, slotIn, ToldLedger } from '../support/ledgers.js';

const noop = (): void => undefined;

interface Run extends TriedJob {
  readonly isOpen: boolean;
  active: number;
}

interface Asked {
  /** How often the task was tried before. */
  readonly tried?: number;
  /** Whether it is the entry, which no connection brings. */
  readonly isEntry?: boolean;
  readonly handled?: boolean;
}

/** A job with one attempt at work, and what follows from that. */
const bench = ({ tried = 0, isEntry = false, handled = false }: Asked = {}) => {
  const scheduler = new VirtualTimeScheduler();
  const options = handled ? { errorHandler: new ErrorHandler({ strategy: 'continue' }) } : {};
  const plan = compiled(flowOf({ s: { slots: { trigger: noop } }, t: { slots: { i: noop } } }, ['s.o -> t.i']), {
    ...options,
    scheduler,
  });
  const ledger = new ToldLedger();
  const routines = new RoutineTable(ledger);
  const told: string[] = [];
  const note = (what: string) => () => void told.push(what);
  const task$ = new Subject<Task<Run>>();
  task$.subscribe(({ taskId: _ = '', attempt }: { taskId?: string; attempt: number }) => told.push(`task, attempt ${attempt}`));
  const steps = new Steps();
  const time = { reading: 5, elapsed: 5, lap: () => 12 };
  const parts = { plan, ledger, engine: { time } };
  const run: Run = { isOpen: true, active: 1, parts };
  const failures: RoutiluxError[] = [];
  const job: SettledJob<Run> = {
    run,
    ledger,
    plan,
    delayed: undefined,
    room: { added: note('added'), removed: note('removed'), taken: note('taken') },
    emissions: {
      order: 7,
      emit: (event, data) => told.push(`emits ${event.name} ${JSON.stringify(data)}`),
      emitLate: (event, data, { at }) => told.push(`emits ${event.name} ${JSON.stringify(data)} for ${at}`),
      defer: (routineId, event, data) => told.push(`defers ${routineId}.${event} ${JSON.stringify(data)}`),
      eventOf: () => eventIn(plan, 's'),
    },
    asking: { open: ({ token }) => told.push(`asks ${token}`) },
    life: {
      isOver: false,
      parking: { leave: note('unparked') },
      fail: (error) => {
        failures.push(error);
      },
    },
    views: { output: ({ type }) => void told.push(`output ${type}`) },
    engine: {
      steps,
      time,
      task$,
      drain: { refresh: note('looks at the clock'), enter: (work, a, b) => void work(a, b) },
    },
    progressed: note('progressed'),
  };
  const connection = (isEntry ? slotIn(plan, 's', 'trigger').direct[0] : eventIn(plan, 's').connections[0]) as Connection;
  const cell = routines.of(connection.slot.routine);
  const attempt = new Attempt<Run>(new Arrival(run, { n: 1 }, 3, { tried }), connection, cell);
  attempt.seat = { vacate: note('seat left') };
  fold.taken(ledger.data, cell);
  startClock(attempt, { lap: () => 10 });
  ledger.told.length = 0;
  return { job, ledger, attempt, cell, told, failures, steps };
};

const FAILURE: Failure = { error: new RangeError('no'), name: 'RangeError', message: 'no', fallback: undefined };
const LEFT = ['seat left', 'progressed'];

/** What an attempt comes to, and what follows: the status of its routine, its counters, the records, what else is done. */
const TABLE: readonly [
  string,
  Settled,
  Asked,
  { end: string; counts: object; types: string[]; done: string[]; fails: string[] },
][] = [
  [
    'a success',
    COMPLETED,
    {},
    { end: 'completed', counts: { completed: 1, retryCount: 0 }, types: ['timed', 'taskSettled'], done: LEFT, fails: [] },
  ],
  [
    'a success after two retries',
    COMPLETED,
    { tried: 2 },
    { end: 'completed', counts: { completed: 1, retryCount: 2 }, types: ['timed', 'taskSettled', 'kept'], done: LEFT, fails: [] },
  ],
  [
    'a failure that stops the job',
    failedWith('failed', FAILURE, 0),
    {},
    {
      end: 'failed',
      counts: { completed: 0, failed: 1 },
      types: ['timed', 'taskSettled', 'failureNoted', 'kept'],
      done: LEFT,
      fails: ['TASK_FAILED'],
    },
  ],
  [
    'a failure that is continued',
    failedWith('error_continued', FAILURE, 0),
    {},
    {
      end: 'error_continued',
      counts: { failed: 1 },
      types: ['timed', 'taskSettled', 'failureNoted', 'kept'],
      done: LEFT,
      fails: [],
    },
  ],
  [
    'a failure that is skipped',
    failedWith('skipped', FAILURE, 0),
    {},
    {
      end: 'skipped',
      counts: { failed: 0, skipped: 1 },
      types: ['timed', 'taskSettled', 'failureNoted', 'kept'],
      done: LEFT,
      fails: [],
    },
  ],
  [
    'a retry at once',
    failedWith('retry', FAILURE, 0),
    { tried: 1 },
    {
      end: 'pending',
      counts: { retried: 1, failed: 0, retryCount: 2 },
      types: ['timed', 'taskSettled'],
      done: [...LEFT, 'task, attempt 3'],
      fails: [],
    },
  ],
  [
    'a retry after a delay',
    failedWith('retry', FAILURE, 30),
    {},
    {
      end: 'pending',
      counts: { retried: 1, retryCount: 1 },
      types: ['timed', 'taskSettled', 'taskDelayed'],
      done: LEFT,
      fails: [],
    },
  ],
  [
    'a failure that was told before its handler ended',
    toldAs('failed'),
    {},
    { end: 'pending', counts: { completed: 0, failed: 0 }, types: ['timed', 'taskSettled'], done: LEFT, fails: [] },
  ],
];

describe('settlement, on its own', () => {
  it.each(TABLE)('should apply %s', (_, settled, asked, { end, counts, types, done, fails }) => {
    const { job, ledger, attempt, cell, told, failures } = bench(asked);
    apply(job, attempt, settled);
    expect([attempt.outcome, job.run.active, cell.active]).toEqual([settled.outcome, 0, 0]);
    expect(cell).toMatchObject({ end, times: { timed: 1, totalMs: 2 }, ...counts });
    expect([ledger.types, told]).toEqual([types, done]);
    expect(failures.map(({ code }) => code)).toEqual(fails);
  });

  it('should put a retry off that has a delay, from the time of now', () => {
    const { job, attempt } = bench();
    apply(job, attempt, failedWith('retry', FAILURE, 30));
    const { delayed } = job as { delayed: DelayedTasks<Run> | undefined };
    expect(delayed?.all).toMatchObject([{ dueAt: 35, task: { order: 3, attempt: 2 } }]);
  });

  it('should say of a job that it fails where, how often it was tried, and why', () => {
    const { job, attempt, failures } = bench({ tried: 2 });
    apply(job, attempt, failedWith('failed', FAILURE, 0));
    expect(failures).toMatchObject([
      {
        code: 'TASK_FAILED',
        cause: FAILURE.error,
        details: { jobId: 'job', routineId: 't', slot: 'i', attempts: 3, reason: 'no' },
      },
    ]);
  });

  it.each([
    ['error', 'failed', { handled: true }, { slot: 'i' }],
    ['error', 'error_continued', {}, { slot: 'i' }],
    ['error_continued', 'error_continued', { handled: true }, { slot: 'i' }],
    ['skipped', 'skipped', { handled: true }, { slot: 'i' }],
    ['error_continued', 'error_continued', { handled: true, isEntry: true }, {}],
  ] as const)('should keep a failure as %s in the history: %s, %j', (eventName, outcome, asked, where) => {
    const { job, ledger, attempt } = bench(asked);
    noteFailure(job, attempt, outcome, FAILURE);
    expect(ledger.told.at(-1)).toMatchObject({ type: 'kept', eventName, order: 7 });
    expect((ledger.told.at(-1) as { data?: unknown }).data).toEqual({ ...where, error: 'no', error_type: 'RangeError' });
    expect(job.emissions.order).toBe(8);
  });

  it('should count a task once that had succeeded, and has failed after all', () => {
    const { job, ledger, attempt, cell } = bench();
    apply(job, attempt, COMPLETED);
    noteFailure(job, attempt, 'error_continued', FAILURE, true);
    expect(cell).toMatchObject({ completed: 0, failed: 1, end: 'error_continued' });
    expect(ledger.told.find(({ type }) => type === 'failureNoted')).toMatchObject({ hadSucceeded: true });
  });

  it('should do what was kept back in the order in which it came, before the attempt counts as done', () => {
    const { job, ledger, attempt, cell, told } = bench();
    const changes: Change[] = [
      { type: 'sharedSet', key: 'k', value: 1 },
      { type: 'emitted', routineId: 's', event: 'o', data: { n: 1 } },
      { type: 'output', outputType: 'x', data: { n: 2 } },
      { type: 'deferred', routineId: 's', event: 'o', data: { n: 3 } },
      { type: 'sharedLogged', entry: { n: 4 } as never },
    ];
    apply(job, attempt, completedWith(changes, { own: 1 }));
    expect(ledger.types).toEqual(['stateSet', 'sharedSet', 'output', 'sharedLogged', 'timed', 'taskSettled']);
    expect(told).toEqual(['emits o {"n":1}', 'looks at the clock', 'output x', 'defers s.o {"n":3}', ...LEFT]);
    expect([cell.own, ledger.data.shared.values.get('k')]).toEqual([{ own: 1 }, 1]);
  });

  describe('an attempt whose job ends before it does', () => {
    it.each([
      ['dropped', 'has not failed', undefined, false, ['timed', 'taskSettled', 'failureNoted']],
      ['failed', 'has failed, and told so', new Error('first'), false, ['timed', 'taskSettled']],
      [
        'dropped',
        'has failed, and is being asked what follows',
        new Error('first'),
        true,
        ['timed', 'taskSettled', 'failureNoted'],
      ],
    ] as const)('should be %s if it %s', (outcome, _, error, stale, types) => {
      const { job, ledger, attempt, cell } = bench();
      Object.assign(attempt, { error, stale });
      abort(job, attempt, new Error('over'));
      expect([attempt.outcome, attempt.stale, attempt.input, cell.active, ledger.types]).toEqual([
        outcome,
        true,
        undefined,
        0,
        types,
      ]);
      expect(attempt.error).toEqual(error ?? new Error('over'));
      expect(cell.dropped).toBe(outcome === 'dropped' ? 1 : 0);
    });

    it('should hear of it by its signal, after the step', () => {
      const { job, attempt, steps } = bench();
      const controller = (attempt.more.abort = new AbortController());
      const cause = new Error('over');
      steps.begin();
      abort(job, attempt, cause);
      expect(controller.signal.aborted).toBe(false);
      steps.end();
      expect([controller.signal.aborted, controller.signal.reason]).toEqual([true, cause]);
    });
  });

  describe('what is handed out', () => {
    it('should be written down, and told to whoever watches, with the time of now', () => {
      const { job, ledger, told } = bench();
      const payload = { n: 1 };
      handOver(job, 's', 'x', payload);
      payload.n = 2;
      expect(told).toEqual(['looks at the clock', 'output x']);
      expect(ledger.told).toMatchObject([
        { output: { jobId: 'job', routineId: 's', type: 'x', data: { n: 1 }, timestamp: new Date(5) } },
      ]);
      expect(ledger.data.outputs.length).toBe(1);
    });

    it('should be nothing if the clock that is asked first has ended the job (D31)', () => {
      const { job, ledger, told } = bench();
      const life = { isOver: false };
      const refresh = (): void => {
        life.isOver = true;
      };
      handOver({ ...job, life, engine: { drain: { refresh } } }, 's', 'x', {});
      expect([ledger.told, told]).toEqual([[], []]);
    });
  });
});
