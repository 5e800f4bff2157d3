import { checkKnown, checkOption, type Known } from './checkOption.js';
import { flowError } from './FlowError.js';

/** What happens when a task fails: end the job, go on, try again, or go on as if the task was not needed. */
export type ErrorStrategy = 'stop' | 'continue' | 'retry' | 'skip';

type ErrorClass = abstract new (...args: never[]) => unknown;

export interface ErrorHandlerOptions {
  /** What a failed task leads to. @default 'stop' */
  readonly strategy?: ErrorStrategy;
  /** Attempts after the first one, a whole number from 0; only for `retry`. @default 3 */
  readonly maxRetries?: number;
  /** Before the first retry, in ms, from 0; `Infinity` is the longest delay there is (see `maxDelayMs`). @default 1000 */
  readonly delayMs?: number;
  /** Each further delay is the one before times this, from 0. With 1 every delay is the same. @default 2 */
  readonly backoff?: number;
  /**
   * No delay is longer than this, in ms, from 0; nor ever longer than 1e15 (31,000 years), so that there is a `Date` at
   * which the retry is due. @default Infinity
   */
  readonly maxDelayMs?: number;
  /** Takes a random part off each delay: 0 none of it, 1 up to all of it. @default 0 */
  readonly jitter?: number;
  /** Which errors are worth a retry: classes, or a question to answer. Any other error fails at once. @default all */
  readonly retryOn?: readonly ErrorClass[] | ((error: unknown) => boolean);
  /** Marks the routine as one the job cannot do without. @default false */
  readonly critical?: boolean;
}

const OPTIONS: Known<ErrorHandlerOptions> = {
  strategy: true,
  maxRetries: true,
  delayMs: true,
  backoff: true,
  maxDelayMs: true,
  jitter: true,
  retryOn: true,
  critical: true,
};

/** A check that lets through the strategies of a list. It throws FlowError `BAD_STRATEGY`. */
export const strategyAmong =
  <S extends string>(...known: readonly S[]) =>
  (strategy: S): S => {
    if (known.includes(strategy)) return strategy;
    throw flowError('BAD_STRATEGY', { strategy, known });
  };

const checkStrategy = strategyAmong<ErrorStrategy>('stop', 'continue', 'retry', 'skip');

const atLeastZero = (option: string, value: number): number =>
  checkOption(option, value, typeof value === 'number' && value >= 0, 'a number from 0 up');

const checkRetries = (value: number): number =>
  checkOption('maxRetries', value, (Number.isInteger(value) && value >= 0) || value === Infinity, 'a whole number from 0 up');

const checkRetryOn = (value: ErrorHandlerOptions['retryOn']): ErrorHandlerOptions['retryOn'] => {
  const isFunction = (part: unknown): boolean => typeof part === 'function';
  return checkOption(
    'retryOn',
    value,
    value === undefined || isFunction(value) || (Array.isArray(value) && value.every(isFunction)),
    'a list of error classes, or a function (error) => boolean',
  );
};

const checkJitter = (value: number): number => checkOption('jitter', value, value >= 0 && value <= 1, 'a number from 0 to 1');

/**
 * What to do when a task of a routine (or, set on the flow, of any routine) fails.
 *
 * The delay before retry n is `delayMs × backoff^(n−1)`, at most `maxDelayMs`:
 *
 * @example
 * new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 100 }); // tries again after 100, 200 and 400 ms
 *
 * @throws FlowError `BAD_STRATEGY`, `BAD_OPTION`
 */
export class ErrorHandler {
  readonly strategy: ErrorStrategy;
  readonly maxRetries: number;
  readonly delayMs: number;
  readonly backoff: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
  readonly retryOn: ErrorHandlerOptions['retryOn'];
  readonly critical: boolean;

  constructor(options: ErrorHandlerOptions = {}) {
    checkKnown(options, OPTIONS);
    this.strategy = checkStrategy(options.strategy ?? 'stop');
    this.maxRetries = checkRetries(options.maxRetries ?? 3);
    this.delayMs = atLeastZero('delayMs', options.delayMs ?? 1_000);
    this.backoff = atLeastZero('backoff', options.backoff ?? 2);
    this.maxDelayMs = atLeastZero('maxDelayMs', options.maxDelayMs ?? Infinity);
    this.jitter = checkJitter(options.jitter ?? 0);
    this.retryOn = checkRetryOn(options.retryOn);
    this.critical = options.critical ?? false;
  }
}

/** No delay is longer, in ms: a Date holds nine times as much. */
const LONGEST = 1e15;

/** The ms to wait before a retry (1 = the first one); `random` gives 0…1 and is asked only if there is jitter. */
export const retryDelay = (
  retry: number,
  random: () => number,
  { delayMs, backoff, maxDelayMs, jitter }: ErrorHandler,
): number => {
  // 0 ms stay 0, even if the power has grown to Infinity.
  const grown = Math.min(delayMs, LONGEST) * backoff ** (retry - 1) || 0;
  const full = Math.min(grown, maxDelayMs, LONGEST);
  return jitter === 0 ? full : full * (1 - jitter * part(random()));
};

// The chance is the user's: what is no number from 0 to 1 makes no delay below 0, none that is NaN, and never throws.
const part = (chance: unknown): number => (typeof chance === 'number' && Math.min(Math.max(chance, 0), 1)) || 0;

/** Whether an error is one that the handler would try again. A filter of the user may throw; the caller guards it. */
export const isRetriable = (error: unknown, { retryOn }: ErrorHandler): boolean => {
  if (retryOn === undefined) return true;
  return typeof retryOn === 'function' ? retryOn(error) : retryOn.some((kind) => error instanceof kind);
};
