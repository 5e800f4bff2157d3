import { type ErrorHandler, isRetriable } from '../flow/ErrorHandler.js';
import type { Data } from '../flow/Data.js';
import { type JobError, jobError } from '../job/JobError.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { RoutineStatus } from '../job/JobStatus.js';
import { endWith, noteError, type RoutineCell } from '../job/RoutineCell.js';
import { describeError } from '../prelude/describeError.js';
import type { Attempt } from './Attempt.js';

/** The task is done: its worker is free, and the job may be at rest. */
export const succeed = (attempt: Attempt): void => {
  const { run, cell } = attempt;
  if (attempt.error !== undefined) {
    endFailed(attempt, cell);
    return;
  }
  if (run.commits && !hasCommitted(attempt)) return;
  leave(attempt, 'completed', cell);
  cell.completed++;
  if (cell.end !== 'completed') endWith('completed', cell);
  if (attempt.emission.tried > 0) noteRetried(attempt, cell);
  run.closeTask();
};

const hasCommitted = (attempt: Attempt): boolean => {
  try {
    attempt.commit();
    return true;
  } catch (error) {
    fail(attempt, error);
    return false;
  }
};

/** The attempt failed: what its routine's error handler, then the flow's, says, is done. */
export const fail = (attempt: Attempt, error: unknown): void => {
  const { run, cell } = attempt;
  if (attempt.error !== undefined) {
    endFailed(attempt, cell);
    return;
  }
  attempt.stale = true;
  attempt.error = error;
  const outcome = attempt.isLast ? outcomeWithoutRetry(attempt, error) : decide(attempt, error);
  const delay = outcome === 'retry' ? run.delayOf(attempt) : 0;
  // Whether to retry, and with which jitter, is asked of the user, who may have ended the job.
  if (!isUndecided(attempt)) return;
  leave(attempt, outcome, cell);
  note(attempt, outcome, error, cell);
  if (outcome === 'retry') run.retryLater(attempt, delay);
  else conclude(attempt, outcome, error);
};

/** A promise that the handler let run on (`ctx.track`) was rejected: as a failure, but without a retry. */
export const failTracked = (attempt: Attempt, error: unknown): void => {
  const { run, cell } = attempt;
  // A task fails once, and what it had left running fails with it.
  if (attempt.stale || attempt.error !== undefined) {
    run.closeTask();
    return;
  }
  const outcome = outcomeWithoutRetry(attempt, error);
  revise(attempt, outcome, error);
  note(attempt, outcome, error, cell);
  conclude(attempt, outcome, error);
};

/** A stream that a routine keeps has failed outside any task. */
export const failAlone = (attempt: Attempt, error: unknown): void => {
  const outcome = outcomeWithoutRetry(attempt, error);
  const { run, route } = attempt;
  note(attempt, outcome, error, run.cellOf(route.target.node));
  if (outcome === 'failed') run.fail(failure(attempt, error));
  else run.views.warn(`A stream of routine '${attempt.routineId}' failed`, error);
};

const outcomeWithoutRetry = (attempt: Attempt, error: unknown): TaskOutcome =>
  attempt.route.target.node.errorHandler?.strategy === 'retry' ? 'failed' : decide(attempt, error);

/** Its handler has ended, but a promise that it tracked had failed before: that was told and counted then. */
const endFailed = (attempt: Attempt, cell: RoutineCell): void => {
  leave(attempt, outcomeWithoutRetry(attempt, attempt.error), cell);
  attempt.run.closeTask();
};

const isUndecided = ({ outcome }: Attempt): boolean => outcome === undefined;

/** A task that had succeeded has failed after all: it counts once. */
const revise = (attempt: Attempt, outcome: TaskOutcome, error: unknown): void => {
  if (attempt.outcome === 'completed') attempt.cell.completed--;
  if (attempt.outcome !== undefined) attempt.outcome = outcome;
  // What is thrown may be undefined, which says that nothing was.
  attempt.error = error ?? new Error(String(error));
};

/** The job ended before the attempt did. */
export const drop = (attempt: Attempt, cause: Error): void => {
  const { cell } = attempt;
  const failed = attempt.error !== undefined;
  attempt.drop(cause);
  leave(attempt, failed ? 'failed' : 'dropped', cell);
  if (failed) return;
  cell.dropped++;
  endWith('failed', cell);
  noteError(cause.message, attempt.run.pump.now(), cell);
};

const decide = (attempt: Attempt, error: unknown): TaskOutcome => {
  const handler = attempt.route.target.node.errorHandler;
  if (handler === undefined) return isRecorded(attempt) ? 'error_continued' : 'failed';
  if (handler.strategy === 'retry') return worthRetry(attempt, handler, error) ? 'retry' : 'failed';
  return OUTCOMES[handler.strategy];
};

const OUTCOMES = { stop: 'failed', continue: 'error_continued', skip: 'skipped' } as const;

const isRecorded = ({ run, route }: Attempt): boolean =>
  run.plan.settings.unhandledErrors === 'record' && (route.connection !== undefined || route.target.name !== 'trigger');

// The filter is the user's: one that throws retries nothing.
const worthRetry = (attempt: Attempt, handler: ErrorHandler, error: unknown): boolean => {
  try {
    return attempt.attempt <= handler.maxRetries && isRetriable(error, handler);
  } catch (thrown) {
    attempt.run.views.warn(`retryOn of routine '${attempt.routineId}' threw; the task is not retried`, thrown);
    return false;
  }
};

const leave = (attempt: Attempt, outcome: TaskOutcome, cell: RoutineCell): void => {
  const { run } = attempt;
  attempt.outcome = outcome;
  cell.active--;
  if (!attempt.isPlain) attempt.stopClock();
  if (attempt.worker !== undefined) attempt.letGo();
  run.leave(attempt);
  if (run.views.watched) run.views.tell({ type: 'taskSettled', outcome, ...attempt.task(), ...errorOf(attempt) });
};

const errorOf = ({ error }: Attempt): { error?: unknown } => (error === undefined ? {} : { error });

const noteRetried = (attempt: Attempt, cell: RoutineCell): void => {
  cell.retryCount = attempt.attempt - 1;
  attempt.run.keep(attempt.routineId, 'completed', { retried: true });
};

const COUNTERS = { failed: 'failed', error_continued: 'failed', skipped: 'skipped' } as const;

const note = (attempt: Attempt, outcome: TaskOutcome, error: unknown, cell: RoutineCell): void => {
  if (outcome === 'retry') {
    cell.retried++;
    cell.retryCount = attempt.attempt;
    return;
  }
  const facts = describeError(error);
  if (outcome in COUNTERS) cell[COUNTERS[outcome as keyof typeof COUNTERS]]++;
  cell.retryCount = Math.max(cell.retryCount, attempt.attempt - 1);
  endWith(outcome as RoutineStatus, cell);
  noteError(facts.message, attempt.run.pump.now(), cell);
  attempt.run.keep(attempt.routineId, eventFor(attempt, outcome), historyData(attempt, facts));
};

// What no handler covered is recorded under the name that v0.10 gave it.
const eventFor = (attempt: Attempt, outcome: TaskOutcome): string =>
  outcome === 'failed' || attempt.route.target.node.errorHandler === undefined ? 'error' : outcome;

const historyData = ({ route, slot }: Attempt, { name, message }: { name: string; message: string }): Data => ({
  ...(route.connection === undefined ? {} : { slot }),
  error: message,
  error_type: name,
});

const conclude = (attempt: Attempt, outcome: TaskOutcome, error: unknown): void => {
  const { run } = attempt;
  if (outcome === 'failed') run.failTask(failure(attempt, error));
  else run.closeTask();
};

const failure = (attempt: Attempt, error: unknown): JobError => {
  const { run, routineId, slot, attempt: attempts } = attempt;
  return jobError(
    'TASK_FAILED',
    { jobId: run.data.jobId, routineId, slot, attempts, reason: describeError(error).message },
    error,
  );
};
