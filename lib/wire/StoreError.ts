import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';

/** Every way in which a store fails, with the sentence that names the remedy. */
const sentences = {
  STORE_BUSY: (d: { pid: number | undefined; host: string | undefined; since: Date }) =>
    `The store belongs to process ${String(d.pid)} on ${String(d.host)} since ${d.since.toISOString()}; close its runtime first.`,
  STORE_LOST: (d: { epoch: number }) =>
    `The store has had another owner since epoch ${d.epoch}; jobs go on there. Open a runtime anew to take it back.`,
  STORE_FAILED: (d: { reason: string }) => `The store failed: ${d.reason}. What was told stands; open it anew to go on.`,
  STORE_FULL: (d: { reason: string }) => `The store has no room: ${d.reason}. Jobs go on when there is some.`,
} satisfies Record<string, (details: never) => string>;

/** The codes of a StoreError; the guide on failing says what each means. */
export type StoreErrorCode = keyof typeof sentences;

const RETRIABLE: readonly StoreErrorCode[] = ['STORE_FULL'];

/**
 * A store could not be opened, or written. `retriable`: it may go on by itself.
 *
 * @example
 * const runtime = await Runtime.open({ store, flows }).catch((error: unknown) => {
 *   if (error instanceof StoreError && error.code === 'STORE_BUSY') process.exit(0); // it runs already
 *   throw error;
 * });
 */
export class StoreError extends RoutiluxError {
  override readonly name = 'StoreError';
  declare readonly code: StoreErrorCode;
}

export const storeError = errorsOf(
  sentences,
  (code, message, parts) => new StoreError(code, message, { ...parts, retriable: RETRIABLE.includes(code) }),
);
