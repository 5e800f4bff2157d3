import { applyStep } from '../job/applyStep.js';
import { JobImage } from '../job/JobImage.js';
import { checkTransition } from '../job/JobStatus.js';
import type { Step } from '../job/Step.js';
import { JobWriter } from './JobWriter.js';
import { runtimeError } from './RuntimeError.js';
import type { RuntimeParts } from './RuntimeParts.js';

/** Cancels a job that nobody runs, such as one whose flow is not here: by a step on what is stored. False if somebody runs it by now. */
export const cancelStored = (parts: RuntimeParts, jobId: string, reason: string | undefined): Promise<boolean> =>
  parts.inTurn(jobId, async () => {
    if (parts.keeping.jobs.has(jobId)) return false;
    await cancelInTurn(parts, jobId, reason);
    return true;
  });

const cancelInTurn = async (parts: RuntimeParts, jobId: string, reason: string | undefined): Promise<void> => {
  const { jobs, commits, settings, held, ends, keeping } = parts;
  const { data, head, written } = await jobs.whole(jobId);
  checkTransition(jobId, head.status, 'cancelled');
  const image = new JobImage(data);
  const why = reason === undefined ? {} : { reason };
  const step: Step = { jobId, facts: [{ jobId, timestamp: new Date(), type: 'ended', status: 'cancelled', ...why }] };
  const { entry, createdKey, startsAt } = head;
  const job = { data, about: image.remaining(), pending: 0, tasks: () => [] };
  const writer = new JobWriter(() => job, { entry, createdKey, startsAt }, settings.retainMs, written);
  applyStep(image, step);
  const [isDone] = await commits.commit([writer.write(step)]);
  if (isDone !== true) throw runtimeError('UNKNOWN_JOB', { jobId });
  held.delete(jobId);
  for (const token of written.tokens) keeping.tokens.delete(token);
  if (ends.isAwaited(jobId)) ends.tell(jobId, await jobs.state(jobId));
};
