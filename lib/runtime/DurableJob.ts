import { defer, type Observable } from 'rxjs';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobStatus } from '../job/JobStatus.js';
import type { JobState } from '../JobState.js';
import type { JobInfo } from './JobInfo.js';

/** What a runtime does with one job. */
export interface JobDesk {
  info(jobId: string): Promise<JobInfo>;
  state(jobId: string): Promise<JobState>;
  done(jobId: string): Promise<JobState>;
  record$(jobId: string): Observable<JobRecord>;
  output$(jobId: string): Observable<OutputRecord>;
  status$(jobId: string): Observable<JobStatus>;
  pause(jobId: string, options?: PauseOptions): Promise<JobInfo>;
  resume(jobId: string, options?: RemapOptions): Promise<DurableJob>;
  cancel(jobId: string, reason?: string): Promise<JobInfo>;
}

/** How a job fits a flow whose structure has changed. */
export interface RemapOptions {
  /** The new ids of routines by their old ones; `{}` says that the names are the same. @default none: the structure must be the same */
  readonly remap?: Readonly<Record<string, string>> | undefined;
}

/**
 * The address of a durable job: it lives as long as its runtime, whoever runs the job.
 *
 * @example
 * const job = await runtime.start('orders', 'take', order, { jobId: order.id });
 * const state = await job.done;
 */
export class DurableJob {
  /** The id that `start` was given, or a uuid. */
  readonly id: string;
  /** The flow that it runs on. */
  readonly flowId: string;
  /** Whether this start has made it; false if it was there already. */
  readonly created: boolean;
  readonly #desk: JobDesk;

  /**
   * Jobs are made by `runtime.start`.
   *
   * @hidden
   */
  constructor(
    desk: JobDesk,
    { jobId, flowId, created }: { readonly jobId: string; readonly flowId: string; readonly created: boolean },
  ) {
    this.id = jobId;
    this.flowId = flowId;
    this.created = created;
    this.#desk = desk;
  }

  /** The job in short. Rejects with RuntimeError `UNKNOWN_JOB` if it is kept no more. */
  info(): Promise<JobInfo> {
    return this.#desk.info(this.id);
  }

  /** The whole of it as it is stored, and nothing provisional. Rejects with RuntimeError `UNKNOWN_JOB` if it is kept no more. */
  state(): Promise<JobState> {
    return this.#desk.state(this.id);
  }

  /**
   * The final state, also of a job that ended long ago. Rejects with RuntimeError `CLOSED`, StoreError `STORE_LOST`, `STORE_FAILED`: then the
   * job itself goes on at the next opening; and in one of its own handlers with JobError `WOULD_DEADLOCK`.
   */
  get done(): Promise<JobState> {
    return this.#desk.done(this.id);
  }

  /** What happens to it in this process, told once it is stored; only `taskStarted` before, perhaps again after a death. */
  get record$(): Observable<JobRecord> {
    return defer(() => this.#desk.record$(this.id));
  }

  /** Its outputs, told once they are stored. */
  get output$(): Observable<OutputRecord> {
    return defer(() => this.#desk.output$(this.id));
  }

  /** Its status now, and each that follows. */
  get status$(): Observable<JobStatus> {
    return defer(() => this.#desk.status$(this.id));
  }

  /** As `runtime.pause`. */
  pause(options?: PauseOptions): Promise<JobInfo> {
    return this.#desk.pause(this.id, options);
  }

  /** As `runtime.resume`. */
  resume(options?: RemapOptions): Promise<DurableJob> {
    return this.#desk.resume(this.id, options);
  }

  /** As `runtime.cancel`. */
  cancel(reason?: string): Promise<JobInfo> {
    return this.#desk.cancel(this.id, reason);
  }
}
