import type { SlotActivationTask, TaskOutcome } from './JobRecord.js';
import { numbersIn, type RemainingTask } from './RemainingWork.js';

/** A task of a job, as far as its records tell. */
interface Told {
  task: RemainingTask;
  /** Promises that it tracks. */
  tracking: number;
  /** Whether its handler has ended well, and only what it tracks has not. */
  isDone: boolean;
  /** Whether its failure counts already: then it does not run again. */
  hasFailed: boolean;
}

const FRESH = { tracking: 0, isDone: false, hasFailed: false } as const;

/** The tasks that a job has left to do, by its records: what is at work, what waits, and the retries in their delay. */
export class OpenTasks {
  readonly #working = new Map<string, Told>();
  #queued = new Map<string, Told>();
  readonly #delayed = new Map<string, Told>();
  /** Tried before, and not told of again so far. */
  readonly #between = new Map<string, Told>();
  /** What waited before the deferred events, which go first. */
  #aside: ReadonlyMap<string, Told> = new Map();

  constructor(
    private readonly jobId: string,
    rest: readonly RemainingTask[],
    idOf: (task: RemainingTask) => string,
  ) {
    for (const task of rest) (task.dueAt === undefined ? this.#queued : this.#delayed).set(idOf(task), { task, ...FRESH });
  }

  /** What has not started, retries in their delay not counted. */
  get waiting(): number {
    return this.#queued.size;
  }

  /** All that the job would drop if it ended now. */
  get size(): number {
    return this.#queued.size + this.#aside.size + this.#delayed.size + this.#atWork.length;
  }

  queued(record: SlotActivationTask): void {
    this.#queued.set(record.taskId, this.#told(record));
  }

  delayed(record: SlotActivationTask): void {
    this.#delayed.set(record.taskId, this.#told(record));
  }

  started(record: SlotActivationTask): void {
    this.#working.set(record.taskId, this.#told(record));
  }

  /** The task of a record, taken from where it stood; a retry keeps what its slot has taken in. */
  #told(record: SlotActivationTask): Told {
    const before = this.#removed(record.taskId);
    const { routineId, slot, data, attempt, dueAt, connection } = record;
    const [order, place] = numbersIn(this.jobId, record.taskId) ?? [0, 0];
    const { merged = false, route = connection && place } = before?.task ?? {};
    return {
      task: { order, place, routineId, slot, data, merged, attempt, dueAt, connection, route },
      ...FRESH,
    };
  }

  #removed(taskId: string): Told | undefined {
    for (const tasks of [this.#queued, this.#delayed, this.#between, this.#working]) {
      const told = tasks.get(taskId);
      if (tasks.delete(taskId)) return told;
    }
    return undefined;
  }

  /** Its slot has taken its payload in: when it is at work, or has been claimed. */
  takenIn(taskId: string, data: RemainingTask['data']): void {
    const told = this.#working.get(taskId) ?? this.#queued.get(taskId);
    if (told !== undefined) told.task = { ...told.task, data, merged: true };
  }

  /** An attempt has ended; says whether it had started. */
  settled({ taskId, attempt }: SlotActivationTask, outcome: TaskOutcome): boolean {
    const told = this.#working.get(taskId);
    if (told?.task.attempt !== attempt) return this.#shed(taskId);
    if (outcome === 'retry') this.#moveBetween(taskId, told);
    else if (outcome === 'completed' && told.tracking > 0) told.isDone = true;
    else this.#working.delete(taskId);
    return true;
  }

  /** There was no room for it: it has waited until now, or was never queued. */
  #shed(taskId: string): false {
    if (!this.#queued.delete(taskId)) this.#delayed.delete(taskId);
    return false;
  }

  #moveBetween(taskId: string, told: Told): void {
    this.#working.delete(taskId);
    this.#between.set(taskId, told);
  }

  /** Its failure counts, although its handler, or another promise that it tracks, may not have ended. */
  failed(taskId: string): void {
    const told = this.#working.get(taskId);
    if (told !== undefined) told.hasFailed = true;
  }

  /** It tracks so many promises more; of one that was done before nothing is left to do. */
  tracked(taskId: string, attempt: number, count: 1 | -1): void {
    const told = this.#working.get(taskId);
    if (told?.task.attempt !== attempt) return;
    told.tracking += count;
    if (told.isDone && told.tracking === 0) this.#working.delete(taskId);
  }

  /** The deferred events come first. */
  setAside(): void {
    this.#aside = this.#queued;
    this.#queued = new Map();
  }

  takeBack(): void {
    for (const [taskId, told] of this.#aside) this.#queued.set(taskId, told);
    this.#aside = new Map();
  }

  clear(): void {
    for (const tasks of [this.#queued, this.#delayed, this.#between, this.#working]) tasks.clear();
    this.#aside = new Map();
  }

  get #atWork(): readonly RemainingTask[] {
    const tasks = [...this.#working.values()].filter(({ hasFailed }) => !hasFailed).map(({ task }) => task);
    return tasks.sort((a, b) => a.order - b.order || a.place - b.place);
  }

  /** What waits to run, in the order in which it will. */
  get pending(): readonly RemainingTask[] {
    const queued = [...this.#queued.values(), ...this.#aside.values()].map(({ task }) => task);
    const delayed = [...this.#delayed.values()].map(({ task }) => task);
    return [...queued, ...delayed.sort((a, b) => Number(a.dueAt) - Number(b.dueAt))];
  }

  /** The tasks at work, and behind them those that wait. */
  get all(): readonly RemainingTask[] {
    return [...this.#atWork, ...this.pending];
  }
}
