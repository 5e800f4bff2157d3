import type { Ledger } from '../job/Ledger.js';
import { delayed } from '../job/noteTask.js';
import type { Delayed } from './Delays.js';
import type { Due, Origin } from './Emission.js';
import type { Limits } from './Limits.js';
import type { Task } from './Task.js';
import { Timetable, type TimetableJob } from './Timetable.js';

/** A job as its delayed tasks see it. */
export interface DelayingJob<R> extends TimetableJob {
  readonly ledger: Ledger;
  readonly engine: TimetableJob['engine'] & { readonly task$: { next(task: Task<R>): void } };
  /** Its limits count the emissions that were put off. */
  readonly room: Pick<Limits<R>, 'added' | 'removed' | 'taken'>;
}

/** The delayed tasks of a job; made with the first that waits. */
export const delayedOf = <R>(job: DelayingJob<R> & { delayed: DelayedTasks<R> | undefined }): DelayedTasks<R> =>
  (job.delayed ??= new DelayedTasks(job));

/**
 * The tasks of one job that wait for their time: retries, and emissions that were put off. When that has come, they go into the task
 * stream again.
 */
export class DelayedTasks<R> {
  readonly #waiting: Timetable<Task<R>>;
  /** Those that were never tried, by what they are of: each has an origin of its own, since a limit may drop it. */
  readonly #late = new Map<Origin<R>, Delayed<Task<R>>>();

  constructor(private readonly job: DelayingJob<R>) {
    this.#waiting = new Timetable(job, (task) => {
      this.#goOn(task);
    });
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many are emissions that were put off. */
  get late(): number {
    return this.#late.size;
  }

  /** How many are retries: they have begun, so the clock of the job runs on. */
  get retries(): number {
    return this.size - this.late;
  }

  /** What waits, in the order in which it is due. */
  get all(): readonly Delayed<Task<R>>[] {
    return this.#waiting.all;
  }

  /** The next attempt of a task comes after a delay. */
  retry(task: Task<R>, delayMs: number): void {
    const { ledger, engine } = this.job;
    this.#waiting.arm(this.#tell(task, { at: ledger.now + delayMs, reading: engine.time.reading + delayMs }), delayMs);
  }

  /** A task of an emission comes that is not due yet. */
  putOff(task: Task<R>, due: Due): void {
    this.#waiting.arm(this.#tell(task, due));
  }

  #tell(task: Task<R>, due: Due): Delayed<Task<R>> {
    delayed(this.job.ledger, task, due.at);
    return this.#add(task, due);
  }

  /** Takes a task up that was put off elsewhere. */
  takeUp(task: Task<R>, dueAt: number): void {
    this.#add(task, this.#waiting.dueAt(dueAt));
  }

  #add(task: Task<R>, due: Due): Delayed<Task<R>> {
    const added = this.#waiting.add(task, due);
    if (task.origin.tried > 0) return added;
    this.#late.set(task.origin, added);
    this.job.room.added(task);
    return added;
  }

  /** It waits in the queue from here on, and counts there. */
  #goOn(task: Task<R>): void {
    if (this.#late.delete(task.origin)) this.job.room.removed(task);
    this.job.engine.task$.next(task);
  }

  /** The limits of the job have forgotten what waits. */
  countAgain(): void {
    for (const { task } of this.#late.values()) this.job.room.added(task);
  }

  /** Takes out the first task for which a test holds. */
  takeIf(test: (task: Task<R>) => boolean): Task<R> | undefined {
    const found = this.all.find(({ task }) => test(task));
    if (found === undefined) return undefined;
    this.#waiting.drop(found);
    if (this.#late.delete(found.task.origin)) this.job.room.taken(found.task);
    return found.task;
  }

  /** Drops a task of an emission that was put off, for which there is no room any more; false if it is none. */
  drop({ origin }: Task<R>): boolean {
    const found = this.#late.get(origin);
    if (found === undefined) return false;
    this.#late.delete(origin);
    this.#waiting.drop(found);
    return true;
  }

  reopen(): void {
    this.#waiting.reopen();
  }

  hold(): void {
    this.#waiting.hold();
  }

  clear(): void {
    this.#waiting.clear();
    this.#late.clear();
  }
}
