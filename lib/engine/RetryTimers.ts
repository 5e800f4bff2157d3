import type { Ledger } from '../job/Ledger.js';
import { delayed } from '../job/noteTask.js';
import { type Delayed, Retries } from './Retries.js';
import type { Steps } from './Steps.js';
import type { Task } from './Task.js';
import type { TimerJob } from './timer.js';

/** A job as its retries see it. */
export interface RetryingJob<R> extends TimerJob {
  readonly run: { readonly isOpen: boolean };
  readonly ledger: Ledger;
  readonly engine: RetryEngine<R>;
}

/** The retries of a job; made with the first that waits. */
export const retriesOf = <R>(job: RetryingJob<R> & { retries: RetryTimers<R> | undefined }): RetryTimers<R> =>
  (job.retries ??= new RetryTimers(job));

interface RetryEngine<R> {
  readonly steps: Steps;
  readonly time: { readonly reading: number };
  readonly drain: { enter<A, B>(work: (a: A, b: B) => void, a: A, b: B): void };
  readonly task$: { next(task: Task<R>): void };
}

/** The retries of one job that wait for their time: when that has come, they go into the task stream again. */
export class RetryTimers<R> {
  readonly #retries: Retries<Task<R>>;

  constructor(private readonly job: RetryingJob<R>) {
    this.#retries = new Retries(job, (due) => {
      job.engine.drain.enter(this.#putIn, due, undefined);
    });
  }

  get size(): number {
    return this.#retries.size;
  }

  /** What waits, in the order in which it is due. */
  get delayed(): readonly Delayed<Task<R>>[] {
    return this.#retries.delayed;
  }

  /** Puts a task off. */
  delay(task: Task<R>, delayMs: number): void {
    const { ledger, engine, run } = this.job;
    const dueAt = ledger.now + delayMs;
    delayed(ledger, task, dueAt);
    const retry = this.#retries.add(task, dueAt, engine.time.reading + delayMs);
    engine.steps.after(() => {
      if (run.isOpen) this.#retries.arm(retry, delayMs);
    });
  }

  /** Takes a task up that was put off elsewhere. */
  takeUp(task: Task<R>, dueAt: number): void {
    const { ledger, engine } = this.job;
    this.#retries.add(task, dueAt, engine.time.reading + dueAt - ledger.now);
  }

  /** Takes out the first task for which a test holds. */
  takeIf(test: (task: Task<R>) => boolean): Task<R> | undefined {
    const found = this.delayed.find(({ task }) => test(task));
    if (found !== undefined) this.#retries.drop(found);
    return found?.task;
  }

  readonly #putIn = (due: Delayed<Task<R>>): void => {
    const { run, engine } = this.job;
    // Behind a closed gate it waits on, and is due when that opens.
    if (!run.isOpen) return;
    engine.steps.begin();
    if (this.#retries.remove(due)) engine.task$.next(due.task);
    engine.steps.end();
  };

  /** The gate opens: what has come due goes on, and the timers of the others run again. */
  reopen(): void {
    const { run, engine } = this.job;
    for (const { task } of this.#retries.due(engine.time.reading)) engine.task$.next(task);
    if (this.size > 0)
      engine.steps.after(() => {
        if (run.isOpen) this.#retries.armAll(engine.time.reading);
      });
  }

  /** No timer runs any more; the due times stay. */
  hold(): void {
    this.#retries.hold();
  }

  clear(): void {
    this.#retries.clear();
  }
}
