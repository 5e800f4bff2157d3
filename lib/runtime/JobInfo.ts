import type { JobStatus } from '../job/JobStatus.js';
import { defined } from '../prelude/pick.js';
import type { Head } from './readRows.js';

/** Why nobody goes on with a job that has not ended. */
export type Held = 'NOT_RECOVERED' | 'UNKNOWN_FLOW' | 'STRUCTURE_CHANGED' | 'DAMAGED';

/** A durable job, in short. */
export interface JobInfo {
  /** Its id. */
  readonly jobId: string;
  /** The flow that it runs on. */
  readonly flowId: string;
  /** Where it is on its way. */
  readonly status: JobStatus;
  /** Why it was cancelled or completed early. */
  readonly reason?: string;
  /** What it has failed with. */
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
  /** When it was started. */
  readonly createdAt: Date;
  /** When its status was set. */
  readonly updatedAt: Date;
  /** Tasks that have not ended. */
  readonly pending: number;
  /** Tasks that have. */
  readonly done: number;
  /** Open questions. */
  readonly waits: number;
  /** Whether it runs in this process. */
  readonly live: boolean;
  /** Why nobody goes on with it. */
  readonly held?: Held;
}

export const infoOf = (head: Head, live: boolean, held: Held | undefined): JobInfo => {
  const { jobId, flowId, status, reason, error, createdAt, updatedAt, pending, done, waits } = head;
  return defined({
    jobId,
    flowId,
    status,
    reason,
    error: error && defined({ name: error.name, code: error.code, message: error.message }),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    pending,
    done,
    waits,
    live,
    held,
  });
};
