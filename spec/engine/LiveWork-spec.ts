import { Attempt, type TriedJob } from '../../lib/engine/Attempt.js';
import { Arrival } from '../../lib/engine/Emission.js';
import { attemptsAtWork, type RemainingJob, LiveWork } from '../../lib/engine/LiveWork.js';
import type { Input } from '../../lib/flow/merge.js';
import { Task } from '../../lib/engine/Task.js';
import { RoutineData } from '../../lib/job/RoutineData.js';
import type { RemainingTask } from '../../lib/job/RemainingWork.js';
import { flowOf } from '../support/flows.js';
import { compiled, eventIn, ToldLedger } from '../support/ledgers.js';
import type { Connection } from '../../lib/plan/Plan.js';

const noop = (): void => undefined;
const plan = compiled(flowOf({ s: { slots: { trigger: noop } }, t: { slots: { i: noop } } }, ['s.o -> t.i']));
const [connection] = eventIn(plan, 's').connections as [Connection];

type Run = TriedJob & { readonly queue: { tasks(): readonly Task<Run>[] }; inputOf(task: Task<Run>): Input | undefined };

interface Parts {
  readonly queued?: readonly number[];
  readonly delayed?: readonly (readonly [order: number, dueAt: number])[];
  readonly atWork?: readonly number[];
  readonly tracking?: readonly number[];
  readonly isOver?: boolean;
  readonly left?: number;
}

/** A job with tasks of these numbers; `attempt` gives one that is at work, or tracks. */
const bench = ({ queued = [], delayed = [], atWork = [], tracking = [], isOver = false, left = 40 }: Parts = {}) => {
  const looks = jest.fn();
  const tasks: Task<Run>[] = [];
  const run: Run = {
    queue: { tasks: () => tasks },
    inputOf: ({ origin: { input } }) => input,
    parts: { plan, ledger: new ToldLedger() },
  };
  const origin = (order: number): Arrival<Run> => new Arrival(run, { n: order }, order, { place: 1, tried: order % 2 });
  const task = (order: number): Task<Run> => new Task(origin(order), connection);
  const attempts = new Map(
    [...atWork, ...tracking].map((order) => [
      order,
      new Attempt<Run>(origin(order), connection, new RoutineData('t', ['i'], [])),
    ]),
  );
  const attempt = (order: number): Attempt<Run> => attempts.get(order) as Attempt<Run>;
  tasks.push(...queued.map(task));
  const job: RemainingJob<Run> = {
    run,
    plan: { structure: 'structure' },
    options: { entryRoutineId: 's', cap: 2, limit: { maxQueued: 9, overflow: 'error' }, timeoutMs: 100 },
    engine: { attemptsOf: () => new Set(atWork.map(attempt)), drain: { refresh: looks } },
    tracker: tracking.length === 0 ? undefined : { attempts: tracking.map(attempt) },
    delayed: delayed.length === 0 ? undefined : { all: delayed.map(([order, dueAt]) => ({ task: task(order), dueAt })) },
    emissions: { order: 12 },
    life: { isOver, hasBegun: true, deadline: { left } },
  };
  return { job, remains: new LiveWork(job), attempt, looks };
};

const orders = (tasks: readonly (RemainingTask | Attempt<Run>)[]): readonly number[] => tasks.map(({ order }) => order);

describe('LiveWork', () => {
  it('should say what it takes to go on elsewhere, by a look at the clock', () => {
    const { remains, looks } = bench();
    expect(remains.remaining()).toEqual({
      ...{ structure: 'structure', entryRoutineId: 's', begun: true, cap: 2, limit: { maxQueued: 9, overflow: 'error' } },
      ...{ timeoutMs: 100, leftMs: 40, order: 12, tasks: [] },
    });
    expect(looks).toHaveBeenCalledTimes(1);
  });

  it('should never tell less than no time left', () => {
    expect(bench({ left: -5 }).remains.remaining().leftMs).toBe(0);
  });

  it('should tell what is at work by its numbers, then what waits, then what is put off, each once', () => {
    const { remains } = bench({ queued: [9, 5], delayed: [[2, 70]], atWork: [8, 4], tracking: [6, 4] });
    expect(orders(remains.remaining().tasks)).toEqual([4, 6, 8, 9, 5, 2]);
    expect(orders(remains.waiting())).toEqual([9, 5, 2]);
  });

  it('should tell each with its place, its attempt, its way, and when it is due', () => {
    const { remains } = bench({ queued: [4], delayed: [[3, 70]] });
    const common = { place: 1, routineId: 't', slot: 'i', merged: false, connection: connection.described, route: 0 };
    expect(remains.waiting()).toEqual([
      { ...common, order: 4, data: { n: 4 }, attempt: 1, dueAt: undefined },
      { ...common, order: 3, data: { n: 3 }, attempt: 2, dueAt: new Date(70) },
    ]);
  });

  it('should tell of a task at work what its slot has made of its payload', () => {
    const { remains, attempt } = bench({ atWork: [4] });
    attempt(4).input = { merged: 1 };
    expect(remains.remaining().tasks).toMatchObject([{ data: { merged: 1 }, merged: true }]);
  });

  it('should have nothing left of a job that is over', () => {
    const { remains } = bench({ queued: [9], delayed: [[2, 70]], atWork: [8], isOver: true });
    expect(remains.remaining().tasks).toEqual([]);
  });
});

describe('attemptsAtWork', () => {
  it.each([
    ['one that runs', {}, true, true],
    ['one that has failed, and said so', { error: new Error('no') }, false, false],
    ['one that has failed, and is being asked what follows', { error: new Error('no'), stale: true }, true, false],
    ['one that was aborted', { stale: true }, true, false],
  ])('should know of %s whether it is done: its handler, or what it tracks', (_, state, isAtWork, isTracking) => {
    const { job, attempt } = bench({ atWork: [1], tracking: [2] });
    Object.assign(attempt(1), state);
    Object.assign(attempt(2), state);
    expect(orders(attemptsAtWork(job))).toEqual([...(isAtWork ? [1] : []), ...(isTracking ? [2] : [])]);
  });
});
