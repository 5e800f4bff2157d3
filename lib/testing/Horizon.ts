import type { RecordedJobs } from './RecordedJobs.js';
import type { TestFlowOptions } from './TestFlowOptions.js';
import { type TestingError, testingError } from './TestingError.js';

/** A task asks for the time more than once, but not more often than this. */
const LOOKS_PER_STEP = 8;

/** Ends a test that does not end by itself: it counts what the test does, and beyond a limit cancels all jobs. */
export class Horizon {
  readonly #horizonMs: number;
  readonly #maxSteps: number;
  #tasks = 0;
  #timers = 0;
  #error: TestingError | undefined;

  constructor(
    { horizonMs = 3_600_000, maxSteps = 100_000 }: TestFlowOptions,
    private readonly jobs: RecordedJobs,
  ) {
    this.#horizonMs = horizonMs;
    this.#maxSteps = maxSteps;
  }

  /** Why the test is to end: TestingError `RUNAWAY` beyond a limit, `AT_WORK` if the next test has begun. */
  get error(): TestingError | undefined {
    return this.#error;
  }

  countTask(): void {
    if (++this.#tasks > this.#maxSteps) this.#runAway(`${this.#maxSteps} tasks (maxSteps)`);
  }

  /** Counts a timer that is to fire at an instant, in ms. */
  countTimer(at: number): void {
    if (at > this.#horizonMs) this.#runAway(`${this.#horizonMs} ms of virtual time (horizonMs)`);
    if (++this.#timers > this.#maxSteps) this.#runAway(`${this.#maxSteps} timers (maxSteps)`);
  }

  /** Looks at the turns of the event loop since a timer has fired. */
  checkTurns(turns: number): void {
    if (turns > this.#maxSteps) this.#runAway(`${this.#maxSteps} turns of the event loop within one ms (maxSteps)`);
  }

  /**
   * Looks at how often somebody has asked for the time since a timer has fired: if nobody records a flow and it never waits, that
   * is all that a test sees of it. A job that no test has started goes on when all jobs are cancelled; so while a timer fires, the
   * clock refuses to go on.
   *
   * @throws TestingError `RUNAWAY`
   */
  checkLooks(looks: number, isFiring: boolean): void {
    const limit = this.#maxSteps * LOOKS_PER_STEP;
    if (looks > limit) this.#runAway(`${limit} looks at the clock within one ms (8 × maxSteps)`);
    if (looks > 2 * limit && isFiring && this.#error !== undefined) throw this.#error;
  }

  #runAway(horizon: string): void {
    if (this.#error === undefined)
      this.end(testingError('RUNAWAY', { horizon, jobs: this.jobs.describeUnfinished() }), 'runaway');
  }

  /** Cancels all jobs, and ends the test with this error. */
  end(error: TestingError, reason: string): void {
    this.#error = error;
    this.jobs.cancelAll(reason);
  }
}
