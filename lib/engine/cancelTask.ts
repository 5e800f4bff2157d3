import { checkText } from '../flow/checkOption.js';
import { dropped } from '../job/fold.js';
import { jobError } from '../job/JobError.js';
import type { JobParts, Run } from './JobParts.js';
import { abort } from './settlement.js';
import type { Task } from './Task.js';

/** Ends one task of a job, and no more: drops it where it waits, aborts it where it is at work. False if there is no such task. */
export const cancelTask = (job: JobParts, taskId: string, reason: string | undefined): boolean => {
  checkText('reason', reason);
  let isDone = false;
  job.engine.drain.change(() => {
    isDone = !job.life.isOver && end(job, taskId, jobError('TASK_CANCELLED', { taskId, reason }));
    if (isDone) goOn(job);
  });
  return isDone;
};

/** It may have been the last of the job, or have held a worker, or a pause. */
const goOn = ({ engine, run, views }: JobParts): void => {
  views?.progress();
  engine.turns.add(run);
  engine.released$.next(run);
};

const end = (job: JobParts, taskId: string, cause: Error): boolean => {
  const has = (task: Task<Run>): boolean => task.idIn(job.ledger.data.jobId) === taskId;
  const wasAtWork = endAtWork(job, has, cause);
  // The promises that it tracks are no reason to hold the job open either.
  const wasTracked = job.tracker?.abandon(has, cause) === true;
  return wasAtWork || wasTracked || dropWaiting(job, has);
};

const endAtWork = (job: JobParts, has: (task: Task<Run>) => boolean, cause: Error): boolean => {
  const attempt = [...job.engine.attemptsOf(job.run)].find(has);
  if (attempt === undefined) return false;
  dropped(job.ledger.data, 1);
  abort(job, attempt, cause);
  return true;
};

const dropWaiting = (job: JobParts, has: (task: Task<Run>) => boolean): boolean => {
  const task = dropQueued(job, has) ?? job.delayed?.takeIf(has);
  if (task !== undefined) job.run.shed(task);
  return task !== undefined;
};

const dropQueued = ({ run, limits }: JobParts, has: (task: Task<Run>) => boolean): Task<Run> | undefined => {
  const task = run.queue.takeIf(has);
  if (task !== undefined) limits?.taken(task);
  return task;
};
