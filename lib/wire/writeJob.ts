import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import { flowError } from '../flow/FlowError.js';
import { toLimit } from '../flow/Limit.js';
import type { JobData } from '../job/JobData.js';
import { isFinal } from '../job/JobStatus.js';
import { type RemainingWork, type RemainingTask, statusElsewhere, taskIdOf } from '../job/RemainingWork.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { OpenWait } from '../job/Wait.js';
import { isLost, isWorthTelling, type StreamState } from '../job/StreamState.js';
import { describeError } from '../prelude/describeError.js';
import { pick } from '../prelude/pick.js';
import { fromEntries } from '../prelude/plainObject.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { encode } from './encode.js';
import type { JobDocument, JobSnapshot } from './JobSnapshot.js';
import { type MergedSlots, mergedSlots } from './mergedSlots.js';
import { JOB_STEPS, newest } from './steps.js';

type Routine = JobDocument['routineStates'][number];
type Failure = NonNullable<JobDocument['error']>;
type Stream = NonNullable<JobDocument['streams']>[number];
type Task = JobDocument['pendingTasks'][number];
type WaitDocument = NonNullable<JobDocument['waits']>[number];

/** The connections of pending tasks, each with its index in the document, and its route: its index among those of its event. */
type Ways = Map<Connection, { readonly at: number; readonly route: number }>;

/**
 * Writes a job as JSON, as it stands at this instant. A job that has not ended is written as paused. A task at work is written
 * as pending, so its handler is called again when the job goes on.
 *
 * @throws FlowError `NOT_SERIALISABLE`, with the path of the value that JSON cannot hold
 */
export const writeJob = (job: JobData): JobSnapshot => encode(`Job '${job.jobId}'`, toDocument(job)) as JobSnapshot;

const toDocument = (job: JobData): JobDocument => {
  const rest = job.source?.remaining();
  return {
    kind: 'routilux/job',
    version: newest(JOB_STEPS),
    jobId: job.jobId,
    flowId: job.flowId,
    status: statusElsewhere(job, rest),
    reason: job.reason,
    error: job.error && toFailure(job.error),
    currentRoutineId: job.currentRoutineId,
    createdAt: new Date(job.createdAt),
    updatedAt: new Date(job.updatedAt),
    routineStates: routinesOf(job, rest?.tasks ?? []),
    ...whatHappened(job),
    ...leftToDo(job.jobId, rest),
    waits: someOf([...job.waits.values()].map(toWait)),
    answered: someOf([...job.answered]),
    streams: streamsOf(job),
    run: rest && toRun(rest),
  };
};

const toWait = ({ since, until, schema, ...wait }: OpenWait): WaitDocument => ({
  ...wait,
  schema: schema as Data | undefined,
  since: new Date(since),
  until: until === undefined ? undefined : new Date(until),
});

const streamsOf = ({ jobId, status, streams }: JobData): readonly Stream[] | undefined =>
  isFinal(status)
    ? undefined
    : someOf(
        [...streams].flatMap(([routineId, states]) =>
          [...states].filter(isWorthTelling).map((state) => toStream(jobId, routineId, state)),
        ),
      );

const toStream = (jobId: string, routineId: string, state: StreamState): Stream => {
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

type Happened = 'history' | 'historyBound' | 'sharedData' | 'sharedLog' | 'outputLog' | 'pausePoints' | 'deferredEvents';

const whatHappened = ({
  history,
  shared,
  outputs,
  pausePoints,
  deferred,
  highWater,
  dropped,
}: JobData): Pick<JobDocument, Happened | 'highWater' | 'dropped'> => ({
  history: history.written().map(({ kept, ...record }) => ({ ...record, kept: kept || undefined })),
  historyBound: history.bound,
  sharedData: fromEntries(shared.values),
  sharedLog: [...shared.entries],
  outputLog: [...outputs].map(({ jobId: _, ...output }) => output),
  pausePoints,
  deferredEvents: deferred,
  highWater: highWater || undefined,
  dropped: { tasks: dropped, records: history.dropped, logEntries: shared.entries.dropped, outputs: outputs.dropped },
});

const leftToDo = (jobId: string, rest: RemainingWork | undefined): Pick<JobDocument, 'pendingTasks' | 'connections'> => {
  const ways: Ways = new Map();
  return {
    pendingTasks: (rest?.tasks ?? []).map((task) => toTask(jobId, task, ways)),
    connections: [...ways].map(([{ mapping, ...ends }, { route }]) => ({
      ...ends,
      route,
      mapping: typeof mapping === 'object' ? mapping : undefined,
    })),
  };
};

export const toRun = ({ cap, limit, order, ...rest }: RemainingWork): JobDocument['run'] => ({
  ...pick(rest, 'structure', 'entryRoutineId', 'begun'),
  maxWorkers: cap,
  ...pick(rest, 'timeoutMs', 'leftMs'),
  ...toLimit(limit),
  order,
});

const toTask = (jobId: string, task: RemainingTask, ways: Ways): Task => {
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

export const toFailure = ({ name, code, message, retriable, details, cause }: RoutiluxError): Failure => ({
  name,
  code,
  message,
  retriable,
  details,
  cause: cause === undefined ? undefined : describeError(cause),
});

const routinesOf = ({ routines }: JobData, tasks: readonly RemainingTask[]): readonly Routine[] => {
  const merged = mergedSlots(tasks);
  return [...routines.values()].map((routine) => toRoutine(routine, merged));
};

export const toRoutine = (routine: RoutineData, merged: MergedSlots): Routine => ({
  routineId: routine.routineId,
  status: routine.end,
  error: routine.error,
  errorTime: routine.errorTime === undefined ? undefined : new Date(routine.errorTime),
  retryCount: routine.retryCount,
  executionTimeMs: routine.times.executionTimeMs,
  state: routine.own,
  slots: routine.slotNames.flatMap((slot, at) => {
    const held = routine.held[at];
    return held === undefined ? [] : [{ slot, data: held, consumed: !merged.has(routine.routineId, slot) }];
  }),
  emitted: routine.eventNames.map((event, at) => ({ event, count: routine.emitted[at] ?? 0 })),
  highWater: someOf(
    routine.slotNames.flatMap((slot, at) =>
      (routine.highWater[at] ?? 0) > 0 ? [{ slot, count: routine.highWater[at] ?? 0 }] : [],
    ),
  ),
  ...pick(routine, 'completed', 'failed', 'skipped', 'retried', 'dropped'),
  ...pick(routine.times, 'timed', 'totalMs', 'minMs', 'maxMs'),
});

/** A document leaves out a list that is empty. */
const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
