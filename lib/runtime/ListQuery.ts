import type { JobStatus } from '../job/JobStatus.js';

/** Which jobs are listed. */
export interface ListQuery {
  /** Only those with this status, or one of these. @default any */
  readonly status?: JobStatus | readonly JobStatus[] | undefined;
  /** Only those of this flow. @default any */
  readonly flowId?: string | undefined;
  /** Only those with which nobody goes on, or only the others. @default both */
  readonly held?: boolean | undefined;
  /** Which comes first. @default 'oldest' */
  readonly order?: 'oldest' | 'newest' | undefined;
  /** Those behind the job with this id. @default from the first */
  readonly after?: string | undefined;
  /** At most so many. @default Infinity */
  readonly limit?: number | undefined;
}
