import type { SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../prelude/Clock.js';
import { later } from '../prelude/later.js';

/** The execution timeout of one job: a clock that runs while the job does, and stands while it is paused. */
export class Deadline {
  #left: number;
  #since: number | undefined;
  #timer: Subscription | undefined;

  constructor(
    limit: number,
    private readonly clock: Clock,
    private readonly scheduler: SchedulerLike,
    private readonly passed: () => void,
  ) {
    this.#left = limit;
  }

  /** Running time that is left, in ms. */
  get left(): number {
    return this.#since === undefined ? this.#left : this.#left - (this.clock.elapsed() - this.#since);
  }

  /** The clock runs from `reading` on, unless it does already; no timer yet, since a job that ends within its first stretch needs none. */
  run(reading: number): void {
    this.#since ??= reading;
  }

  /** Sets the timer, once; the job goes on in later turns of the event loop. */
  arm(): void {
    if (this.#timer !== undefined || this.#since === undefined || this.#left === Infinity) return;
    this.#timer = later(this.scheduler, Math.max(this.left, 0), this.passed);
  }

  /** The clock stands. */
  stop(): void {
    this.#left = this.left;
    this.#since = undefined;
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }
}
