import { show } from '../flow/FlowError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import type { Data } from '../flow/Data.js';
import type { Slot } from '../plan/Plan.js';
import { iterableIn } from './streamIn.js';
import { type Unfinished, unfinished } from './unfinished.js';

/** An attempt, as what its handler hands back is emitted. */
interface HandingBack {
  readonly connection: { readonly slot: Slot };
  readonly isAtWork: boolean;
  readonly run: { readonly parts: WarningJob };
  emit(event: string, data: Data): void;
}

interface WarningJob {
  /** Warns once of each slot. */
  readonly ledger: { warnOnce(slot: Slot, message: string): void };
}

/**
 * What a handler has handed back, or its promise has come to (D37): what is unfinished is given, a plain object is emitted if the slot names an
 * event, an iterable is read then. Throws what `emit` throws.
 */
// Most handlers hand nothing back.
export const handBack = (attempt: HandingBack, value: unknown): Unfinished | undefined =>
  value === undefined ? undefined : leftBy(attempt, value);

const leftBy = (attempt: HandingBack, value: unknown): Unfinished | undefined => {
  const { emits } = attempt.connection.slot;
  const left = unfinished(value);
  if (left !== undefined || emits === undefined || !attempt.isAtWork) return left;
  const values = typeof value === 'object' && value !== null ? iterableIn(value) : undefined;
  if (values !== undefined) return values;
  if (isPlainObject(value)) attempt.emit(emits.name, value);
  else warnOnce(attempt, `handed back ${show(value)}, which cannot be emitted on '${emits.name}'; it takes one plain object`);
  return undefined;
};

/** A value of a returned stream is emitted, if the slot names an event. */
export const passOn = (attempt: HandingBack, value: unknown): void => {
  const { emits } = attempt.connection.slot;
  if (emits !== undefined) attempt.emit(emits.name, value as Data);
  else
    warnOnce(
      attempt,
      "handed back a stream, whose values are nobody's: name an event for them (emits), or emit them with ctx.emit",
    );
};

const warnOnce = ({ connection: { slot }, run: { parts } }: HandingBack, what: string): void => {
  parts.ledger.warnOnce(slot, `Slot '${slot.name}' of routine '${slot.routine.id}' ${what}.`);
};
