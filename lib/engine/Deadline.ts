import type { Subscription } from 'rxjs';
import { setTimer, stopTimer, type TimerJob } from './timer.js';

/** A job as its timeout sees it. */
export interface TimedJob extends TimerJob {
  readonly run: {
    /** The reading of the clock at which its time is up; Infinity while its clock stands. */
    endsAt: number;
  };
  readonly engine: TimerJob['engine'] & {
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
    const { run, engine } = this.job;
    return run.endsAt === Infinity ? this.#left : run.endsAt - engine.time.elapsed;
  }

  /** Whether the time is up, by the last look at the clock. */
  get isOver(): boolean {
    const { run, engine } = this.job;
    return engine.time.reading > run.endsAt;
  }

  /**
   * The clock runs, unless it does already; no timer yet, since a job that ends within its first stretch needs none. It counts from the last
   * look at the clock; a job that goes on while a handler of another is at work says when that is.
   */
  start(from = this.job.engine.time.reading): void {
    const { run } = this.job;
    if (run.endsAt === Infinity) run.endsAt = from + this.#left;
  }

  /** Sets the timer, once; the job goes on in later turns of the event loop. */
  arm(): void {
    const { run, engine } = this.job;
    if (this.#timer !== undefined || run.endsAt === Infinity) return;
    const timeIsUp = (): void => {
      engine.drain.enter(timeOut, this.timed, undefined);
    };
    // Without a timer the clock is asked between two tasks, and at the end.
    const timer = setTimer(this.job, Math.max(this.left, 0), timeIsUp, () => undefined);
    // The scheduler may be the user's, and have stopped the clock (D31).
    if (run.endsAt === Infinity) stopTimer(this.job, timer);
    else this.#timer = timer;
  }

  /** The clock stands: the job is paused. */
  stop(): void {
    this.#stopWith(this.left);
  }

  /** The job has ended, or is parked: what is left is what was left at the last look at the clock, which is not asked again. */
  end(): void {
    const { run, engine } = this.job;
    this.#stopWith(run.endsAt === Infinity ? this.#left : run.endsAt - engine.time.reading);
  }

  #stopWith(left: number): void {
    this.#left = left;
    this.job.run.endsAt = Infinity;
    const timer = this.#timer;
    this.#timer = undefined;
    stopTimer(this.job, timer);
  }
}

const timeOut = (timed: Timed): void => {
  timed.timeOut();
};
