import type { Data } from './flow/Data.js';
import { flowError } from './flow/FlowError.js';
import type { ExecutionRecord } from './job/History.js';
import { type DeferredEvent, JobData, type PausePoint } from './job/JobData.js';
import type { OutputRecord, SlotActivationTask } from './job/JobRecord.js';
import { isFinal, type JobStatus } from './job/JobStatus.js';
import { Metrics } from './job/Metrics.js';
import type { LogEntry } from './job/SharedSpace.js';
import { copyPlain, setOwn } from './prelude/plainObject.js';
import { uuid } from './prelude/uuid.js';
import type { RoutiluxError } from './prelude/RoutiluxError.js';
import type { Flow } from './Flow.js';
import type { Job, WaitOptions } from './Job.js';

/**
 * Everything that one run is and was: its status, what each routine did and keeps, its history, output and metrics. It
 * can be read at any time, also while the job runs; whatever it gives is a copy, so nothing read changes the job.
 */
export class JobState {
  readonly #data: JobData;

  /** An empty state, `pending`: no job has it. Runs make their own. */
  constructor(data: JobData = new JobData(uuid(), '', Date.now(), 1_000)) {
    this.#data = data;
  }

  /** A uuid, or what `ExecuteOptions.jobId` asked for. */
  get jobId(): string {
    return this.#data.jobId;
  }

  get flowId(): string {
    return this.#data.flowId;
  }

  get status(): JobStatus {
    return this.#data.status;
  }

  /** Why the job failed. */
  get error(): RoutiluxError | undefined {
    return this.#data.error;
  }

  /** Why the job was cancelled. */
  get reason(): string | undefined {
    return this.#data.reason;
  }

  /** The routine whose task was taken last. */
  get currentRoutineId(): string | undefined {
    return this.#data.currentRoutineId;
  }

  get createdAt(): Date {
    return new Date(this.#data.createdAt);
  }

  /** When the status changed last. */
  get updatedAt(): Date {
    return new Date(this.#data.updatedAt);
  }

  /** What the routine has set itself, beside `status`, `retryCount` and, where they apply, `executionTimeMs`, `error`, `errorTime`. */
  routineState(routineId: string): Data | undefined {
    return this.#data.cells.get(routineId)?.view();
  }

  /** The state of every routine that ran, by id. */
  get routineStates(): Readonly<Record<string, Data>> {
    return record([...this.#data.cells].map(([id, cell]) => [id, cell.view()]));
  }

  /** What happened, oldest first, of all routines or of one; at most as many records as the flow's `history`. */
  history(routineId?: string): readonly ExecutionRecord[] {
    return this.#data.history.records(routineId);
  }

  get sharedData(): Data {
    return record([...this.#data.shared.values].map(([key, value]) => [key, copyPlain(value)]));
  }

  /** The newest 10,000 entries. */
  get sharedLog(): readonly LogEntry[] {
    return [...this.#data.shared.entries].map(copyPlain);
  }

  /** The newest 10,000 outputs. */
  get outputLog(): readonly OutputRecord[] {
    return [...this.#data.outputs].map(copyPlain);
  }

  get metrics(): Metrics {
    return new Metrics(this.#data);
  }

  /** What waits to run, in the order in which it will; a retry in its delay has `dueAt`. */
  get pendingTasks(): readonly SlotActivationTask[] {
    return this.#data.source?.pendingTasks() ?? [];
  }

  get pausePoints(): readonly PausePoint[] {
    return this.#data.pausePoints.map(copyPlain);
  }

  get deferredEvents(): readonly DeferredEvent[] {
    return this.#data.deferred.map(copyPlain);
  }

  /**
   * Waits for the end of a job. Gives true at its end, whatever the status, and false when `timeoutMs` have passed
   * before; the job then goes on.
   *
   * @throws JobError `WOULD_DEADLOCK` in a handler of that job; FlowError `BAD_OPTION`, `UNKNOWN_JOB`
   */
  static async waitForCompletion(flow: Flow, job: Job | JobState, options: WaitOptions = {}): Promise<boolean> {
    if (isFinal(job.status)) return true;
    const held = flow.jobs.find((each) => each === job || each.state === job);
    if (held === undefined) throw flowError('UNKNOWN_JOB', { flowId: flow.flowId, jobId: 'jobId' in job ? job.jobId : job.id });
    return held.waitForCompletion(options);
  }
}

const record = (entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, never>> => {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries) setOwn(made, key, value);
  return made as Readonly<Record<string, never>>;
};
