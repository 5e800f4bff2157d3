import { type Codec, decode } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import { NO_DATA } from '../flow/Data.js';
import type { Input } from '../flow/merge.js';
import { held } from '../job/fold.js';
import { jobError } from '../job/JobError.js';
import type { RoutineCell } from '../job/RoutineCell.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { runAs } from './ambient.js';
import type { HandlerContext } from './HandlerContext.js';
import type { Inlet, Route } from './Plan.js';

/**
 * Calls the handler of a task and gives what it returns. On the way in: mapping → codec → merge → handler. A slot
 * merges once per task, so a retry gets the same merged payload again, each time in a copy of its own.
 */
export const activate = (attempt: HandlerContext): unknown => {
  const { route } = attempt;
  const { target } = route;
  const input = (attempt.input ??= arrive(route, attempt.origin.data, attempt));
  // The mapping, the codec or the merge may have ended the job (D31).
  if (target.handler === undefined || !attempt.isAtWork) return undefined;
  return runAs(attempt, attempt.run.carries, call, target.handOut(input));
};

const call = (attempt: HandlerContext, data: Data): unknown => {
  const { handler, node } = attempt.route.target;
  return handler?.call(node.routine, data, attempt);
};

/** Who takes a payload in: what the slots of its routine hold, and whether it still may write there. */
export interface Taker {
  readonly cell: Pick<RoutineCell, 'held'>;
  readonly isAtWork: boolean;
}

/**
 * Takes a payload in: mapped, read by the slot's codec, merged with what the slot holds. All of these are the user's, so what the
 * slot holds is written after the last of them, and only if the job has not ended meanwhile (D31).
 */
export const arrive = ({ map, target }: Route, data: Data, taker: Taker): Input => {
  const mapped = map === undefined ? data : take(target, 'BAD_MAPPING', map(data));
  const incoming = target.codec === undefined ? mapped : read(target, target.codec, mapped);
  return target.merge === undefined ? hold(target, incoming, taker) : merge(target, target.merge, incoming, taker);
};

const hold = ({ ordinal }: Inlet, data: Data, { cell, isAtWork }: Taker): Data => {
  if (isAtWork) held(cell, ordinal, data);
  return data;
};

const merge = (target: Inlet, join: NonNullable<Inlet['merge']>, incoming: Data, taker: Taker): Input => {
  // An `append` writes in place.
  if (!taker.isAtWork) return incoming;
  const merged = join(taker.cell.held[target.ordinal] ?? NO_DATA, incoming);
  const kept = take(target, 'BAD_MERGE', merged.held);
  hold(target, kept, taker);
  return merged.handed === merged.held ? kept : merged.handed;
};

/** What a function of the user gave, in a copy: a getter that throws does so here, where it is a failure of the task. */
const take = (target: Inlet, code: 'BAD_MERGE' | 'BAD_MAPPING' | 'BAD_DECODE', value: unknown): Data => {
  if (isPlainObject(value)) return { ...value };
  throw jobError(code, { routineId: target.node.id, slot: target.name, got: describeError(value).message });
};

const read = (target: Inlet, codec: Codec<object>, data: Data): Data => {
  const decoded = decode(codec, data);
  if ('value' in decoded) return take(target, 'BAD_DECODE', decoded.value);
  throw jobError('PAYLOAD_MISMATCH', { routineId: target.node.id, slot: target.name, mismatches: decoded.mismatches });
};
