import { macrotask } from '../prelude/macrotask.js';
import { Expectations } from './Expectations.js';
import type { FlowTest } from './FlowTest.js';
import { Horizon } from './Horizon.js';
import { makeFlowTest } from './makeFlowTest.js';
import { Outside } from './Outside.js';
import { RecordedJobs } from './RecordedJobs.js';
import { checkTestOptions, type TestFlowOptions } from './TestFlowOptions.js';
import { type TestingError, testingError } from './TestingError.js';
import { lookForNextTest, VirtualClock } from './VirtualClock.js';

const turn = (): Promise<void> => new Promise(macrotask);

/** After so many turns of the event loop without a stir all is quiet: whoever waits for macrotasks may need a few turns. */
const QUIET_TURNS = 4;

/** One run of a test: it moves virtual time on whenever all that is at work waits for it. */
export class TestRun {
  readonly clock = new VirtualClock((looks) => {
    this.#horizon.checkLooks(looks, this.#isFiring);
  });
  readonly #jobs = new RecordedJobs(this.clock, () => {
    this.#horizon.countTask();
  });
  readonly #expectations = new Expectations(this.clock, this.#jobs);
  readonly #horizon: Horizon;
  readonly #test: FlowTest;
  readonly #flushing: (() => void)[] = [];
  readonly #outside = new Outside();
  #isFiring = false;

  constructor(given: TestFlowOptions) {
    const options = checkTestOptions(given);
    this.#horizon = new Horizon(options, this.#jobs);
    this.#test = makeFlowTest({
      clock: this.clock,
      jobs: this.#jobs,
      expectations: this.#expectations,
      seed: options.seed,
      flush: () => new Promise((resolve) => void this.#flushing.push(resolve)),
    });
  }

  async play(body: (test: FlowTest) => unknown): Promise<void> {
    this.#outside.open();
    try {
      await this.#play(body);
    } finally {
      this.#outside.close();
    }
  }

  async #play(body: (test: FlowTest) => unknown): Promise<void> {
    let played = false;
    let thrown: { readonly error: unknown } | undefined;
    const run = async (): Promise<unknown> => await body(this.#test);
    void run().then(
      () => (played = true),
      (error: unknown) => (thrown = { error }),
    );
    for (;;) {
      await this.#settled();
      this.#lookOutside();
      if (this.#horizon.error !== undefined) throw this.#horizon.error;
      if (thrown !== undefined) throw thrown.error;
      if (this.clock.next !== undefined) this.#step(this.clock.next);
      else if (this.#flushing.length > 0) for (const flushed of this.#flushing.splice(0)) flushed();
      else if (played) return;
      else throw testingError('STUCK', { at: this.clock.frame, jobs: this.#jobs.describeUnfinished() });
    }
  }

  /** Resolves when nothing happens any more without a timer: all promises and macrotasks are answered. */
  async #settled(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS && this.#horizon.error === undefined; turns++) {
      const before = this.clock.stirred;
      await turn();
      lookForNextTest();
      quiet = this.clock.stirred === before ? quiet + 1 : 0;
      this.#horizon.checkTurns(turns);
    }
  }

  /** Time does not go on for a handler that waits for the real world: it would jump to the timeout of its job. */
  #lookOutside(): void {
    const place = this.#outside.find(this.clock.hasTimerOf);
    if (place === undefined || this.#horizon.error !== undefined) return;
    const { routineId, slot } = place;
    this.#horizon.end(testingError('OUTSIDE', { routineId, slot }), 'it waits for something outside virtual time');
  }

  #step(next: number): void {
    this.#horizon.countTimer(next);
    if (this.#horizon.error !== undefined) return;
    this.#isFiring = true;
    try {
      this.clock.step();
    } finally {
      this.#isFiring = false;
    }
  }

  /** Ends what is at work, and the run with this error: the next test has begun. */
  end(error: TestingError): void {
    this.#horizon.end(error, 'another test has begun');
  }

  /** @throws TestingError `UNLIKE`: every expectation that does not hold, at the place of the first one; `FAILED` */
  check(): void {
    this.#expectations.check();
    const jobs = this.#jobs.describeFailed((job) => this.#expectations.isAbout(job));
    if (jobs.length > 0) throw testingError('FAILED', { jobs });
  }
}
