import { decode } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import { NO_DATA } from '../flow/Data.js';
import { jobError } from '../job/JobError.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { runAs } from './ambient.js';
import type { Attempt } from './Attempt.js';
import type { Inlet } from './Plan.js';

/**
 * Calls the handler of a task and gives what it returns. On the way in: mapping → codec → merge → handler. A slot
 * merges once per task, so a retry gets the same merged payload again, each time in a copy of its own.
 */
export const activate = (attempt: Attempt): unknown => {
  const { target } = attempt.route;
  const input = (attempt.input ??= arrive(attempt, target));
  return target.handler === undefined ? undefined : runAs(attempt, attempt.run.carries, call, target.handOut(input));
};

const call = (attempt: Attempt, data: Data): unknown => {
  const { handler, node } = attempt.route.target;
  return handler?.call(node.routine, data, attempt);
};

const arrive = (attempt: Attempt, target: Inlet): Data => {
  const { data } = attempt.emission;
  const mapped = attempt.route.map === undefined ? data : attempt.route.map(data);
  return merge(attempt, target, target.codec === undefined ? mapped : read(attempt, target, mapped));
};

const merge = (attempt: Attempt, target: Inlet, incoming: Data): Data => {
  const { held } = attempt.run.cellOf(target.node);
  const merged = target.merge?.(held[target.ordinal] ?? NO_DATA, incoming) ?? { held: incoming, handed: incoming };
  if (!isPlainObject(merged.held)) throw jobError('BAD_MERGE', { ...place(attempt), got: describeError(merged.held).message });
  held[target.ordinal] = merged.held;
  return merged.handed;
};

const read = (attempt: Attempt, { codec }: Inlet, data: Data): Data => {
  if (codec === undefined) return data;
  const decoded = decode(codec, data);
  if ('value' in decoded) return decoded.value as Data;
  throw jobError('PAYLOAD_MISMATCH', { ...place(attempt), mismatches: decoded.mismatches });
};

const place = (attempt: Attempt): { jobId: string; routineId: string; slot: string } => ({
  jobId: attempt.run.data.jobId,
  routineId: attempt.routineId,
  slot: attempt.slot,
});
