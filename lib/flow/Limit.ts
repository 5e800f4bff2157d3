import { checkOption } from './checkOption.js';
import { oneOf } from './oneOf.js';

/**
 * What happens to a task that comes when no more may wait. `block`: a source that can wait does (`fromSource`, `feed`);
 * what handlers emit is let in, since they cannot. `error`: whoever emits gets `QUEUE_FULL`, and nothing of the emission is
 * queued. `dropOldest`, `dropNewest`: that task is dropped, and counted in the metrics.
 */
export type Overflow = 'block' | 'error' | 'dropOldest' | 'dropNewest';

export const OVERFLOWS: readonly Overflow[] = ['block', 'error', 'dropOldest', 'dropNewest'];

/** How many tasks may wait, and what happens to more. */
export interface Limit {
  /** Tasks that wait at a time, retries in their delay not counted: a whole number from 1, or `Infinity`. @default Infinity */
  readonly maxQueued?: number | undefined;
  /** What happens to one more. @default 'block' */
  readonly overflow?: Overflow | undefined;
}

/** A limit with its defaults filled in. */
export interface FixedLimit {
  readonly maxQueued: number;
  readonly overflow: Overflow;
}

const NO_LIMIT: FixedLimit = { maxQueued: Infinity, overflow: 'block' };

/** @throws FlowError `BAD_OPTION` */
export const limitFrom = (given: Limit, otherwise: FixedLimit = NO_LIMIT): FixedLimit => {
  const { maxQueued = otherwise.maxQueued, overflow = otherwise.overflow } = given;
  if (maxQueued === otherwise.maxQueued && overflow === otherwise.overflow) return otherwise;
  const isFine = maxQueued === Infinity || (Number.isSafeInteger(maxQueued) && maxQueued >= 1);
  checkOption('maxQueued', maxQueued, isFine, 'a whole number from 1 up, or Infinity');
  return { maxQueued, overflow: oneOf('overflow', overflow, OVERFLOWS) };
};

/** A limit as it is written down: without the defaults. */
export const toLimit = ({
  maxQueued,
  overflow,
}: FixedLimit): { readonly [K in keyof FixedLimit]: FixedLimit[K] | undefined } => ({
  maxQueued: maxQueued === Infinity ? undefined : maxQueued,
  overflow: overflow === 'block' ? undefined : overflow,
});
