import { type ErrorHandler, isRetriable, retryDelay } from '../flow/ErrorHandler.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import { COMPLETED, completedWith, type Failure, failedWith, type Settled, toldAs } from '../job/Settled.js';
import { describeError } from '../prelude/describeError.js';
import type { Connection } from '../plan/Plan.js';
import type { Attempt, TriedJob } from './Attempt.js';

/** A job as what its attempts come to is decided. */
export interface DecidedJob extends TriedJob {
  readonly parts: TriedJob['parts'] & {
    readonly plan: { readonly settings: Pick<FlowSettings, 'unhandledErrors' | 'random'>; readonly commits: boolean };
    readonly ledger: { warn(message: string, error: unknown): void };
  };
}

/** A task, or one try of it, that has failed. */
interface Failed {
  readonly run: DecidedJob;
  readonly routineId: string;
  readonly connection: Connection;
  /** 0 for the entry. */
  readonly order: number;
  readonly attempt: number;
}

/*
 * What an attempt comes to, decided before it is applied: whatever has to be asked of the user (updates of the state, retryOn,
 * random, the words of an error) is asked here, and after that the attempt is looked at again: its job may have ended meanwhile.
 */

/** The handler has ended well. False if there is nothing to settle any more. */
export const succeed = (attempt: Attempt<DecidedJob>): boolean => {
  if (attempt.error !== undefined) return endTold(attempt);
  attempt.settled = COMPLETED;
  return attempt.origin.run.parts.plan.commits ? commit(attempt) : true;
};

const commit = (attempt: Attempt<DecidedJob>): boolean => {
  try {
    attempt.settled = commitOf(attempt);
  } catch (error) {
    return fail(attempt, error);
  }
  return attempt.isAtWork;
};

/** What was kept back, as it is to be applied; nothing while a promise that the attempt tracks is open. */
export const commitOf = (attempt: Attempt<DecidedJob>, tracking = attempt.rare.tracking ?? 0): Settled => {
  const { effects } = attempt.rare;
  if (effects === undefined || tracking > 0) return COMPLETED;
  const state = effects.stateAfter(() => attempt.routineData.own);
  return completedWith(effects.changes, state);
};

/** The attempt has failed: the error handler of its routine, or that of the flow, says what follows. False if there is nothing to settle any more. */
export const fail = (attempt: Attempt<DecidedJob>, error: unknown): boolean => {
  if (attempt.error !== undefined) return endTold(attempt);
  attempt.stale = true;
  attempt.error = error;
  const failure = failureOf(error);
  const outcome = attempt.rare.isLast === true ? outcomeWithoutRetry(attempt, error) : outcomeOf(attempt, error);
  const delayMs = outcome === 'retry' ? delayOf(attempt) : 0;
  attempt.settled = failedWith(outcome, failure, delayMs);
  return attempt.outcome === undefined;
};

/** Its handler has ended, but a promise that it tracked was rejected before: that is told and counted already. */
const endTold = (attempt: Attempt<DecidedJob>): boolean => {
  attempt.settled = toldAs(outcomeWithoutRetry(attempt, attempt.error));
  return attempt.outcome === undefined;
};

export const failureOf = (error: unknown): Failure => ({ error, ...describeError(error) });

/** What a failure means that cannot be tried again: of a tracked promise, of a stream. */
export const outcomeWithoutRetry = (attempt: Failed, error: unknown): TaskOutcome =>
  attempt.connection.slot.routine.errorHandler?.strategy === 'retry' ? 'failed' : outcomeOf(attempt, error);

const outcomeOf = (attempt: Failed, error: unknown): TaskOutcome => {
  const handler = attempt.connection.slot.routine.errorHandler;
  if (handler === undefined) return isRecorded(attempt) ? 'error_continued' : 'failed';
  if (handler.strategy === 'retry') return isWorthRetry(attempt, handler, error) ? 'retry' : 'failed';
  return OUTCOMES[handler.strategy];
};

const OUTCOMES = { stop: 'failed', continue: 'error_continued', skip: 'skipped' } as const;

// The entry is the first of all, whichever its slot is.
const isRecorded = ({ run, connection, order }: Failed): boolean =>
  run.parts.plan.settings.unhandledErrors === 'record' &&
  (connection.described !== undefined || (connection.slot.name !== 'trigger' && order > 0));

// The filter is the user's: one that throws retries nothing.
const isWorthRetry = (attempt: Failed, handler: ErrorHandler, error: unknown): boolean => {
  try {
    return attempt.attempt <= handler.maxRetries && isRetriable(error, handler);
  } catch (thrown) {
    attempt.run.parts.ledger.warn(`retryOn of routine '${attempt.routineId}' threw; the task is not retried`, thrown);
    return false;
  }
};

/** The ms that the error handler asks for before the next attempt. */
const delayOf = ({ run, connection, attempt }: Failed): number => {
  const handler = connection.slot.routine.errorHandler;
  // It is the user's: one that throws takes nothing off the delay.
  const random = (): number => {
    try {
      return run.parts.plan.settings.random();
    } catch (error) {
      run.parts.ledger.warn('The random of the flow threw; the delay of a retry has no jitter', error);
      return 0;
    }
  };
  return handler === undefined ? 0 : retryDelay(attempt, random, handler);
};
