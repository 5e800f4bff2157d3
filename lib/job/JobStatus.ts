import { jobError } from './JobError.js';

/**
 * Where a job is on its way: `pending` waits for its begin, `running` is at work (also while a pause waits for it), `paused` stands
 * still, and the others are ends.
 */
export type JobStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** What became of a routine in a job: of its last task, or `running` while one is at work. */
export type RoutineStatus = 'pending' | 'running' | 'completed' | 'failed' | 'error_continued' | 'skipped';

const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: ['running', 'paused', 'cancelled'],
  running: ['paused', 'completed', 'failed', 'cancelled'],
  paused: ['running', 'completed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

export const JOB_STATUSES = Object.keys(NEXT) as readonly JobStatus[];

/** Whether a job in this status has come to its end. */
export const isFinal = (status: JobStatus): boolean => NEXT[status].length === 0;

/** Refuses (`ILLEGAL_TRANSITION`) a step that a job in this status cannot take. */
export const checkTransition = (jobId: string, from: JobStatus, to: JobStatus): void => {
  if (!NEXT[from].includes(to)) throw jobError('ILLEGAL_TRANSITION', { jobId, from, to });
};
