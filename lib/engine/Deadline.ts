import type { Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { JobRun } from './JobRun.js';

/** The execution timeout of one job: a clock that runs while the job does, and stands while it is paused. */
export class Deadline {
  #left: number;
  #since: number | undefined;
  #timer: Subscription | undefined;

  constructor(
    limit: number,
    private readonly run: JobRun,
  ) {
    this.#left = limit;
  }

  /** Running time that is left, in ms. */
  get left(): number {
    return this.#since === undefined ? this.#left : this.#left - (this.run.pump.clock.elapsed() - this.#since);
  }

  /** The clock runs from `reading` on, unless it does already; no timer yet, since a job that ends within its first stretch needs none. */
  start(reading: number): void {
    this.#since ??= reading;
  }

  /** Sets the timer, once; the job goes on in later turns of the event loop. */
  arm(): void {
    if (this.#timer !== undefined || this.#since === undefined || this.#left === Infinity) return;
    const { run } = this;
    this.#timer = later(run.plan.settings.scheduler, Math.max(this.left, 0), () => {
      run.pump.enter(() => {
        run.timeOut();
      });
    });
  }

  /** The clock stands. */
  stop(): void {
    this.#left = this.left;
    this.#since = undefined;
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }
}
