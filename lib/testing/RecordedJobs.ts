import type { Flow } from '../Flow.js';
import { behind, type Job } from '../Job.js';
import { isFinal } from '../job/JobStatus.js';
import type { FlowTest } from './FlowTest.js';
import { parseMarbles } from './marbles.js';
import { valueOf } from './playMarbles.js';
import { Recorder, type Steps } from './recordMarbles.js';
import type { VirtualClock } from './VirtualClock.js';
import { checkCopy } from '../flow/checkCopy.js';

type StartArguments = Parameters<FlowTest['start']> extends [Flow, ...infer Rest] ? Rest : never;

/** The jobs that a test has started or watches, each with its recorder. */
export class RecordedJobs {
  readonly #recorders = new Map<Job, Recorder>();
  readonly #flows = new Set<Flow>();
  /** Jobs that have failed, and of which the test has seen it. */
  readonly #seen = new Set<Job>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly onTask: () => void,
  ) {}

  start(flow: Flow, ...run: StartArguments): Job {
    this.#flows.add(checkCopy(flow));
    const job = flow.start(...run);
    this.recorderOf(job);
    return job;
  }

  /** Starts a job per symbol of a diagram, at its time. The list grows as they start. */
  startEach(flow: Flow, entryRoutineId: string, marbles: string, values?: Readonly<Record<string, object>>): readonly Job[] {
    const jobs: Job[] = [];
    for (const { at, symbol } of parseMarbles(marbles)) {
      const params = valueOf(marbles, symbol, values, {});
      this.clock.schedule(() => void jobs.push(this.start(flow, entryRoutineId, params)), at);
    }
    return jobs;
  }

  /** The recorder of a job; a job without one is recorded from now on. */
  recorderOf(job: Job): Recorder {
    const known = this.#recorders.get(job);
    if (known !== undefined) return known;
    const recorder = new Recorder(() => this.clock.frame);
    recorder.watch(job);
    this.#noteLooks(job);
    job.record$.subscribe(({ type }) => {
      this.clock.stirred++;
      if (type === 'taskStarted') this.onTask();
    });
    this.#recorders.set(job, recorder);
    return recorder;
  }

  /** One line about each job that has not ended. */
  describeUnfinished(): readonly string[] {
    return [...this.#recorders].filter(([{ status }]) => !isFinal(status)).map(([job, { steps }]) => describeJob(job, steps));
  }

  /** Whoever looks at the status of a job that has failed, or at its error, has an opinion of that. */
  #noteLooks(job: Job): void {
    for (const [seen, name] of [
      [job, 'status'],
      [job.state, 'status'],
      [job.state, 'error'],
    ] as const)
      Object.defineProperty(seen, name, {
        configurable: true,
        get: () => {
          if (hasFailed(job)) this.#seen.add(job);
          return Reflect.get(Object.getPrototypeOf(seen) as object, name, seen) as unknown;
        },
      });
  }

  /** One line about each job that has failed, unless somebody has seen it, or it is expected. */
  describeFailed(isExpected: (job: Job) => boolean): readonly string[] {
    return [...this.#recorders.keys()]
      .filter((job) => hasFailed(job) && !this.#seen.has(job) && !isExpected(job))
      .map(({ id, state: { error } }) => `job '${id}': ${error?.message ?? 'it failed'}`);
  }

  cancelAll(reason: string): void {
    for (const flow of this.#flows) void flow.cancel({ reason });
    for (const job of this.#recorders.keys()) if (!isFinal(job.status)) void job.cancel(reason);
  }
}

const hasFailed = (job: Job): boolean => behind(job).ledger.data.status === 'failed';

/** How many of its last tasks the line about a job names. */
const LAST = 12;

const describeJob = (job: Job, steps: Steps['steps']): string => {
  const last = steps.filter(({ kind }) => kind === 'starts').slice(-LAST);
  const asked = job.waits.slice(0, LAST).map(({ token }) => `'${token}'`);
  const waits = asked.length === 0 ? '' : `, waits for an answer to ${asked.join(', ')}`;
  return `job '${job.id}' is ${job.status}, ${job.state.pendingTasks.length} queued${waits}; its last tasks: ${last.map((step) => step.routineId).join(' ')}`;
};
