import { checkKnown, checkOption, type Known } from './checkOption.js';
import { flowError, show } from './FlowError.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';
import { checkCopy } from './checkCopy.js';
import { oneOf } from './oneOf.js';

/** What follows when a task is not tried again. */
export type ErrorEnd = Exclude<ErrorStrategy, 'retry'>;

/** The delay before a retry, in ms from 0, by the error and the attempt that has failed with it (1 = the first one). */
export type RetryDelay = (error: unknown, attempt: number) => number;

/** What happens when a task fails: end the job, go on, try again, or go on as if the task was not needed. */
export type ErrorStrategy = 'stop' | 'continue' | 'retry' | 'skip';

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => unknown;

/** What an error handler does; all but `strategy`, `fallback` and `critical` are for `retry`. */
export interface ErrorHandlerOptions {
  /** What a failed task leads to. @default 'stop' */
  readonly strategy?: ErrorStrategy;
  /** Attempts after the first one, a whole number from 0; only for `retry`. @default 3 */
  readonly maxRetries?: number;
  /**
   * Before the first retry, in ms, from 0; `Infinity` is the longest delay there is (see `maxDelayMs`). A function gives the delay before
   * each retry, by the error and the attempt that has failed; `backoff` is not applied then. One that throws or gives no such number waits
   * 1,000 ms, and a warning says so. Only for `retry`. @default 1000
   */
  readonly delayMs?: number | RetryDelay;
  /** Each further delay is the one before times this, from 0. With 1 every delay is the same. Only for `retry`. @default 2 */
  readonly backoff?: number;
  /**
   * No delay is longer than this, in ms, from 0; nor ever longer than 1e15 (31,000 years), so that there is a `Date` at
   * which the retry is due. Only for `retry`. @default Infinity
   */
  readonly maxDelayMs?: number;
  /** Takes a random part off each delay: 0 none of it, 1 up to all of it. Only for `retry`. @default 0 */
  readonly jitter?: number;
  /**
   * Which errors are worth a retry: classes, or a question to answer. With any other error the retries are over at once. A class of the
   * language (`TypeError`) also stands for that of another realm. Only for `retry`. @default all
   */
  readonly retryOn?: readonly ErrorClass[] | ((error: unknown) => boolean) | undefined;
  /** What follows when the retries are over: as the strategies of these names. Only for `retry`. @default 'stop' */
  readonly then?: ErrorEnd | undefined;
  /**
   * The name of an event of the routine that takes the place of the failure, whatever the strategy, once no retry is left: it carries
   * `{ error, data, attempts }`, `error` as `{ name, message, code? }`, `data` what the handler was given, and the job goes on. On the handler
   * of a flow it counts for the routines that have such an event. @default none
   */
  readonly fallback?: string | undefined;
  /** Marks the routine as one the job cannot do without. @default false */
  readonly critical?: boolean;
}

/** The delay by default, in ms, and that of a function of the user which gives none. */
export const DELAY_MS = 1_000;

/** Those beside the strategy itself. */
export const RETRY_OPTIONS: Known<Omit<ErrorHandlerOptions, 'strategy' | 'critical'>> = {
  maxRetries: true,
  delayMs: true,
  backoff: true,
  maxDelayMs: true,
  jitter: true,
  retryOn: true,
  then: true,
  fallback: true,
};

const OPTIONS: Known<ErrorHandlerOptions> = { ...RETRY_OPTIONS, strategy: true, critical: true };

/** What the other strategies have no use for. */
const OF_RETRY = ['maxRetries', 'delayMs', 'backoff', 'maxDelayMs', 'jitter', 'retryOn', 'then'] as const;

/** A check that lets through the strategies of a list. It throws FlowError `BAD_STRATEGY`. */
export const strategyAmong =
  <S extends string>(...known: readonly S[]) =>
  (strategy: S): S => {
    if (known.includes(strategy)) return strategy;
    throw flowError('BAD_STRATEGY', { strategy, known });
  };

const checkStrategy = strategyAmong<ErrorStrategy>('stop', 'continue', 'retry', 'skip');
const checkThen = strategyAmong<ErrorEnd>('stop', 'continue', 'skip');

/** An option that does nothing is refused (D37). */
const checkUsed = (options: ErrorHandlerOptions, strategy: ErrorStrategy): void => {
  const option = strategy === 'retry' ? undefined : OF_RETRY.find((each) => options[each] !== undefined);
  if (option === undefined) return;
  const expected = `nothing: strategy '${strategy}' has no use for it, only 'retry' has`;
  throw flowError('BAD_OPTION', { option, value: options[option], expected });
};

const checkDelay = (value: number | RetryDelay): number | RetryDelay =>
  typeof value === 'function' ? value : atLeastZero('delayMs', value, ', or a function (error, attempt) => number');

export const checkEventName = (option: string, value: string | undefined): string | undefined =>
  checkOption(option, value, value === undefined || (typeof value === 'string' && value !== ''), 'the name of an event');

const atLeastZero = (option: string, value: number, or = ''): number =>
  checkOption(option, value, typeof value === 'number' && value >= 0, `a number from 0 up${or}`);

const checkRetries = (value: number): number =>
  checkOption('maxRetries', value, (Number.isInteger(value) && value >= 0) || value === Infinity, 'a whole number from 0 up');

const checkRetryOn = (value: ErrorHandlerOptions['retryOn']): ErrorHandlerOptions['retryOn'] => {
  const isFunction = (part: unknown): boolean => typeof checkCopy(part) === 'function';
  return checkOption(
    'retryOn',
    value,
    value === undefined || isFunction(value) || (Array.isArray(value) && value.every(isFunction)),
    'a list of error classes, or a function (error) => boolean',
  );
};

const checkJitter = (value: number): number =>
  checkOption('jitter', value, typeof value === 'number' && value >= 0 && value <= 1, 'a number from 0 to 1');

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
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** What a failed task leads to. */
  readonly strategy: ErrorStrategy;
  /** Attempts after the first one, from 0. */
  readonly maxRetries: number;
  /** Before the first retry, in ms, from 0, or what gives each delay. */
  readonly delayMs: number | RetryDelay;
  /** What each further delay is multiplied by, from 0. */
  readonly backoff: number;
  /** The longest delay, in ms, from 0. */
  readonly maxDelayMs: number;
  /** How large a random part a delay may lose, 0…1. */
  readonly jitter: number;
  /** Which errors are tried again; undefined is all. */
  readonly retryOn: ErrorHandlerOptions['retryOn'];
  /** What follows when the retries are over. */
  readonly then: ErrorEnd;
  /** The event that takes the place of a failure, if one does. */
  readonly fallback: string | undefined;
  /** Whether the job cannot do without the routine: kept for who reads it. */
  readonly critical: boolean;

  constructor(options: ErrorHandlerOptions = {}) {
    const {
      strategy = 'stop',
      maxRetries = 3,
      delayMs = DELAY_MS,
      backoff = 2,
      maxDelayMs = Infinity,
      jitter = 0,
      then = 'stop',
      critical = false,
    } = checkKnown(options, OPTIONS);
    this.strategy = checkStrategy(strategy);
    checkUsed(options, strategy);
    this.maxRetries = checkRetries(maxRetries);
    this.delayMs = checkDelay(delayMs);
    this.backoff = atLeastZero('backoff', backoff);
    this.maxDelayMs = atLeastZero('maxDelayMs', maxDelayMs);
    this.jitter = checkJitter(jitter);
    this.retryOn = checkRetryOn(options.retryOn);
    this.then = checkThen(then);
    this.fallback = checkEventName('fallback', options.fallback);
    this.critical = oneOf('critical', critical, [true, false]);
  }
}

/** No delay is longer, in ms: a Date holds nine times as much. */
const LONGEST = 1e15;

/** A try that has failed, as its delay is asked for. */
interface Retried {
  readonly error: unknown;
  /** 1 = the first one. */
  readonly attempt: number;
  /** Gives 0…1; asked only if there is jitter. */
  readonly random: () => number;
}

/** The ms to wait before the next try. A function of the user may throw, or give no number from 0 up (`RangeError`); the caller guards it. */
export const retryDelay = ({ error, attempt, random }: Retried, handler: ErrorHandler): number => {
  const { delayMs, maxDelayMs, jitter } = handler;
  const asked = typeof delayMs === 'function' ? checkAsked(delayMs(error, attempt)) : grown(delayMs, attempt, handler);
  const full = Math.min(asked, maxDelayMs, LONGEST);
  return jitter === 0 ? full : full * (1 - jitter * part(random()));
};

// 0 ms stay 0, even if the power has grown to Infinity.
const grown = (delayMs: number, attempt: number, { backoff }: ErrorHandler): number =>
  Math.min(delayMs, LONGEST) * backoff ** (attempt - 1) || 0;

const checkAsked = (ms: unknown): number => {
  if (typeof ms === 'number' && ms >= 0) return ms;
  throw new RangeError(`it gave ${show(ms)}, not a number from 0 up`);
};

// The chance is the user's: what is no number from 0 to 1 makes no delay below 0, none that is NaN, and never throws.
const part = (chance: unknown): number => (typeof chance === 'number' && Math.min(Math.max(chance, 0), 1)) || 0;
