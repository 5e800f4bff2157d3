import type { Connection } from '../flow/Connection.js';
import { flowError } from '../flow/FlowError.js';
import { limitFrom, toLimit } from '../flow/Limit.js';
import { History } from '../job/History.js';
import { JobData } from '../job/JobData.js';
import { JobError, TimeoutError } from '../job/JobError.js';
import { isFinal } from '../job/JobStatus.js';
import { type Remainder, type RemainingTask, taskIdOf, WrittenRemainder } from '../job/Remainder.js';
import { RoutineCell } from '../job/RoutineCell.js';
import { isLost, isWorthTelling, type StreamState } from '../job/StreamState.js';
import { LOG_BOUND, type LogEntry, SharedSpace } from '../job/SharedSpace.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { describeError } from '../prelude/describeError.js';
import { fromEntries } from '../prelude/plainObject.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { write } from './codecs.js';
import { type DecodeOptions, decodeJson, newest } from './decodeJson.js';
import { type JobDocument, jobFormat, JobSnapshot, numbersIn } from './JobSnapshot.js';

type Cell = JobDocument['routineStates'][number];
type Failure = NonNullable<JobDocument['error']>;
type Task = JobDocument['pendingTasks'][number];

// ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A job as JSON, as it stands at this instant. One that has not ended is written as paused: what is at work is among its
 * pending tasks, and runs again where it is taken up.
 *
 * @throws FlowError `NOT_SERIALISABLE`, with the path
 */
export const writeJob = (job: JobData): JobSnapshot => write(`Job '${job.jobId}'`, JobSnapshot, toDocument(job));

const toDocument = (job: JobData): JobDocument => {
  const rest = job.source?.remainder();
  return {
    kind: 'routilux/job',
    version: newest(jobFormat),
    jobId: job.jobId,
    flowId: job.flowId,
    status: rest === undefined || isFinal(job.status) ? job.status : 'paused',
    reason: job.reason,
    error: job.error && toFailure(job.error),
    currentRoutineId: job.currentRoutineId,
    createdAt: new Date(job.createdAt),
    updatedAt: new Date(job.updatedAt),
    ...whatHappened(job),
    routineStates: cellsOf(job, rest?.tasks ?? []),
    deferredEvents: job.deferred,
    highWater: job.highWater || undefined,
    ...leftToDo(job.jobId, rest),
    streams: isFinal(job.status)
      ? undefined
      : someOf(
          [...job.streams].flatMap(([routineId, states]) =>
            states.filter(isWorthTelling).map((state) => toStream(job.jobId, routineId, state)),
          ),
        ),
  };
};

const toStream = (jobId: string, routineId: string, state: StreamState): NonNullable<JobDocument['streams']>[number] => {
  if (isLost(state))
    throw flowError('NOT_SERIALISABLE', {
      where: `Job '${jobId}'`,
      path: `the stream of routine '${routineId}'`,
      got: 'in a closure',
      expected: 'one that keeps its inputs (replay: true) or goes on from a cursor, or that is over',
    });
  const { inputs = [], given, stage } = state;
  return { routineId, inputs, given, stage };
};

type Happened = 'history' | 'historyBound' | 'sharedData' | 'sharedLog' | 'outputLog' | 'pausePoints' | 'dropped';

const whatHappened = ({ history, shared, outputs, pausePoints, dropped }: JobData): Pick<JobDocument, Happened> => ({
  history: history.written().map(({ kept, ...record }) => ({ ...record, kept: kept || undefined })),
  historyBound: history.bound,
  sharedData: fromEntries(shared.values),
  sharedLog: [...shared.entries],
  outputLog: [...outputs],
  pausePoints,
  dropped: { tasks: dropped, records: history.dropped, logEntries: shared.entries.dropped, outputs: outputs.dropped },
});

const leftToDo = (jobId: string, rest: Remainder | undefined): Pick<JobDocument, 'pendingTasks' | 'connections' | 'run'> => {
  if (rest === undefined) return { pendingTasks: [], connections: [], run: undefined };
  const { tasks, cap, limit, ...run } = rest;
  const ways = new Map<Connection, { at: number; route: number }>();
  return {
    pendingTasks: tasks.map((task) => toTask(jobId, task, ways)),
    connections: [...ways].map(([{ mapping, ...ends }, { route }]) => ({
      ...ends,
      route,
      mapping: typeof mapping === 'object' ? mapping : undefined,
    })),
    run: { ...run, ...toLimit(limit), maxWorkers: cap },
  };
};

const toTask = (jobId: string, task: RemainingTask, ways: Map<Connection, { at: number; route: number }>): Task => {
  const { order, place, routineId, slot, data, attempt, merged, dueAt, connection, route = 0 } = task;
  if (connection !== undefined && !ways.has(connection)) ways.set(connection, { at: ways.size, route });
  return {
    taskId: taskIdOf(jobId, order, place),
    routineId,
    slot,
    data,
    attempt,
    merged: merged || undefined,
    dueAt,
    connection: connection && ways.get(connection)?.at,
  };
};

const toFailure = ({ name, code, message, retriable, details, cause }: RoutiluxError): Failure => ({
  name,
  code,
  message,
  retriable,
  details,
  cause: cause === undefined ? undefined : describeError(cause),
});

/** Where something is that a slot has merged and that no handler has finished with. */
const mergedPlaces = (tasks: readonly Pick<Task, 'routineId' | 'slot' | 'merged'>[]): ReadonlySet<string> =>
  new Set(tasks.filter(({ merged }) => merged === true).map(({ routineId, slot }) => placeKey(routineId, slot)));

const placeKey = (routineId: string, slot: string): string => JSON.stringify([routineId, slot]);

const cellsOf = ({ cells }: JobData, tasks: readonly RemainingTask[]): readonly Cell[] => {
  const merged = mergedPlaces(tasks);
  return [...cells.values()].map((cell) => toCell(cell, merged));
};

const toCell = (cell: RoutineCell, merged: ReadonlySet<string>): Cell =>
  Object.assign({}, cell, {
    status: cell.end,
    errorTime: cell.errorTime === undefined ? undefined : new Date(cell.errorTime),
    state: cell.own,
    slots: cell.slotNames.flatMap((slot, at) => {
      const held = cell.held[at];
      return held === undefined ? [] : [{ slot, data: held, consumed: !merged.has(placeKey(cell.routineId, slot)) }];
    }),
    emitted: cell.eventNames.map((event, at) => ({ event, count: cell.emitted[at] ?? 0 })),
    highWater: someOf(
      cell.slotNames.flatMap((slot, at) => ((cell.highWater[at] ?? 0) > 0 ? [{ slot, count: cell.highWater[at] ?? 0 }] : [])),
    ),
  });

/** A list that is left out where nothing is in it. */
const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The job that JSON, or its text, holds.
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
    source: run && new WrittenRemainder(toRemainder(document, run)),
  });
  for (const state of document.routineStates) job.cells.set(state.routineId, fromCell(state));
  return job;
};

const streamsOf = ({ streams = [] }: JobDocument): JobData['streams'] => {
  const byId = new Map<string, StreamState[]>();
  for (const { routineId, ...state } of streams)
    byId.set(routineId, [...(byId.get(routineId) ?? []), { ...state, begun: state.inputs.length > 0 || state.given > 0 }]);
  return byId;
};

const toError = ({ name, code, message, details = {}, retriable = false, cause }: Failure): JobError => {
  const Kind = name === 'TimeoutError' ? TimeoutError : JobError;
  return new Kind(code ?? name, message, { details, retriable, ...(cause === undefined ? {} : { cause: toCause(cause) }) });
};

const toCause = ({ name, message }: { name: string; message: string }): Error =>
  Object.defineProperty(new Error(message), 'name', { value: name, configurable: true });

const fromCell = ({ status, errorTime, state, slots, emitted, highWater = [], ...cell }: Cell): RoutineCell => {
  const slotNames = [...new Set([...slots, ...highWater].map(({ slot }) => slot))];
  const eventNames = emitted.map(({ event }) => event);
  return Object.assign(new RoutineCell(cell.routineId, slotNames, eventNames), {
    ...cell,
    end: status,
    errorTime: errorTime?.getTime(),
    own: state,
    held: slotNames.map((name) => slots.find(({ slot }) => slot === name)?.data),
    emitted: emitted.map(({ count }) => count),
    highWater: slotNames.map((name) => highWater.find(({ slot }) => slot === name)?.count ?? 0),
  });
};

/** A connection, and its place among those of its event. */
interface Via {
  readonly connection: Connection;
  readonly route: number;
}

const toRemainder = (
  document: JobDocument,
  { maxWorkers, maxQueued, overflow, order, ...run }: NonNullable<JobDocument['run']>,
): Remainder => {
  const { jobId, pendingTasks } = document;
  const ways = document.connections.map(({ route, mapping, ...ends }): Via => ({ route, connection: { ...ends, mapping } }));
  const tasks = pendingTasks.map((task) => fromTask(jobId, task, ways));
  const recovered = unconsumed(document).map((task, at) =>
    fromTask(jobId, { ...task, taskId: taskIdOf(jobId, order + at, 0) }, ways),
  );
  const all = [...recovered, ...tasks].sort((a, b) => dueTime(a) - dueTime(b));
  return { ...run, limit: limitFrom({ maxQueued, overflow }), cap: maxWorkers, order: order + recovered.length, tasks: all };
};

// What does not wait for its time comes first, in the order in which it stands.
const dueTime = ({ dueAt }: RemainingTask): number => dueAt?.getTime() ?? -Infinity;

const fromTask = (jobId: string, task: Task, ways: readonly Via[]): RemainingTask => {
  const { taskId, routineId, slot, data, merged = false, attempt, dueAt, connection } = task;
  const [order, place] = numbersIn(jobId, taskId) ?? [0, 0];
  const way = connection === undefined ? undefined : ways[connection];
  return { order, place, routineId, slot, data, merged, attempt, dueAt, connection: way?.connection, route: way?.route };
};

/** Input that a slot has taken in, and no handler has finished with, although no task of it is left: it is handled after all. */
const unconsumed = ({ status, routineStates, pendingTasks }: JobDocument): readonly Omit<Task, 'taskId'>[] => {
  if (isFinal(status)) return [];
  const merged = mergedPlaces(pendingTasks);
  return routineStates.flatMap(({ routineId, slots }) =>
    slots
      .filter(({ slot, consumed }) => !consumed && !merged.has(placeKey(routineId, slot)))
      .map(({ slot, data }) => ({ routineId, slot, data, attempt: 1, merged: true, dueAt: undefined, connection: undefined })),
  );
};
