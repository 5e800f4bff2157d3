import type { Connection } from '../flow/Connection.js';
import { limitFrom } from '../flow/Limit.js';
import { routineMet } from '../job/fold.js';
import { History } from '../job/History.js';
import { JobData } from '../job/JobData.js';
import { JobError, TimeoutError } from '../job/JobError.js';
import { isFinal } from '../job/JobStatus.js';
import { byDueTime, numbersIn, type RemainingWork, type RemainingTask, taskIdOf, WrittenWork } from '../job/RemainingWork.js';
import { RoutineData } from '../job/RoutineData.js';
import { LOG_BOUND, type LogEntry, SharedSpace } from '../job/SharedSpace.js';
import { Times } from '../job/stopwatch.js';
import type { StreamState } from '../job/StreamState.js';
import type { OpenWait } from '../job/Wait.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { groupBy } from '../prelude/groupBy.js';
import { type DecodeOptions, decodeJson } from './decodeJson.js';
import { type JobDocument, jobFormat } from './JobSnapshot.js';
import { mergedSlots } from './mergedSlots.js';

type Routine = JobDocument['routineStates'][number];
type Failure = NonNullable<JobDocument['error']>;
type Task = JobDocument['pendingTasks'][number];
type WaitDocument = NonNullable<JobDocument['waits']>[number];

/**
 * Reads a job from JSON, or from its text.
 *
 * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`
 */
export const readJob = (json: unknown, options?: DecodeOptions): JobData => toJob(decodeJson(jobFormat, json, options));

const toJob = (document: JobDocument): JobData => {
  const { jobId, createdAt, historyBound, dropped, sharedLog, run } = document;
  const base = createdAt.getTime();
  const job = new JobData(jobId, document.flowId, base, historyBound);
  const records = document.history.map((record) => ({ ...record, kept: record.kept === true }));
  Object.assign(job, {
    status: document.status,
    reason: document.reason,
    error: document.error && toError(document.error),
    currentRoutineId: document.currentRoutineId,
    updatedAt: document.updatedAt.getTime(),
    history: History.of(historyBound, base, records, dropped.records),
    pausePoints: [...document.pausePoints],
    deferred: document.deferredEvents,
    dropped: dropped.tasks,
    highWater: document.highWater ?? 0,
    shared: new SharedSpace(
      new Map(Object.entries(document.sharedData)),
      BoundedLog.of(LOG_BOUND, sharedLog as readonly LogEntry[], dropped.logEntries),
    ),
    outputs: BoundedLog.of(
      LOG_BOUND,
      document.outputLog.map((output) => ({ jobId, ...output })),
      dropped.outputs,
    ),
    streams: streamsOf(document),
    waits: new Map((document.waits ?? []).map((wait) => [wait.token, fromWait(wait)])),
    answered: new Set(document.answered),
    source: run && new WrittenWork(toRemainingWork(document, run)),
  });
  for (const state of document.routineStates) routineMet(job, fromRoutine(state));
  return job;
};

const fromWait = ({ since, until, ...wait }: WaitDocument): OpenWait => ({
  ...wait,
  since: since.getTime(),
  until: until?.getTime(),
});

const streamsOf = ({ streams = [] }: JobDocument): JobData['streams'] =>
  groupBy(
    streams,
    ({ routineId }) => routineId,
    ({ routineId: _, ...state }): StreamState => ({ ...state, begun: state.inputs.length > 0 || state.given > 0 }),
  );

const toError = ({ name, code, message, details = {}, retriable = false, cause }: Failure): JobError => {
  const Kind = name === 'TimeoutError' ? TimeoutError : JobError;
  return new Kind(code ?? name, message, { details, retriable, ...(cause === undefined ? {} : { cause: toCause(cause) }) });
};

const toCause = ({ name, message }: { name: string; message: string }): Error =>
  Object.defineProperty(new Error(message), 'name', { value: name, configurable: true });

const fromRoutine = ({ status, errorTime, state, slots, emitted, highWater = [], ...rest }: Routine): RoutineData => {
  const { executionTimeMs, timed, totalMs, minMs, maxMs, ...routine } = rest;
  const slotNames = [...new Set([...slots, ...highWater].map(({ slot }) => slot))];
  const eventNames = emitted.map(({ event }) => event);
  // The first of a name counts.
  const held = new Map([...slots].reverse().map(({ slot, data }) => [slot, data]));
  const marks = new Map([...highWater].reverse().map(({ slot, count }) => [slot, count]));
  return Object.assign(new RoutineData(routine.routineId, slotNames, eventNames), {
    ...routine,
    times: Object.assign(new Times(), { executionTimeMs, timed, totalMs, minMs, maxMs }),
    end: status,
    errorTime: errorTime?.getTime(),
    own: state,
    held: slotNames.map((name) => held.get(name)),
    emitted: emitted.map(({ count }) => count),
    highWater: slotNames.map((name) => marks.get(name) ?? 0),
  });
};

/** A connection, and its index among those of its event. */
interface Via {
  readonly connection: Connection;
  readonly route: number;
}

const toRemainingWork = (
  document: JobDocument,
  { maxWorkers, maxQueued, overflow, order, ...run }: NonNullable<JobDocument['run']>,
): RemainingWork => {
  const { jobId, pendingTasks } = document;
  const ways = document.connections.map(({ route, mapping, ...ends }): Via => ({ route, connection: { ...ends, mapping } }));
  const tasks = pendingTasks.map((task) => fromTask(jobId, task, ways));
  const recovered = unconsumed(document).map((task, at) =>
    fromTask(jobId, { ...task, taskId: taskIdOf(jobId, order + at, 0) }, ways),
  );
  const all = [...recovered, ...tasks].sort(byDueTime);
  return { ...run, limit: limitFrom({ maxQueued, overflow }), cap: maxWorkers, order: order + recovered.length, tasks: all };
};

const fromTask = (jobId: string, task: Task, ways: readonly Via[]): RemainingTask => {
  const { taskId, routineId, slot, data, merged = false, attempt, dueAt, connection } = task;
  const [order, place] = numbersIn(jobId, taskId) ?? [0, 0];
  const way = connection === undefined ? undefined : ways[connection];
  return { order, place, routineId, slot, data, merged, attempt, dueAt, connection: way?.connection, route: way?.route };
};

/** If a slot holds input that no handler has finished with, and no pending task brings it, the job gets a task for it. */
const unconsumed = ({ status, routineStates, pendingTasks }: JobDocument): readonly Omit<Task, 'taskId'>[] => {
  if (isFinal(status)) return [];
  const merged = mergedSlots(pendingTasks);
  return routineStates.flatMap(({ routineId, slots }) =>
    slots
      .filter(({ slot, consumed }) => !consumed && !merged.has(routineId, slot))
      .map(({ slot, data }) => ({ routineId, slot, data, attempt: 1, merged: true, dueAt: undefined, connection: undefined })),
  );
};
