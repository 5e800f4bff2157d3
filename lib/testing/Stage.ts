import { Subject, type Observable } from 'rxjs';
import type { Flow } from '../Flow.js';
import type { Job } from '../Job.js';
import { isFinal } from '../job/JobStatus.js';
import { macrotask } from '../prelude/macrotask.js';
import { reportOn } from './Comparison.js';
import type { FlowTest, JobExpectation, ObservableExpectation } from './FlowTest.js';
import { expectedOn, type JobMarbles, type Line, type MarbleValues, type Moment } from './Line.js';
import { parseMarbles } from './marbles.js';
import { placeOf, unlike } from './place.js';
import { playMarbles, valueOf } from './playMarbles.js';
import { checkPlaces } from './checkPlaces.js';
import { expectation, Recorder, recordingOf, type Steps, together } from './recordMarbles.js';
import { replay } from './replay.js';
import { seeded } from './seeded.js';
import { sleep } from './sleep.js';
import { type TestingError, testingError } from './TestingError.js';
import { VirtualClock } from './VirtualClock.js';

export interface TestFlowOptions {
  /** How far virtual time may go, in ms, above 0: an hour. Whatever is at work then is a runaway. @default 3_600_000 */
  readonly horizonMs?: number | undefined;
  /** How many tasks may start, and how many timers may fire: a whole number from 1. @default 100_000 */
  readonly maxSteps?: number | undefined;
  /** What `random` begins with, a whole number: the same seed, the same numbers. @default 1 */
  readonly seed?: number | undefined;
}

type StartArguments = Parameters<FlowTest['start']> extends [Flow, ...infer Rest] ? Rest : never;

const turn = (): Promise<void> => new Promise(macrotask);

/** So many turns of the event loop without a stir, and all is quiet: what waits for macrotasks may take a few to come back. */
const QUIET_TURNS = 4;
/** A task asks for the time more than once, but not more often than this. */
const LOOKS_PER_STEP = 8;

/** Where one test is played: it moves the time on, keeps the horizon, and knows what is recorded and expected. */
export class Stage {
  readonly clock = new VirtualClock((looks) => {
    this.#looked(looks);
  });
  readonly #horizonMs: number;
  readonly #maxSteps: number;
  readonly #seed: number;
  readonly #recorders = new Map<Job, Recorder>();
  readonly #flows = new Set<Flow>();
  readonly #checks: { readonly here: Error; readonly report: () => string | undefined }[] = [];
  readonly #flushing: (() => void)[] = [];
  #ids = 0;
  #tasks = 0;
  #timers = 0;
  #runaway: TestingError | undefined;
  #stepping = false;

  constructor({ horizonMs = 3_600_000, maxSteps = 100_000, seed = 1 }: TestFlowOptions) {
    this.#horizonMs = horizonMs;
    this.#maxSteps = maxSteps;
    this.#seed = seed;
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async play(body: (test: FlowTest) => unknown): Promise<void> {
    let played = false;
    let thrown: { readonly error: unknown } | undefined;
    const run = async (): Promise<unknown> => await body(this.#helpers());
    void run().then(
      () => (played = true),
      (error: unknown) => (thrown = { error }),
    );
    for (;;) {
      await this.#settled();
      if (this.#runaway !== undefined) throw this.#runaway;
      if (thrown !== undefined) throw thrown.error;
      if (this.clock.next !== undefined) this.#step(this.clock.next);
      else if (this.#flushing.length > 0) for (const flushed of this.#flushing.splice(0)) flushed();
      else if (played) return;
      else throw testingError('STUCK', { at: this.clock.frame, jobs: this.#atWork() });
    }
  }

  /** Resolves when every promise and macrotask has been answered that can be. */
  async #settled(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS && this.#runaway === undefined; turns++) {
      const before = this.clock.stirred;
      await turn();
      quiet = this.clock.stirred === before ? quiet + 1 : 0;
      if (turns > this.#maxSteps) this.#runAway(`${this.#maxSteps} turns of the event loop within one ms (maxSteps)`);
    }
  }

  #step(next: number): void {
    if (next > this.#horizonMs) this.#runAway(`${this.#horizonMs} ms of virtual time (horizonMs)`);
    if (++this.#timers > this.#maxSteps) this.#runAway(`${this.#maxSteps} timers (maxSteps)`);
    if (this.#runaway !== undefined) return;
    this.#stepping = true;
    try {
      this.clock.step();
    } finally {
      this.#stepping = false;
    }
  }

  // ── the horizon ─────────────────────────────────────────────────────────────────────────────────────────────────

  #started(): void {
    if (++this.#tasks > this.#maxSteps) this.#runAway(`${this.#maxSteps} tasks (maxSteps)`);
  }

  // A flow that nobody records and that never waits asks for the time; it is all that is seen of it. Where cancelling is
  // not enough, since its job is not ours, the clock refuses to go on.
  #looked(looks: number): void {
    const limit = this.#maxSteps * LOOKS_PER_STEP;
    if (looks > limit) this.#runAway(`${limit} looks at the clock within one ms (8 × maxSteps)`);
    if (looks > 2 * limit && this.#stepping && this.#runaway !== undefined) throw this.#runaway;
  }

  #runAway(horizon: string): void {
    if (this.#runaway !== undefined) return;
    this.#runaway = testingError('RUNAWAY', { horizon, jobs: this.#atWork() });
    for (const flow of this.#flows) void flow.cancel({ reason: 'runaway' });
    for (const job of this.#recorders.keys()) if (!isFinal(job.status)) void job.cancel('runaway');
  }

  #atWork(): readonly string[] {
    return [...this.#recorders].filter(([{ status }]) => !isFinal(status)).map(([job, { steps }]) => sketchOf(job, steps));
  }

  // ── what the body gets ──────────────────────────────────────────────────────────────────────────────────────────

  #helpers(): FlowTest {
    const { clock } = this;
    const random = seeded(this.#seed);
    const newId = (): string => `job-${++this.#ids}`;
    const cold: FlowTest['cold'] = (...marbles) => playMarbles(clock, ...marbles);
    const pass: FlowTest['sleep'] = (ms, signal) => sleep(clock, ms, signal);
    return {
      scheduler: clock,
      random,
      flowOptions: { scheduler: clock, random, newId },
      sleep: pass,
      takes: (ms, handler) =>
        async function (data, ctx): Promise<unknown> {
          await pass(ms);
          return handler?.call(this, data, ctx);
        },
      replay: (flow, steps) => replay(clock, flow, steps),
      cold,
      hot: <T>(...marbles: Parameters<typeof cold<T>>) => {
        const hot$ = new Subject<T>();
        cold(...marbles).subscribe(hot$);
        return hot$.asObservable();
      },
      start: (flow, ...run) => this.#start(flow, ...run),
      entries: (flow, entryRoutineId, marbles, values) => this.#entries(flow, entryRoutineId, marbles, values),
      watch: (job) => recordingOf(job, this.#recorder(job)),
      expectJob: (jobs) => this.#expectJob(jobs),
      expectObservable: (source$) => this.#expectObservable(source$),
      flush: () => new Promise((resolve) => void this.#flushing.push(resolve)),
    };
  }

  #start(flow: Flow, ...run: StartArguments): Job {
    this.#flows.add(flow);
    const job = flow.start(...run);
    this.#recorder(job);
    return job;
  }

  #entries(flow: Flow, entryRoutineId: string, marbles: string, values?: Readonly<Record<string, object>>): readonly Job[] {
    const jobs: Job[] = [];
    for (const { at, symbol } of parseMarbles(marbles)) {
      const params = valueOf(marbles, symbol, values, {});
      this.clock.schedule(() => void jobs.push(this.#start(flow, entryRoutineId, params)), at);
    }
    return jobs;
  }

  #recorder(job: Job): Recorder {
    const known = this.#recorders.get(job);
    if (known !== undefined) return known;
    const recorder = new Recorder(() => this.clock.frame);
    recorder.watch(job);
    job.record$.subscribe(({ type }) => {
      this.clock.stirred++;
      if (type === 'taskStarted') this.#started();
    });
    this.#recorders.set(job, recorder);
    return recorder;
  }

  // ── what is expected ────────────────────────────────────────────────────────────────────────────────────────────

  #expectJob(jobs: Job | readonly Job[]): JobExpectation {
    // A list of entries grows; its jobs are recorded as they start.
    const recorders = (): readonly Steps[] => jobsOf(jobs).map((job) => this.#recorder(job));
    recorders();
    const toBe = (lines: JobMarbles, values: MarbleValues = {}): void => {
      const report = expectation(lines, values);
      checkPlaces(Object.keys(lines), jobsOf(jobs));
      this.#checks.push({ here: placeOf(toBe), report: () => report(together(recorders())) });
    };
    return { toBe };
  }

  #expectObservable(source$: Observable<unknown>): ObservableExpectation {
    const actual: Moment[] = [];
    const note = (value: unknown, end?: string): void => {
      this.clock.stirred++;
      actual.push({ at: this.clock.frame, value, ...(end === undefined ? {} : { symbol: end }) });
    };
    source$.subscribe({
      next: (value) => {
        note(value);
      },
      error: (error: unknown) => {
        note(error, '#');
      },
      complete: () => {
        note('|', '|');
      },
    });
    const toBe = (marbles: string, values: MarbleValues = {}, ...error: readonly unknown[]): void => {
      const expected = expectedOn(STREAM, marbles, values).map((one) =>
        one.symbol === '#' && error.length > 0 ? { ...one, value: error[0] } : one,
      );
      this.#checks.push({ here: placeOf(toBe), report: () => reportOn([{ line: STREAM, expected, actual }], values) });
    };
    return { toBe };
  }

  /** @throws TestingError `UNLIKE`: every expectation that does not hold, at the place of the first one */
  check(): void {
    const faults = this.#checks.flatMap(({ here, report }) => {
      const text = report();
      return text === undefined ? [] : [{ here, report: text }];
    });
    if (faults.length > 0) throw unlike(faults);
  }
}

/** A symbol of a stream stands for its value, or for itself. */
const STREAM: Line = {
  key: 'values',
  known: {},
  resolve: (symbol, values) => ({ value: Object.hasOwn(values, symbol) ? values[symbol] : symbol }),
  select: () => [],
};

const jobsOf = (jobs: Job | readonly Job[]): readonly Job[] => (Array.isArray(jobs) ? (jobs as readonly Job[]) : [jobs as Job]);

/** How many of its last tasks are named where a job is a runaway. */
const LAST = 12;

const sketchOf = (job: Job, steps: Steps['steps']): string => {
  const last = steps.filter(({ kind }) => kind === 'starts').slice(-LAST);
  return `job '${job.id}' is ${job.status}, ${job.state.pendingTasks.length} queued; its last tasks: ${last.map((step) => step.routineId).join(' ')}`;
};
