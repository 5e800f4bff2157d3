import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { JobStatus } from './JobStatus.js';

/** A slot activation, as a record shows it. */
export interface SlotActivationTask {
  /** Stable over retries, pauses and hosts: good as an idempotency key. */
  readonly taskId: string;
  readonly routineId: string;
  readonly slot: string;
  readonly data: Data;
  /** 1 = the first one. */
  readonly attempt: number;
  readonly retryCount: number;
  /** The connection it came over; none for an entry. */
  readonly connection?: Connection;
  /** When a retry that waits will join the queue. */
  readonly dueAt?: Date;
}

/** How an attempt ended. `dropped`: the job ended before it did, or there was no room for it. */
export type TaskOutcome = 'completed' | 'failed' | 'error_continued' | 'skipped' | 'retry' | 'dropped';

interface Step {
  readonly jobId: string;
  readonly timestamp: Date;
}

/** Everything that happens in a job, in the order in which it happens. */
export type JobRecord = Step &
  (
    | { readonly type: 'started'; readonly entryRoutineId: string; readonly entryParams: Data }
    | ({ readonly type: 'taskQueued' | 'taskStarted' } & SlotActivationTask)
    | { readonly type: 'emitted'; readonly routineId: string; readonly event: string; readonly data: Data }
    | ({ readonly type: 'taskSettled'; readonly outcome: TaskOutcome; readonly error?: unknown } & SlotActivationTask)
    | { readonly type: 'output'; readonly output: OutputRecord }
    | { readonly type: 'paused'; readonly reason?: string; readonly checkpoint?: unknown; readonly pendingTasks: number }
    | { readonly type: 'resumed' }
    | { readonly type: 'warning'; readonly message: string; readonly error?: unknown }
    | { readonly type: 'ended'; readonly status: JobStatus; readonly error?: RoutiluxError; readonly reason?: string }
  );

type WithoutStep<T> = T extends Step ? Omit<T, keyof Step> : never;

/** A record before the job has put its id and the time on it. */
export type JobRecordBody = WithoutStep<JobRecord>;
