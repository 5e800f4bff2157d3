import { type Codec, decode } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import { NO_DATA } from '../flow/Data.js';
import type { Input } from '../flow/merge.js';
import { takenIn } from '../job/noteTask.js';
import { jobError } from '../job/JobError.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { Connection, Slot } from '../plan/Plan.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { runAs } from './ambient.js';
import type { HandlerContext } from './HandlerContext.js';

/** A task takes its payload in: once, so a retry gets the same merged payload again. */
export const takeIn = (attempt: HandlerContext): void => {
  attempt.input ??= inputOf(attempt);
};

const inputOf = (attempt: HandlerContext): Input => {
  const { connection, origin } = attempt;
  const { data } = origin;
  if (!connection.isStraight) return arrive(connection, data, attempt, hold);
  takenIn(origin.run.parts.ledger, attempt.routineData, connection.slot.ordinal, attempt, data, data);
  return data;
};

const hold = (attempt: HandlerContext, { ordinal }: Slot, held: Data, handed: Input): void => {
  takenIn(attempt.run.parts.ledger, attempt.routineData, ordinal, attempt, held, handed);
};

/** Calls the handler of a task, each time with a copy of the payload of its own, and gives what it returns. */
export const activate = (attempt: HandlerContext): unknown => {
  const { slot } = attempt.connection;
  if (slot.handler === undefined) return undefined;
  const data = slot.copyForHandler(attempt.input as Input);
  // The mapping, the codec, the merge, or a getter of what they gave may have ended the job (D31).
  if (!attempt.isAtWork) return undefined;
  return runAs(attempt, attempt.origin.run.parts.plan.carries, call, data);
};

const call = (attempt: HandlerContext, data: Data): unknown => {
  const { handler, routine } = attempt.connection.slot;
  return handler?.call(routine.described, data, attempt);
};

/** The attempt for which a slot takes a payload in: its routine holds earlier payloads, and only an attempt at work may write there. */
export interface Taker {
  readonly routineData: Pick<RoutineData, 'held'>;
  readonly isAtWork: boolean;
}

/** Writes down what a slot holds from now on, and what its handler gets. */
export type Hold<T> = (taker: T, slot: Slot, held: Data, handed: Input) => void;

/**
 * Takes a payload in: mapped, read by the slot's codec, merged with what the slot holds. All of these are the user's, so what the
 * slot holds is written after the last of them, and only if the job has not ended meanwhile (D31).
 */
export const arrive = <T extends Taker>({ map, slot }: Connection, data: Data, taker: T, hold: Hold<T>): Input => {
  const mapped = map === undefined ? data : plainCopyOf(slot, 'BAD_MAPPING', map(data));
  const incoming = slot.codec === undefined ? mapped : read(slot, slot.codec, mapped);
  if (slot.merge !== undefined) return merge(slot, slot.merge, incoming, taker, hold);
  return kept(slot, incoming, slot.apart(incoming), taker, hold);
};

const merge = <T extends Taker>(slot: Slot, join: NonNullable<Slot['merge']>, incoming: Data, taker: T, hold: Hold<T>): Input => {
  // An `append` keeps the values in lists that it hands out as they are, and writes in place.
  const arriving = slot.gathers ? slot.apart(incoming) : incoming;
  if (!taker.isAtWork) return arriving;
  const merged = join(taker.routineData.held[slot.ordinal] ?? NO_DATA, arriving);
  if (slot.gathers) return kept(slot, merged.held, merged.handed, taker, hold);
  const held = plainCopyOf(slot, 'BAD_MERGE', merged.held);
  return kept(slot, held, slot.apart(held), taker, hold);
};

const kept = <T extends Taker>(slot: Slot, held: Data, handed: Input, taker: T, hold: Hold<T>): Input => {
  if (taker.isAtWork) hold(taker, slot, held, handed);
  return handed;
};

/** The job's copy of what a function of the user gave: a getter that throws does so here, and fails the task. */
const plainCopyOf = (slot: Slot, code: 'BAD_MERGE' | 'BAD_MAPPING' | 'BAD_DECODE', value: unknown): Data => {
  if (isPlainObject(value)) return { ...value };
  throw jobError(code, { routineId: slot.routine.id, slot: slot.name, got: describeError(value).message });
};

const read = (slot: Slot, codec: Codec<object>, data: Data): Data => {
  const decoded = decode(codec, data);
  if ('value' in decoded) return plainCopyOf(slot, 'BAD_DECODE', decoded.value);
  throw jobError('PAYLOAD_MISMATCH', { routineId: slot.routine.id, slot: slot.name, mismatches: decoded.mismatches });
};
