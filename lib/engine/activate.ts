import { type Codec, decode } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import { NO_DATA } from '../flow/Data.js';
import { jobError } from '../job/JobError.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { runAs } from './ambient.js';
import type { Attempt } from './Attempt.js';
import type { Inlet, Route } from './Plan.js';

/**
 * Calls the handler of a task and gives what it returns. On the way in: mapping → codec → merge → handler. A slot
 * merges once per task, so a retry gets the same merged payload again, each time in a copy of its own.
 */
export const activate = (attempt: Attempt): unknown => {
  const { route } = attempt;
  const { target } = route;
  const input = (attempt.input ??= arrive(route, attempt.emission.data, attempt.cell.held));
  return target.handler === undefined ? undefined : runAs(attempt, attempt.run.carries, call, target.handOut(input));
};

const call = (attempt: Attempt, data: Data): unknown => {
  const { handler, node } = attempt.route.target;
  return handler?.call(node.routine, data, attempt);
};

/** Takes a payload in: mapped, read by the slot's codec, merged with what the slot holds, which it writes. */
export const arrive = ({ map, target }: Route, data: Data, held: (Data | undefined)[]): Data => {
  const mapped = map === undefined ? data : take(target, 'BAD_MAPPING', map(data));
  const incoming = target.codec === undefined ? mapped : read(target, target.codec, mapped);
  return target.merge === undefined ? (held[target.ordinal] = incoming) : merge(target, target.merge, held, incoming);
};

const merge = (target: Inlet, join: NonNullable<Inlet['merge']>, held: (Data | undefined)[], incoming: Data): Data => {
  const merged = join(held[target.ordinal] ?? NO_DATA, incoming);
  const kept = take(target, 'BAD_MERGE', merged.held);
  held[target.ordinal] = kept;
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
