import type { SchedulerLike, Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { Steps } from './Steps.js';

/** A job as its timeout sees it. */
export interface TimedJob {
  readonly plan: { readonly settings: { readonly scheduler: SchedulerLike } };
  readonly engine: {
    readonly steps: Steps;
    readonly time: { readonly elapsed: number; readonly reading: number };
    readonly drain: { enter<A>(work: (a: A) => void, a: A, b: undefined): void };
  };
}

/** Who is told when the time is up. */
interface Timed {
  timeOut(): void;
}

/** The execution timeout of one job: a clock that runs while the job does, and stands while it is paused. */
export class Deadline {
  /** The reading of the clock at which the time is up; Infinity while the clock stands. */
  endsAt = Infinity;
  #left: number;
  #timer: Subscription | undefined;

  /** @param limit running time that is left, in ms */
  constructor(
    limit: number,
    private readonly job: TimedJob,
    private readonly timed: Timed,
  ) {
    this.#left = limit;
  }

  /** Running time that is left, in ms. */
  get left(): number {
    return this.endsAt === Infinity ? this.#left : this.endsAt - this.job.engine.time.elapsed;
  }

  /** Whether the time is up, by the last look at the clock. */
  get isOver(): boolean {
    return this.job.engine.time.reading > this.endsAt;
  }

  /** The clock runs, unless it does already; no timer yet, since a job that ends within its first stretch needs none. */
  start(): void {
    if (this.endsAt === Infinity) this.endsAt = this.job.engine.time.reading + this.#left;
  }

  /** Sets the timer, once; the job goes on in later turns of the event loop. */
  arm(): void {
    if (this.#timer !== undefined || this.endsAt === Infinity) return;
    const { engine, plan } = this.job;
    const timer = later(plan.settings.scheduler, Math.max(this.left, 0), () => {
      engine.drain.enter(timeOut, this.timed, undefined);
    });
    // The scheduler may be the user's, and have stopped the clock (D31).
    if (this.endsAt === Infinity) timer.unsubscribe();
    else this.#timer = timer;
  }

  /** The clock stands. */
  stop(): void {
    this.#left = this.left;
    this.endsAt = Infinity;
    const timer = this.#timer;
    this.#timer = undefined;
    if (timer !== undefined)
      this.job.engine.steps.after(() => {
        timer.unsubscribe();
      });
  }
}

const timeOut = (timed: Timed): void => {
  timed.timeOut();
};
