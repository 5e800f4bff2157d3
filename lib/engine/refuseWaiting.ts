import { jobError } from '../job/JobError.js';
import { currentAttempt } from './ambient.js';
import type { ContextJob, HandlerContext } from './HandlerContext.js';

/** The attempt at work here, the one whose handler started its job, and so on. */
function* lineage(): Generator<HandlerContext> {
  for (let attempt: HandlerContext | undefined = currentAttempt(); attempt !== undefined; attempt = attempt.run.parent)
    yield attempt;
}

/**
 * Refuses (`WOULD_DEADLOCK`) a wait for the end of a job inside one of its own handlers: it would wait for itself.
 * Without async context only the code of a handler before its first `await` is seen.
 */
export const refuseWaiting = (call: string, waitsFor: (run: ContextJob) => boolean): void => {
  for (const { run, isAtWork } of lineage()) {
    if (isAtWork && waitsFor(run)) throw jobError('WOULD_DEADLOCK', { jobId: run.parts.ledger.data.jobId, call });
  }
};
