import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { Mutable } from '../prelude/Mutable.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { ExecutionSource } from './Execution.js';
import { History, type Recorded } from './History.js';
import { type DeferredEvent, type JobData, NO_STREAMS, NOTHING, PAUSE_POINT_BOUND, type PausePoint } from './JobData.js';
import type { TaskOutcome } from './JobRecord.js';
import type { JobStatus, RoutineStatus } from './JobStatus.js';
import { type RoutineData, RANK, zeros } from './RoutineData.js';
import type { LogEntry } from './SharedSpace.js';
import { nextStride, type Times } from './stopwatch.js';
import type { StreamChange, StreamState } from './StreamState.js';
import { NO_ANSWERS, NO_WAITS, type OpenWait } from './Wait.js';

/*
 * The one writer: whatever happens in a job is a function of this file, and no other code changes the state of a job. Everywhere
 * else the fields of `JobData` and `RoutineData` are read only, which the compiler sees to; the writing methods of the history, the
 * logs and the shared values are called here alone.
 */

type Job = Mutable<JobData>;
type Routine = Mutable<RoutineData>;

// ── the job ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** It begins at its entry. */
export const started = ({ history }: JobData, record: Recorded): void => {
  history.start(record);
};

/** It has another status from `now` (epoch ms) on. */
export const statusSet = (job: Job, status: JobStatus, now: number): void => {
  job.status = status;
  job.updatedAt = now;
};

/** It has failed. */
export const failedWith = (job: Job, error: RoutiluxError): void => {
  job.error = error;
};

/** Somebody has said why it ends. */
export const reasonGiven = (job: Job, reason: string | undefined): void => {
  job.reason = reason;
};

/** It stands still, at this point. */
export const paused = (job: Job, point: PausePoint): void => {
  if (job.pausePoints === NOTHING) job.pausePoints = [];
  const points = job.pausePoints as PausePoint[];
  if (points.length === PAUSE_POINT_BOUND) points.shift();
  points.push(point);
};

/** An event waits for the job to be resumed. */
export const deferred = (job: Job, event: DeferredEvent): void => {
  if (job.deferred === NOTHING) job.deferred = [];
  (job.deferred as DeferredEvent[]).push(event);
};

/** The deferred events are emitted now. */
export const deferredTaken = (job: Job): readonly DeferredEvent[] => {
  const { deferred: events } = job;
  job.deferred = NOTHING;
  return events;
};

export const sharedSet = ({ shared }: JobData, key: string, value: unknown): void => {
  shared.values.set(key, value);
};

export const sharedLogged = ({ shared }: JobData, entry: LogEntry): void => {
  shared.entries.push(entry);
};

export const output = ({ outputs }: JobData, record: OutputRecord): void => {
  outputs.push(record);
};

/** Something is kept in the history that emissions do not push out. */
export const kept = ({ history }: JobData, record: Recorded): void => {
  history.keep(record);
};

/** So many tasks wait; the most that ever did is noted. */
export const waited = (job: Job, waiting: number): void => {
  if (waiting > job.highWater) job.highWater = waiting;
};

/** Tasks have been dropped. */
export const dropped = (job: Job, count: number): void => {
  job.dropped += count;
};

/** It waits for an answer; a token that was answered before stands for another question now. */
export const waitOpened = (job: Job, wait: OpenWait): void => {
  if (job.waits === NO_WAITS) job.waits = new Map();
  (job.waits as Map<string, OpenWait>).set(wait.token, wait);
  (job.answered as Set<string>).delete(wait.token);
};

/** It waits for that no more. */
export const waitClosed = ({ waits }: Pick<JobData, 'waits'>, token: string): void => {
  (waits as Map<string, OpenWait>).delete(token);
};

/** It has been answered, which is remembered. */
export const waitAnswered = (job: Job, token: string): void => {
  waitClosed(job, token);
  if (job.answered === NO_ANSWERS) job.answered = new Set();
  (job.answered as Set<string>).add(token);
};

/** It has ended, and waits for nothing. */
export const waitsForgotten = (job: Job): void => {
  job.waits = NO_WAITS;
};

/** The streams that a routine keeps are these. */
export const streamsSet = (job: Job, routineId: string, states: Iterable<StreamState>): void => {
  if (job.streams === NO_STREAMS) job.streams = new Map();
  (job.streams as Map<string, Iterable<StreamState>>).set(routineId, states);
};

/** It keeps one more. */
export const streamOpened = (job: Job, routineId: string, state: StreamState): void => {
  streamsOf(job, routineId).add(state);
};

/** One is over, and nothing is left of it. */
export const streamForgotten = (job: Job, routineId: string, state: StreamState): void => {
  streamsOf(job, routineId).delete(state);
};

// A set from the first change on: thousands may come and go (D46).
const streamsOf = (job: Job, routineId: string): Set<StreamState> => {
  const states = job.streams.get(routineId) ?? [];
  if (states instanceof Set) return states as Set<StreamState>;
  const kept = new Set(states);
  streamsSet(job, routineId, kept);
  return kept;
};

/** A stream has come further. */
export const streamChanged = (state: StreamState, { input, ...change }: StreamChange): void => {
  Object.assign(state, change);
  if (input !== undefined) (state.inputs as Data[]).push(input);
};

/** Its ticks are counted from another time, epoch ms, and its history keeps so many entries at most. */
export const rebased = (job: Job, base: number, bound: number): void => {
  const { history } = job;
  job.base = base;
  job.history = History.of(Math.min(history.bound, bound), base, history.written(), history.dropped);
};

/** It is taken up in a flow in which its routines may have other names, and their slots and events other places. */
export const moved = (job: Job, rename: (routineId: string) => string, routines: readonly RoutineData[]): void => {
  job.currentRoutineId = job.currentRoutineId && rename(job.currentRoutineId);
  job.deferred = job.deferred.map(({ routineId, ...event }) => ({ routineId: rename(routineId), ...event }));
  job.streams = new Map([...job.streams].map(([routineId, states]) => [rename(routineId), states]));
  job.waits = new Map([...job.waits].map(([token, wait]) => [token, { ...wait, routineId: rename(wait.routineId) }]));
  job.routines = new Map(routines.map((routine) => [routine.routineId, routine]));
};

// ── its routines ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A routine does something in this job for the first time. */
export const routineMet = ({ routines }: JobData, routine: RoutineData): void => {
  (routines as Map<string, RoutineData>).set(routine.routineId, routine);
};

/** An event of the routine was emitted. */
export const emitted = ({ history }: JobData, { emitted: counts }: RoutineData, ordinal: number, record: Recorded): void => {
  (counts as number[])[ordinal] = (counts[ordinal] ?? 0) + 1;
  history.emitted(record);
};

/** So many tasks of a slot wait. */
export const slotWaited = (routine: Routine, ordinal: number, waiting: number): void => {
  if (waiting <= (routine.highWater[ordinal] ?? 0)) return;
  if (routine.highWater.length === 0) routine.highWater = zeros(routine.slotNames.length);
  (routine.highWater as number[])[ordinal] = waiting;
};

/** A task of it is at work. */
export const taken = (job: Job, routine: Routine): void => {
  routine.active++;
  job.currentRoutineId = routine.routineId;
};

/** One run of a handler is kept in the metrics. */
export const executed = ({ executions }: JobData, execution: ExecutionSource): void => {
  executions.push(execution);
};

/** A slot holds a payload. */
export const takenIn = ({ held: slots }: Pick<RoutineData, 'held'>, ordinal: number, data: Data): void => {
  (slots as (Data | undefined)[])[ordinal] = data;
};

/** The routine has other keys of its own. */
export const stateSet = (routine: Routine, own: Data): void => {
  routine.own = own;
};

/** A run of it took so long, in ms. */
export const timed = ({ times }: RoutineData, ms: number): void => {
  const now = times as Mutable<Times>;
  now.executionTimeMs = ms;
  now.timed++;
  now.totalMs += ms;
  if (ms < now.minMs) now.minMs = ms;
  if (ms > now.maxMs) now.maxMs = ms;
  now.stride = nextStride(ms, now.stride);
  now.untimed = now.stride;
};

/** A run of it is let pass without a measurement. */
export const untimed = ({ times }: RoutineData): void => {
  (times as Mutable<Times>).untimed--;
};

/** A task of it has succeeded, after `retries` retries. */
export const succeeded = (routine: Routine, retries: number): void => {
  routine.completed++;
  if (routine.end !== 'completed') endSet(routine, 'completed');
  if (retries > 0) routine.retryCount = retries;
};

/** A task that had succeeded is to count as failed. */
export const unsucceeded = (routine: Routine): void => {
  routine.completed--;
};

/** A task of it is to be tried again; so many attempts were made. */
export const retried = (routine: Routine, attempts: number): void => {
  routine.retried++;
  routine.retryCount = attempts;
};

const COUNTERS = { failed: 'failed', error_continued: 'failed', skipped: 'skipped' } as const;

/** A task of it has failed at `now` (epoch ms), after `retries` retries. */
export const failed = (routine: Routine, outcome: TaskOutcome, retries: number, message: string, now: number): void => {
  if (outcome in COUNTERS) routine[COUNTERS[outcome as keyof typeof COUNTERS]]++;
  routine.retryCount = Math.max(routine.retryCount, retries);
  endSet(routine, outcome as RoutineStatus);
  errorNoted(routine, message, now);
};

/** A task of it was at work when the job ended. */
export const aborted = (routine: Routine, message: string, now: number): void => {
  routine.dropped++;
  endSet(routine, 'failed');
  errorNoted(routine, message, now);
};

/** An attempt of it has ended; a failure of it counts by `failureNoted`. */
export const settled = (routine: Routine, outcome: TaskOutcome, attempt: number): void => {
  routine.active--;
  if (outcome === 'completed') succeeded(routine, attempt - 1);
  else if (outcome === 'retry') retried(routine, attempt);
};

/** How a failure counts. */
export interface NotedFailure {
  readonly outcome: TaskOutcome;
  readonly message: string;
  readonly retryCount: number;
  /** Whether its task had counted as a success. */
  readonly hadSucceeded: boolean;
}

/** A failure of it counts, at `now` (epoch ms). */
export const failureNoted = (routine: Routine, failure: NotedFailure, now: number): void => {
  const { outcome, message, retryCount, hadSucceeded } = failure;
  if (hadSucceeded) unsucceeded(routine);
  if (outcome === 'dropped') aborted(routine, message, now);
  else failed(routine, outcome, retryCount, message, now);
};

/** There was no room for a task of it. */
export const shed = (job: Job, routine: Routine): void => {
  routine.dropped++;
  job.dropped++;
};

/** Writes how a task ended; a success does not hide the error of another task of the same routine. */
export const endSet = (routine: Routine, status: RoutineStatus): void => {
  if (RANK[status] >= RANK[routine.end]) routine.end = status;
};

const errorNoted = (routine: Routine, message: string, now: number): void => {
  routine.error = message;
  routine.errorTime = now;
};
