import type { JobStatus } from '../job/JobStatus.js';
import type { Held } from './JobInfo.js';

/** Something that a runtime tells of its jobs, or of its store. */
export type RuntimeEvent =
  /** A job was found unfinished, and goes on. */
  | {
      /** What has happened. */
      readonly type: 'recovered';
      readonly jobId: string;
    }
  /** A job was started, and is stored. */
  | { readonly type: 'started'; readonly jobId: string }
  /** Its end is stored. */
  | { readonly type: 'ended'; readonly jobId: string; readonly status: JobStatus }
  /** It was found unfinished, and nobody goes on with it. */
  | { readonly type: 'held'; readonly jobId: string; readonly reason: Held }
  /** What it has done here counts no more: the store has something else, or it cannot be written. */
  | { readonly type: 'discarded'; readonly jobId: string; readonly error?: unknown }
  /** A task was begun so often without an end that it failed with `POISONED`. */
  | { readonly type: 'poisoned'; readonly jobId: string; readonly taskId: string }
  /** So many attempts have ended and wait for the store that no other is begun; told once, until it keeps up again. */
  | { readonly type: 'storeSlow'; readonly uncommitted: number; readonly limit: number }
  /** Nothing is stored any more. */
  | { readonly type: 'storeFailed'; readonly error: Error };
