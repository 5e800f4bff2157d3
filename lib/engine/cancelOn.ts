import { isFinal } from '../job/JobStatus.js';
import { describeError } from '../prelude/describeError.js';
import type { JobRun } from './JobRun.js';

/** Cancels a run when a signal aborts. */
export const cancelOn = (signal: AbortSignal, run: JobRun): void => {
  const abort = (): void => {
    if (!isFinal(run.data.status)) run.cancel(reasonOf(signal));
  };
  // One that has aborted already is answered when the job would begin, so that whoever subscribes now hears of it.
  if (signal.aborted) run.insteadOfBegin = abort;
  else signal.addEventListener('abort', abort, { once: true });
  run.atEnd(() => {
    signal.removeEventListener('abort', abort);
  });
};

/** The reason of an abort in words; an abort without one has a `DOMException` that says so. */
const reasonOf = ({ reason }: AbortSignal): string => (typeof reason === 'string' ? reason : describeError(reason).message);
