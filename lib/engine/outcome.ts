import type { Data } from '../flow/Data.js';
import { DELAY_MS, type ErrorHandler, retryDelay } from '../flow/ErrorHandler.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { isRetriable } from '../flow/isRetriable.js';
import type { JobData } from '../job/JobData.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import { type Change, COMPLETED, completedWith, type Failure, failedWith, type Settled, toldAs } from '../job/Settled.js';
import { codeOf, describeError } from '../prelude/describeError.js';
import type { Connection, Event, Plan } from '../plan/Plan.js';
import type { Attempt, TriedJob } from './Attempt.js';
import { checkTokens } from './waitFor.js';

/** A job as what its attempts come to is decided. */
export interface DecidedJob extends TriedJob {
  readonly parts: TriedJob['parts'] & {
    readonly plan: TriedJob['parts']['plan'] & {
      readonly settings: Pick<FlowSettings, 'unhandledErrors' | 'random'>;
      readonly commits: boolean;
      readonly isolate: Plan['isolate'];
    };
    readonly ledger: { warn(message: string, error: unknown): void; readonly data: { readonly waits: JobData['waits'] } };
    asks(token: string): boolean;
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
  readonly payload: Data;
}

/*
 * What an attempt comes to, decided before it is applied: whatever has to be asked of the user (updates of the state, retryOn,
 * random, the words of an error) is asked here, and after that the attempt is looked at again: its job may have ended meanwhile.
 */

/** The handler has ended well. False if there is nothing to settle any more. */
export const succeed = (attempt: Attempt<DecidedJob>): boolean => {
  if (attempt.error !== undefined) return endTold(attempt);
  attempt.settled = COMPLETED;
  return attempt.origin.run.parts.plan.commits || attempt.holdsBack ? commit(attempt) : true;
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
  checkTokens(attempt, effects);
  return completedWith(effects.changes, state);
};

/** The attempt has failed: the error handler of its routine, or that of the flow, says what follows. False if there is nothing to settle any more. */
export const fail = (attempt: Attempt<DecidedJob>, error: unknown): boolean => {
  if (attempt.error !== undefined) return endTold(attempt);
  attempt.stale = true;
  attempt.error = error;
  const outcome = attempt.rare.isLast === true ? outcomeWithoutRetry(attempt) : outcomeOf(attempt, error);
  const delayMs = outcome === 'retry' ? delayOf(attempt, error) : 0;
  attempt.settled = failedWith(outcome, failureOf(attempt, outcome, error), delayMs);
  return attempt.outcome === undefined;
};

/** Its handler has ended, but a promise that it tracked was rejected before: that is told and counted already. */
const endTold = (attempt: Attempt<DecidedJob>): boolean => {
  attempt.settled = toldAs(outcomeWithoutRetry(attempt));
  return attempt.outcome === undefined;
};

/** A failure in words, with the emission that takes its place, if one does. */
export const failureOf = (failed: Failed, outcome: TaskOutcome, error: unknown): Failure => {
  const words = describeError(error);
  const { fallback } = failed.connection.slot.routine;
  if (outcome === 'retry' || fallback === undefined) return { error, ...words, fallback: undefined };
  const code = codeOf(error);
  const told = code === undefined ? { ...words } : { ...words, code };
  return { error, ...words, fallback: fallbackFor(failed, fallback, told) };
};

const fallbackFor = ({ run, routineId, payload, attempt: attempts }: Failed, event: Event, error: Data): Change => ({
  type: 'emitted',
  routineId,
  event: event.name,
  data: apart(run.parts.plan, { error, data: { ...payload }, attempts }, event),
});

// A merge of the user's may have made what cannot be cloned.
const apart = ({ isolate, show }: DecidedJob['parts']['plan'], payload: Data, event: Event): Data => {
  try {
    return isolate(payload, event);
  } catch {
    return show(payload);
  }
};

/** What a failure means that cannot be tried again: of a tracked promise, of a stream. */
export const outcomeWithoutRetry = (attempt: Failed): TaskOutcome => {
  const { errorHandler, fallback } = attempt.connection.slot.routine;
  if (errorHandler === undefined) return isRecorded(attempt) ? 'error_continued' : 'failed';
  if (fallback !== undefined) return 'error_continued';
  return OUTCOMES[errorHandler.strategy === 'retry' ? errorHandler.then : errorHandler.strategy];
};

const outcomeOf = (attempt: Attempt<DecidedJob>, error: unknown): TaskOutcome => {
  const handler = attempt.connection.slot.routine.errorHandler;
  if (handler?.strategy === 'retry' && !isRefusal(attempt, error) && isWorthRetry(attempt, handler, error)) return 'retry';
  return outcomeWithoutRetry(attempt);
};

// Compared as it is: what a handler throws may throw itself when it is asked for something.
const isRefusal = ({ rare }: Attempt<DecidedJob>, error: unknown): boolean =>
  rare.refusal !== undefined && rare.refusal === error;

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

/** The ms that the error handler asks for before the next attempt. A function of the user that gives none changes nothing but a delay. */
const delayOf = ({ run, connection, routineId, attempt }: Failed, error: unknown): number => {
  const handler = connection.slot.routine.errorHandler as ErrorHandler;
  try {
    return retryDelay({ error, attempt, random: () => chance(run) }, handler);
  } catch (thrown) {
    const ms = Math.min(DELAY_MS, handler.maxDelayMs);
    run.parts.ledger.warn(`delayMs of routine '${routineId}' gave no delay; the retry waits ${ms} ms`, thrown);
    return ms;
  }
};

/** From 0 to 1; 0, which takes nothing off a delay, if the random of the user throws. */
const chance = ({ parts }: DecidedJob): number => {
  try {
    return parts.plan.settings.random();
  } catch (error) {
    parts.ledger.warn('The random of the flow threw; the delay of a retry has no jitter', error);
    return 0;
  }
};
