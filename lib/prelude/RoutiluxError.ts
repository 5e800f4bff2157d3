import { COPY, type Copy, OWN } from './Copy.js';

/**
 * What every error of this library is: a message that holds the remedy, a stable `code` to branch on, and the
 * offender in `details`. `retriable` says whether the same call may succeed later without a change by the caller.
 *
 * @example
 * const { error } = await flow.execute('greeter', { name: 'Ada' });
 * if (error?.retriable) console.log(`${error.code}, try again`);
 */
export class RoutiluxError extends Error {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** The name of its class. */
  override readonly name: string = 'RoutiluxError';
  /** What happened, in a word that stays the same over versions. */
  readonly code: string;
  /** The facts that the message is made of: ids, names, limits. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed later. */
  readonly retriable: boolean;

  constructor(code: string, message: string, options: ErrorParts = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
    this.retriable = options.retriable ?? false;
  }
}

/** What an error carries beside its code and message. */
interface ErrorParts {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  readonly retriable?: boolean;
}
