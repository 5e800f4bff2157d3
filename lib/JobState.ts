import { checkWait, type WaitOptions } from './engine/waitForEnd.js';
import type { Data } from './flow/Data.js';
import { checkCopy } from './flow/checkCopy.js';
import { flowError } from './flow/FlowError.js';
import type { ExecutionRecord } from './job/History.js';
import { type DeferredEvent, JobData, type PausePoint } from './job/JobData.js';
import type { OutputRecord } from './flow/OutputRecord.js';
import type { SlotActivationTask } from './job/JobRecord.js';
import { checkTransition, isFinal, type JobStatus } from './job/JobStatus.js';
import { Metrics } from './job/Metrics.js';
import type { LogEntry } from './job/SharedSpace.js';
import { showTask, WrittenWork } from './job/RemainingWork.js';
import { showWait, type Wait } from './job/Wait.js';
import { copyDeep, fromEntries } from './prelude/plainObject.js';
import { refusal } from './prelude/refusal.js';
import { uuid } from './prelude/uuid.js';
import type { RoutiluxError } from './prelude/RoutiluxError.js';
import { copyJob } from './job/copyJob.js';
import type { DecodeOptions } from './wire/decodeJson.js';
import type { JobSnapshot } from './wire/JobSnapshot.js';
import { writeJob } from './wire/writeJob.js';
import type { Flow } from './Flow.js';
import type { Job } from './Job.js';
import { COPY, type Copy, OWN } from './prelude/Copy.js';

let dataOf: (state: JobState) => JobData;

/**
 * A state that no other flow works on, and what is behind it: itself if it was written down, else a copy.
 *
 * @throws FlowError `NOT_SERIALISABLE`: what could not be written down cannot go on elsewhere
 */
export const detached = (state: JobState): readonly [JobState, JobData] => {
  const data = dataOf(state);
  if (data.source instanceof WrittenWork) return [state, data];
  writeJob(data);
  const copy = copyJob(data);
  return [new JobState(copy), copy];
};

type ReadJob = (json: unknown, options?: DecodeOptions) => JobData;

let readJob: ReadJob;

/** The class below with what reads JSON for it, which a page without the name `JobState` does not ship. */
export const withReader = (read: ReadJob): typeof JobState => {
  readJob = read;
  return JobState;
};

/**
 * Everything that one run is and was: its status, what each routine did and keeps, its history, output and metrics. It
 * can be read at any time, also while the job runs; whatever it gives is a copy, so nothing read changes the job.
 *
 * @example
 * const state = await flow.execute('reader', { path: 'access.log' });
 * if (state.status === 'failed') console.error(state.error?.message);
 * for (const { type, data } of state.outputLog) console.log(type, data);
 */
export class JobState {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  #data: JobData;

  static {
    dataOf = (state) => state.#data;
  }

  /** An empty state, `pending`: no job has it. Runs make their own. */
  constructor(data: JobData = new JobData(uuid(), '', Date.now(), 1_000)) {
    this.#data = data;
  }

  /** A uuid, or what `ExecuteOptions.jobId` asked for. */
  get jobId(): string {
    return this.#data.jobId;
  }

  /** The id of the flow that has run it, or that it was written down on. */
  get flowId(): string {
    return this.#data.flowId;
  }

  /** Where the job is on its way. */
  get status(): JobStatus {
    return this.#data.status;
  }

  /** Why the job failed. */
  get error(): RoutiluxError | undefined {
    return this.#data.error;
  }

  /** Why the job was cancelled, or completed early (`complete`). */
  get reason(): string | undefined {
    return this.#data.reason;
  }

  /** The routine whose task was taken last. */
  get currentRoutineId(): string | undefined {
    return this.#data.currentRoutineId;
  }

  /** When the job was started, on whichever host. */
  get createdAt(): Date {
    return new Date(this.#data.createdAt);
  }

  /** When the status changed last. */
  get updatedAt(): Date {
    return new Date(this.#data.updatedAt);
  }

  /** What the routine has set itself, beside `status`, `retryCount` and, if they apply, `executionTimeMs`, `error`, `errorTime`. */
  routineState(routineId: string): Data | undefined {
    return this.#data.routineState(routineId);
  }

  /** The state of every routine that ran, by id. */
  get routineStates(): Readonly<Record<string, Data>> {
    const ran = [...this.#data.routines].filter(([, routine]) => routine.hasRun);
    return fromEntries(ran.map(([id, routine]) => [id, routine.view()])) as Readonly<Record<string, Data>>;
  }

  /** What happened, oldest first, of all routines or of one; at most as many records as the flow's `history`. */
  history(routineId?: string): readonly ExecutionRecord[] {
    return this.#data.history.records(routineId);
  }

  /** What handlers have set with `ctx.shared.set`, by key. */
  get sharedData(): Data {
    return fromEntries([...this.#data.shared.values].map(([key, value]) => [key, copyDeep(value)]));
  }

  /** The newest 10,000 entries. */
  get sharedLog(): readonly LogEntry[] {
    return [...this.#data.shared.entries].map(copyDeep);
  }

  /** The newest 10,000 outputs. */
  get outputLog(): readonly OutputRecord[] {
    return [...this.#data.outputs].map(copyDeep);
  }

  /** Counts and times of the flow and of each routine; no times and no executions with `metrics: false`. */
  get metrics(): Metrics {
    return new Metrics(this.#data);
  }

  /** What waits to run, in the order in which it will; a retry in its delay has `dueAt`. */
  get pendingTasks(): readonly SlotActivationTask[] {
    const waiting = this.#data.source?.waiting() ?? [];
    return waiting.map((task) => showTask(this.jobId, { ...task, data: copyDeep(task.data) }));
  }

  /** Its pauses, oldest first; the newest 1,000. */
  get pausePoints(): readonly PausePoint[] {
    return this.#data.pausePoints.map(copyDeep);
  }

  /** What `ctx.emitDeferred` has put off, in order; emptied by a resume. */
  get deferredEvents(): readonly DeferredEvent[] {
    return this.#data.deferred.map(copyDeep);
  }

  /** The questions that the job waits for (`ctx.waitFor`), in the order in which they were asked; none once it has ended. */
  get waits(): readonly Wait[] {
    return [...this.#data.waits.values()].map(showWait);
  }

  /**
   * The job as JSON at this instant, also while it runs; one that has not ended is written as `paused`, and what is at work
   * among its pending tasks. `JobState.fromJSON` and `flow.resume` go on from there.
   *
   * @throws FlowError `NOT_SERIALISABLE` if something in it is no plain data; names the path
   */
  toJSON(): JobSnapshot {
    return writeJob(this.#data);
  }

  /**
   * The state that JSON, or its text, holds.
   *
   * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`
   */
  static fromJSON(json: unknown, options?: DecodeOptions): JobState {
    return new JobState(readJob(json, options));
  }

  /** The same as `toJSON`. */
  serialize(): JobSnapshot {
    return this.toJSON();
  }

  /**
   * Fills this state, which must be an empty one, from JSON or its text.
   *
   * @throws what `fromJSON` throws; JobError `ILLEGAL_TRANSITION` if it is not empty
   */
  deserialize(json: unknown, options?: DecodeOptions): this {
    if (this.#data.source !== undefined || this.status !== 'pending') checkTransition(this.jobId, this.status, 'pending');
    this.#data = readJob(json, options);
    return this;
  }

  /**
   * Waits for the end of a job. Gives true at its end, whatever the status, and false when `timeoutMs` have passed
   * before; the job then goes on.
   *
   * @throws JobError `WOULD_DEADLOCK` in a handler of that job; FlowError `BAD_OPTION`, `UNKNOWN_JOB`
   */
  // Not an async function: a refusal in a handler counts as handled (D34).
  static waitForCompletion(flow: Flow, job: Job | JobState, options: WaitOptions = {}): Promise<boolean> {
    try {
      checkCopy(flow);
      checkCopy(job);
      checkWait(options);
    } catch (error) {
      return refusal(error);
    }
    if (isFinal(job.status)) return Promise.resolve(true);
    const jobId = 'jobId' in job ? job.jobId : job.id;
    const held = flow.job(jobId);
    if (held === undefined || !(held === job || held.state === job))
      return refusal(flowError('UNKNOWN_JOB', { flowId: flow.flowId, jobId }));
    return held.waitForCompletion(options);
  }
}
