import { jobError } from '../job/JobError.js';
import { currentAttempt } from './ambient.js';
import type { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';

/** The attempt at work here, the one whose handler started its job, and so on. */
function* lineage(): Generator<Attempt> {
  for (let attempt: Attempt | undefined = currentAttempt(); attempt !== undefined; attempt = attempt.run.parent) yield attempt;
}

/**
 * Refuses (`WOULD_DEADLOCK`) a wait for the end of a job inside one of its own handlers: it would wait for itself.
 * Where the platform has no async context, only the part of a handler before its first `await` is seen.
 */
export const refuseWaiting = (call: string, waitsFor: (run: JobRun) => boolean): void => {
  for (const { run, isAtWork } of lineage()) {
    if (isAtWork && waitsFor(run)) throw jobError('WOULD_DEADLOCK', { jobId: run.data.jobId, call });
  }
};
