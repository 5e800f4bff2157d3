import type { Ledger } from '../job/Ledger.js';
import { delayed } from '../job/noteTask.js';
import { type Delayed, Delays } from './Delays.js';
import type { Due, Origin } from './Emission.js';
import type { Limits } from './Limits.js';
import type { Steps } from './Steps.js';
import type { Task } from './Task.js';
import type { TimerJob } from './timer.js';

/** A job as its delayed tasks see it. */
export interface DelayingJob<R> extends TimerJob {
  readonly run: { readonly isOpen: boolean };
  readonly ledger: Ledger;
  readonly engine: DelayEngine<R>;
  /** Its limits count the emissions that were put off. */
  readonly room: Pick<Limits<R>, 'added' | 'removed' | 'taken'>;
}

/** The delayed tasks of a job; made with the first that waits. */
export const delayedOf = <R>(job: DelayingJob<R> & { delayed: DelayedTasks<R> | undefined }): DelayedTasks<R> =>
  (job.delayed ??= new DelayedTasks(job));

interface DelayEngine<R> {
  readonly steps: Steps;
  readonly time: { readonly reading: number; readonly elapsed: number };
  readonly drain: { enter<A, B>(work: (a: A, b: B) => void, a: A, b: B): void };
  readonly task$: { next(task: Task<R>): void };
}

/**
 * The tasks of one job that wait for their time: retries, and emissions that were put off. When that has come, they go into the task
 * stream again.
 */
export class DelayedTasks<R> {
  readonly #delays: Delays<Task<R>>;
  /** Those that were never tried, by what they are of: each has an origin of its own, since a limit may drop it. */
  readonly #late = new Map<Origin<R>, Delayed<Task<R>>>();

  constructor(private readonly job: DelayingJob<R>) {
    this.#delays = new Delays(job, (due) => {
      job.engine.drain.enter(this.#putIn, due, undefined);
    });
  }

  get size(): number {
    return this.#delays.size;
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
    return this.#delays.delayed;
  }

  /** The next attempt of a task comes after a delay. */
  retry(task: Task<R>, delayMs: number): void {
    const { ledger, engine } = this.job;
    this.#putOff(task, { at: ledger.now + delayMs, reading: engine.time.reading + delayMs }, () => delayMs);
  }

  /** A task of an emission comes that is not due yet. */
  putOff(task: Task<R>, due: Due): void {
    // Its handler may have worked for a while since the last look at the clock.
    this.#putOff(task, due, () => Math.max(due.reading - this.job.engine.time.elapsed, 0));
  }

  #putOff(task: Task<R>, due: Due, delayMs: () => number): void {
    const { ledger, engine, run } = this.job;
    delayed(ledger, task, due.at);
    const added = this.#add(task, due);
    engine.steps.after(() => {
      if (run.isOpen) this.#delays.arm(added, delayMs());
    });
  }

  /** Takes a task up that was put off elsewhere. */
  takeUp(task: Task<R>, dueAt: number): void {
    const { ledger, engine } = this.job;
    this.#add(task, { at: dueAt, reading: engine.time.reading + dueAt - ledger.now });
  }

  #add(task: Task<R>, { at, reading }: Due): Delayed<Task<R>> {
    const added = this.#delays.add(task, at, reading);
    if (task.origin.tried > 0) return added;
    this.#late.set(task.origin, added);
    this.job.room.added(task);
    return added;
  }

  /** The limits of the job have forgotten what waits. */
  countAgain(): void {
    for (const { task } of this.#late.values()) this.job.room.added(task);
  }

  /** Takes out the first task for which a test holds. */
  takeIf(test: (task: Task<R>) => boolean): Task<R> | undefined {
    const found = this.all.find(({ task }) => test(task));
    if (found === undefined) return undefined;
    this.#delays.drop(found);
    if (this.#late.delete(found.task.origin)) this.job.room.taken(found.task);
    return found.task;
  }

  /** Drops a task of an emission that was put off, for which there is no room any more; false if it is none. */
  drop({ origin }: Task<R>): boolean {
    const found = this.#late.get(origin);
    if (found === undefined) return false;
    this.#late.delete(origin);
    this.#delays.drop(found);
    return true;
  }

  readonly #putIn = (due: Delayed<Task<R>>): void => {
    const { run, engine } = this.job;
    // Behind a closed gate it waits on, and is due when that opens.
    if (!run.isOpen) return;
    engine.steps.begin();
    if (this.#delays.remove(due)) this.#goOn(due);
    engine.steps.end();
  };

  /** It waits in the queue from here on, and counts there. */
  #goOn({ task }: Delayed<Task<R>>): void {
    if (this.#late.delete(task.origin)) this.job.room.removed(task);
    this.job.engine.task$.next(task);
  }

  /** The gate opens: what has come due goes on, and the timers of the others run again. */
  reopen(): void {
    const { run, engine } = this.job;
    for (const due of this.#delays.due(engine.time.reading)) if (this.#delays.remove(due)) this.#goOn(due);
    if (this.size > 0)
      engine.steps.after(() => {
        if (run.isOpen) this.#delays.armAll(engine.time.elapsed);
      });
  }

  /** No timer runs any more; the due times stay. */
  hold(): void {
    this.#delays.hold();
  }

  clear(): void {
    this.#delays.clear();
    this.#late.clear();
  }
}
