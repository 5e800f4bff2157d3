import type { Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { JobRun } from './JobRun.js';
import type { Steps } from './Steps.js';

/** The execution timeout of one job: a clock that runs while the job does, and stands while it is paused. */
export class Deadline {
  /** The reading of the clock at which the time is up; Infinity while the clock stands. */
  endsAt = Infinity;
  #left: number;
  #timer: Subscription | undefined;

  constructor(
    limit: number,
    private readonly run: JobRun,
  ) {
    this.#left = limit;
  }

  /** Running time that is left, in ms. */
  get left(): number {
    return this.endsAt === Infinity ? this.#left : this.endsAt - this.run.engine.time.elapsed;
  }

  /** The clock runs from `reading` on, unless it does already; no timer yet, since a job that ends within its first stretch needs none. */
  start(reading: number): void {
    if (this.endsAt === Infinity) this.endsAt = reading + this.#left;
  }

  /** Sets the timer, once; the job goes on in later turns of the event loop. */
  arm(): void {
    if (this.#timer !== undefined || this.endsAt === Infinity) return;
    const { engine, plan } = this.run;
    const timer = later(plan.settings.scheduler, Math.max(this.left, 0), () => {
      engine.drain.enter(timeOut, this.run, undefined);
    });
    // The scheduler may be the user's, and have stopped the clock (D31).
    if (this.endsAt === Infinity) timer.unsubscribe();
    else this.#timer = timer;
  }

  /** The clock stands. */
  stop(steps: Steps): void {
    this.#left = this.left;
    this.endsAt = Infinity;
    const timer = this.#timer;
    this.#timer = undefined;
    if (timer !== undefined)
      steps.after(() => {
        timer.unsubscribe();
      });
  }
}

const timeOut = (run: JobRun): void => {
  run.timeOut();
};
