import type { FixedLimit } from '../flow/Limit.js';
import { dataOf, type Input } from '../flow/merge.js';
import type { ToldTask } from '../job/noteTask.js';
import type { RemainingWork, RemainingWorkSource, RemainingTask } from '../job/RemainingWork.js';
import type { Connection } from '../plan/Plan.js';
import type { Attempt, TriedJob } from './Attempt.js';
import type { Task } from './Task.js';

/** A job, as far as its remaining work is concerned. */
export interface RemainingJob<R extends TriedJob> {
  readonly run: R & { readonly queue: { tasks(): readonly Task<R>[] }; inputOf(task: Task<R>): Input | undefined };
  readonly plan: { readonly structure: string };
  readonly options: {
    readonly entryRoutineId: string;
    readonly cap: number;
    readonly limit: FixedLimit;
    readonly timeoutMs: number;
  };
  readonly engine: { attemptsOf(run: R): ReadonlySet<Attempt<R>>; readonly drain: { refresh(): void } };
  readonly tracker: { readonly attempts: readonly Attempt<R>[] } | undefined;
  readonly delayed: { readonly all: readonly { readonly task: Task<R>; readonly dueAt: number }[] } | undefined;
  readonly emissions: { readonly order: number };
  readonly life: {
    readonly isOver: boolean;
    readonly hasBegun: boolean;
    readonly deadline: { readonly left: number } | undefined;
  };
}

/** Tells what a live job has left to do. */
export class LiveWork<R extends TriedJob> implements RemainingWorkSource {
  constructor(private readonly job: RemainingJob<R>) {}

  /** The tasks that wait, in the order in which they will run. */
  waiting(): readonly RemainingTask[] {
    const { run, delayed } = this.job;
    return [
      ...run.queue.tasks().map((task) => remainingOf(task, run.inputOf(task))),
      ...(delayed?.all ?? []).map(({ task, dueAt }) => remainingOf(task, task.origin.input, new Date(dueAt))),
    ];
  }

  /** The same behind the tasks at work, which run again if the job is taken up from here. */
  remaining(): RemainingWork {
    const about = this.about();
    return { ...about, tasks: this.job.life.isOver ? [] : [...this.#atWork, ...this.waiting()] };
  }

  /** The same without the tasks. */
  about(): Omit<RemainingWork, 'tasks'> {
    const { engine, plan, options, emissions, life } = this.job;
    engine.drain.refresh();
    const { entryRoutineId, cap, limit, timeoutMs } = options;
    const { hasBegun: begun, deadline } = life;
    const leftMs = Math.max(deadline?.left ?? Infinity, 0);
    return { structure: plan.structure, entryRoutineId, begun, cap, limit, timeoutMs, leftMs, order: emissions.order };
  }

  get #atWork(): readonly RemainingTask[] {
    const tasks = attemptsAtWork(this.job).map((attempt) => remainingOf(attempt, attempt.input));
    return tasks.sort((a, b) => a.order - b.order || a.place - b.place);
  }
}

/** The attempts of which the handler, or a promise that it tracks, is at work. */
export const attemptsAtWork = <R extends TriedJob>({
  run,
  engine,
  tracker,
}: Pick<RemainingJob<R>, 'run' | 'engine' | 'tracker'>): readonly Attempt<R>[] => {
  // An attempt that has failed is done, although its handler, or another promise that it tracks, may not have ended. If it is stale,
  // its outcome is being decided at this moment.
  const atWork = [...engine.attemptsOf(run)].filter(({ error, stale }) => error === undefined || stale);
  const tracking = (tracker?.attempts ?? []).filter(({ error, stale }) => error === undefined && !stale);
  return [...new Set([...atWork, ...tracking])];
};

/** A task, with what a run needs to go on with it. */
const remainingOf = (task: ToldTask & Placed, input: Input | undefined, dueAt?: Date): RemainingTask => {
  const { order, place, routineId, slot, payload, attempt, connection } = task;
  const { described, nth } = connection;
  return {
    order,
    place,
    routineId,
    slot,
    data: input === undefined ? payload : dataOf(input),
    merged: input !== undefined,
    attempt,
    dueAt,
    connection: described,
    route: nth,
  };
};

interface Placed {
  readonly order: number;
  readonly place: number;
  readonly connection: Connection;
}
