import type * as t from 'io-ts';
import type { Mismatch } from '../flow/Codec.js';
import { OVERFLOWS } from '../flow/Limit.js';
import { isFinal, JOB_STATUSES } from '../job/JobStatus.js';
import { numbersIn } from '../job/RemainingWork.js';
import { ROUTINE_STATUSES } from '../job/RoutineData.js';
import {
  amount,
  count,
  countLimit,
  data,
  duration,
  emissions,
  ENOUGH,
  flag,
  instant,
  limit,
  list,
  name,
  oneOf,
  optional,
  ordinal,
  ordinalLimit,
  renames,
  shape,
  text,
  value,
} from './codecs.js';
import { type Format, twice } from './decodeJson.js';
import { JOB_STEPS } from './steps.js';

const Failure = shape('an error', {
  name: text,
  code: optional(text),
  message: text,
  retriable: optional(flag),
  details: optional(data),
  /** What the handler threw, as far as it can be told. */
  cause: optional(shape('a cause', { name: text, message: text })),
});

const RoutineSnapshot = shape('what a routine did', {
  routineId: name,
  status: oneOf(...ROUTINE_STATUSES),
  error: optional(text),
  errorTime: optional(instant),
  retryCount: count,
  executionTimeMs: optional(amount),
  /** The keys that the routine has set itself. */
  state: optional(data),
  /** What its slots hold; not consumed is what no handler has finished with. */
  slots: list(shape('a slot', { slot: name, data, consumed: flag })),
  /** The most tasks of a limited slot that have waited at a time. */
  highWater: optional(list(shape('a mark', { slot: name, count }))),
  emitted: list(shape('an event', { event: name, count })),
  completed: count,
  failed: count,
  skipped: count,
  retried: count,
  dropped: count,
  timed: count,
  totalMs: amount,
  minMs: limit,
  maxMs: amount,
});

const RecordSnapshot = shape('a record', {
  routineId: text,
  eventName: text,
  data,
  timestamp: instant,
  order: count,
  kept: optional(flag),
});

const TaskSnapshot = shape('a task', {
  taskId: name,
  routineId: name,
  slot: name,
  data,
  attempt: ordinal,
  /** Whether the slot has merged its data already. */
  merged: optional(flag),
  dueAt: optional(instant),
  /** The place of its connection in `connections`. */
  connection: optional(count),
});

const StreamSnapshot = shape('a stream', {
  routineId: name,
  inputs: list(data),
  given: count,
  stage: oneOf('open', 'completing', 'over'),
});

const WaitSnapshot = shape('a question', {
  token: name,
  routineId: name,
  /** Where its answer goes: one of the two. */
  event: optional(name),
  slot: optional(name),
  question: optional(value),
  data: optional(data),
  /** A JSON Schema. */
  schema: optional(data),
  timeoutEvent: optional(name),
  since: instant,
  until: optional(instant),
});

const ConnectionSnapshot = shape('a connection', {
  sourceId: name,
  sourceEvent: name,
  targetId: name,
  targetSlot: name,
  /** Its place among the connections of its event. */
  route: count,
  mapping: optional(renames),
});

const RunSnapshot = shape('a run', {
  structure: text,
  entryRoutineId: name,
  begun: flag,
  maxWorkers: ordinal,
  timeoutMs: duration,
  leftMs: limit,
  maxQueued: optional(ordinalLimit),
  overflow: optional(oneOf(...OVERFLOWS)),
  order: emissions,
});

/**
 * All of one job, written down: what happened, what it keeps, and what it has left to do. Dates are ISO strings, a value of
 * the user is JSON with `{ "$": kind, "value": … }` if JSON has no word for it. `kind` is `routilux/job`; `history`, `outputLog`,
 * `sharedData`, `routineStates`, `pendingTasks` and `pausePoints` are what `JobState` shows under these names. This is the io-ts codec;
 * `JobState.fromJSON` reads older versions too.
 *
 * @example
 * const result = JobSnapshot.decode(JSON.parse(text)); // a Right, or a Left with what is wrong where
 */
export const JobSnapshot = shape('JobSnapshot', {
  kind: oneOf('routilux/job'),
  version: ordinal,
  jobId: name,
  flowId: text,
  status: oneOf(...JOB_STATUSES),
  reason: optional(text),
  error: optional(Failure),
  currentRoutineId: optional(name),
  createdAt: instant,
  updatedAt: instant,
  routineStates: list(RoutineSnapshot),
  history: list(RecordSnapshot),
  historyBound: countLimit,
  sharedData: data,
  sharedLog: list(data),
  outputLog: list(shape('an output', { routineId: text, type: text, data, timestamp: instant })),
  pausePoints: list(
    shape('a pause point', {
      timestamp: instant,
      reason: optional(text),
      checkpoint: optional(value),
      currentRoutineId: optional(name),
      pendingTasks: count,
    }),
  ),
  deferredEvents: list(shape('a deferred event', { routineId: text, event: text, data })),
  /** The most tasks of the job that have waited at a time. */
  highWater: optional(count),
  /** How many of each kind are gone: dropped at the end of the job, or pushed out by newer ones. */
  dropped: shape('what is gone', { tasks: count, records: count, logEntries: count, outputs: count }),
  pendingTasks: list(TaskSnapshot),
  connections: list(ConnectionSnapshot),
  /** The open questions, and the tokens of those that were answered. */
  waits: optional(list(WaitSnapshot)),
  answered: optional(list(name)),
  /** The streams that routines keep: what went in, and how many values came out. */
  streams: optional(list(StreamSnapshot)),
  run: optional(RunSnapshot),
});

/** The JSON of a job, as `job.snapshot()` and `state.toJSON()` give it. */
export type JobSnapshot = t.OutputOf<typeof JobSnapshot>;

/** The same with its dates and values read. */
export type JobDocument = t.TypeOf<typeof JobSnapshot>;

const taskFaults = ({ jobId, pendingTasks, connections, run }: JobDocument): readonly Mismatch[] =>
  pendingTasks.flatMap(({ taskId, connection }, at) => {
    const [order] = numbersIn(jobId, taskId) ?? [Infinity];
    const faults: Mismatch[] = [];
    if (!(order < (run?.order ?? 0)))
      faults.push({ path: `pendingTasks.${at}.taskId`, expected: `${jobId}:n.m, n below run.order`, value: taskId });
    if (connection !== undefined && connection >= connections.length)
      faults.push({ path: `pendingTasks.${at}.connection`, expected: 'a place in connections', value: connection });
    return faults;
  });

const waitFaults = ({ status, waits = [] }: JobDocument): readonly Mismatch[] =>
  waits.flatMap(({ event, slot }, at): readonly Mismatch[] => {
    if (isFinal(status)) return [{ path: `waits.${at}`, expected: `none, since the job is ${status}`, value: status }];
    if ((event === undefined) === (slot === undefined))
      return [{ path: `waits.${at}`, expected: 'an event or a slot, and not both', value: { event, slot } }];
    return [];
  });

const statusFaults = ({ status, pendingTasks }: JobDocument): readonly Mismatch[] => {
  if (isFinal(status))
    return pendingTasks.length === 0
      ? []
      : [{ path: 'pendingTasks', expected: `none, since the job is ${status}`, value: pendingTasks.length }];
  return status === 'running' ? [{ path: 'status', expected: 'paused, or an end', value: status }] : [];
};

export const jobFormat: Format<JobDocument> = {
  what: 'job snapshot',
  kind: 'routilux/job',
  steps: JOB_STEPS,
  codec: JobSnapshot,
  faults: (job) =>
    [
      ...twice('pendingTasks', job.pendingTasks, ({ taskId }) => taskId),
      ...twice('routineStates', job.routineStates, ({ routineId }) => routineId),
      ...twice('waits', job.waits ?? [], ({ token }) => token),
      ...taskFaults(job),
      ...waitFaults(job),
      ...statusFaults(job),
    ].slice(0, ENOUGH),
};
