import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { Mutable } from '../prelude/Mutable.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { ExecutionSource } from './Execution.js';
import { History, type Recorded } from './History.js';
import { type DeferredEvent, type JobData, PAUSE_POINT_BOUND, type PausePoint } from './JobData.js';
import type { TaskOutcome } from './JobRecord.js';
import type { JobStatus, RoutineStatus } from './JobStatus.js';
import { type RoutineCell, RANK } from './RoutineCell.js';
import type { LogEntry } from './SharedSpace.js';
import { nextStride } from './stopwatch.js';
import type { StreamState } from './StreamState.js';

/*
 * The one writer: whatever happens in a job is a function of this file, and no other code changes the state of a job. Everywhere
 * else `JobData` and `RoutineCell` are read only, which the compiler sees to.
 */

type Job = Mutable<JobData>;
type Cell = Mutable<RoutineCell>;

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
export const paused = ({ pausePoints }: JobData, point: PausePoint): void => {
  const points = pausePoints as PausePoint[];
  if (points.length === PAUSE_POINT_BOUND) points.shift();
  points.push(point);
};

/** An event waits for the job to be resumed. */
export const deferred = (job: JobData, event: DeferredEvent): void => {
  (job.deferred as DeferredEvent[]).push(event);
};

/** The deferred events are emitted now. */
export const deferredTaken = (job: Job): readonly DeferredEvent[] => {
  const { deferred: events } = job;
  job.deferred = [];
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

/** The streams that a routine keeps are these. */
export const streamsSet = (job: Job, routineId: string, states: readonly StreamState[]): void => {
  job.streams = new Map(job.streams).set(routineId, states);
};

/** A routine keeps one stream more. */
export const streamOpened = (job: Job, routineId: string, state: StreamState): void => {
  streamsSet(job, routineId, [...(job.streams.get(routineId) ?? []), state]);
};

/** A stream of a routine is over, and nothing is left of it. */
export const streamForgotten = (job: Job, routineId: string, state: StreamState): void => {
  streamsSet(
    job,
    routineId,
    (job.streams.get(routineId) ?? []).filter((each) => each !== state),
  );
};

/** Its ticks are counted from another time, epoch ms. */
export const rebased = (job: Job, base: number): void => {
  const { history } = job;
  job.history = History.of(history.bound, base, history.written(), history.dropped);
};

/** It is taken up in a flow in which its routines may have other names, and their slots and events other places. */
export const moved = (job: Job, rename: (routineId: string) => string, cells: readonly RoutineCell[]): void => {
  job.currentRoutineId = job.currentRoutineId && rename(job.currentRoutineId);
  job.deferred = job.deferred.map(({ routineId, ...event }) => ({ routineId: rename(routineId), ...event }));
  job.streams = new Map([...job.streams].map(([routineId, states]) => [rename(routineId), states]));
  job.cells = new Map(cells.map((cell) => [cell.routineId, cell]));
};

// ── its routines ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A routine does something in this job for the first time. */
export const routineMet = ({ cells }: JobData, cell: RoutineCell): void => {
  (cells as Map<string, RoutineCell>).set(cell.routineId, cell);
};

/** An event of the routine was emitted. */
export const emitted = ({ history }: JobData, { emitted: counts }: RoutineCell, ordinal: number, record: Recorded): void => {
  (counts as number[])[ordinal] = (counts[ordinal] ?? 0) + 1;
  history.emitted(record);
};

/** So many tasks of a slot wait. */
export const slotWaited = (cell: Cell, ordinal: number, waiting: number): void => {
  if (waiting <= (cell.highWater[ordinal] ?? 0)) return;
  const marks = cell.slotNames.map((_, at) => cell.highWater[at] ?? 0);
  marks[ordinal] = waiting;
  cell.highWater = marks;
};

/** A task of it is at work. */
export const taken = (job: Job, cell: Cell): void => {
  cell.active++;
  job.currentRoutineId = cell.routineId;
};

/** One run of a handler is kept in the metrics. */
export const executed = ({ executions }: JobData, execution: ExecutionSource): void => {
  executions.push(execution);
};

/** A slot holds a payload. */
export const held = ({ held: slots }: Pick<RoutineCell, 'held'>, ordinal: number, data: Data): void => {
  (slots as (Data | undefined)[])[ordinal] = data;
};

/** The routine has other keys of its own. */
export const stateSet = (cell: Cell, own: Data): void => {
  cell.own = own;
};

/** A task of it is at work no more. */
export const left = (cell: Cell): void => {
  cell.active--;
};

/** A run of it took so long, in ms. */
export const timed = (cell: Cell, ms: number): void => {
  cell.executionTimeMs = ms;
  cell.timed++;
  cell.totalMs += ms;
  if (ms < cell.minMs) cell.minMs = ms;
  if (ms > cell.maxMs) cell.maxMs = ms;
  cell.stride = nextStride(ms, cell.stride);
  cell.untimed = cell.stride;
};

/** A run of it is let pass without a measurement. */
export const untimed = (cell: Cell): void => {
  cell.untimed--;
};

/** A task of it has succeeded, after `retries` retries. */
export const succeeded = (cell: Cell, retries: number): void => {
  cell.completed++;
  if (cell.end !== 'completed') ended(cell, 'completed');
  if (retries > 0) cell.retryCount = retries;
};

/** A task that had succeeded is to count as failed. */
export const unsucceeded = (cell: Cell): void => {
  cell.completed--;
};

/** A task of it is to be tried again; so many attempts were made. */
export const retried = (cell: Cell, attempts: number): void => {
  cell.retried++;
  cell.retryCount = attempts;
};

const COUNTERS = { failed: 'failed', error_continued: 'failed', skipped: 'skipped' } as const;

/** A task of it has failed at `now` (epoch ms), after `retries` retries. */
export const failed = (cell: Cell, outcome: TaskOutcome, retries: number, message: string, now: number): void => {
  if (outcome in COUNTERS) cell[COUNTERS[outcome as keyof typeof COUNTERS]]++;
  cell.retryCount = Math.max(cell.retryCount, retries);
  ended(cell, outcome as RoutineStatus);
  errorNoted(cell, message, now);
};

/** A task of it was at work when the job ended. */
export const aborted = (cell: Cell, message: string, now: number): void => {
  cell.dropped++;
  ended(cell, 'failed');
  errorNoted(cell, message, now);
};

/** There was no room for a task of it. */
export const shed = (job: Job, cell: Cell): void => {
  cell.dropped++;
  job.dropped++;
};

/** Writes how a task ended; a success does not hide the error of another task of the same routine. */
export const ended = (cell: Cell, status: RoutineStatus): void => {
  if (RANK[status] >= RANK[cell.end]) cell.end = status;
};

const errorNoted = (cell: Cell, message: string, now: number): void => {
  cell.error = message;
  cell.errorTime = now;
};
