import type { Data } from '../flow/Data.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { RoutineStatus } from './JobStatus.js';

/** All that one job knows of one routine: how its tasks went, what its slots hold, and its own keys. */
export class RoutineCell {
  /** Tasks of it at work. */
  active = 0;
  /** How the last of its tasks ended; an error stays until a worse one. */
  end: RoutineStatus = 'pending';
  error: string | undefined;
  errorTime: number | undefined;
  retryCount = 0;
  executionTimeMs: number | undefined;
  /** The keys that the routine has set itself. */
  own: Data | undefined;
  /** What each slot holds, by the slot's place. */
  readonly held: (Data | undefined)[];
  /** How often each event was emitted, by the event's place. */
  readonly emitted: number[];
  /** The most tasks of a limited slot that have waited at a time, by the slot's place. */
  highWater: number[] = NO_MARKS;

  completed = 0;
  failed = 0;
  skipped = 0;
  retried = 0;
  dropped = 0;
  timed = 0;
  totalMs = 0;
  minMs = Infinity;
  maxMs = 0;
  /** Tasks to let pass before the next one is timed (see `stopwatch.ts`). */
  untimed = 0;
  stride = 0;

  constructor(
    readonly routineId: string,
    readonly slotNames: readonly string[],
    readonly eventNames: readonly string[],
  ) {
    // As long as they will be: one that grows takes room for sixteen more.
    this.held = new Array<Data | undefined>(slotNames.length);
    this.emitted = zeros(eventNames.length);
  }

  countEmitted(ordinal: number): void {
    this.emitted[ordinal] = (this.emitted[ordinal] ?? 0) + 1;
  }

  noteWaiting(ordinal: number, waiting: number): void {
    if (waiting <= (this.highWater[ordinal] ?? 0)) return;
    if (this.highWater === NO_MARKS) this.highWater = zeros(this.slotNames.length);
    this.highWater[ordinal] = waiting;
  }

  /** Whether a task of it has begun, or it has emitted: not where tasks of it only waited, or were let go of. */
  get hasRun(): boolean {
    return this.active > 0 || this.end !== 'pending' || this.retried > 0 || this.emitted.some((count) => count > 0);
  }

  get status(): RoutineStatus {
    return this.active > 0 || this.end === 'pending' ? 'running' : this.end;
  }

  /** The state as a reader sees it: the routine's own keys, and the engine's beside them. */
  view(): Data {
    return {
      ...copyDeep(this.own),
      status: this.status,
      retryCount: this.retryCount,
      ...(this.executionTimeMs === undefined ? {} : { executionTimeMs: this.executionTimeMs }),
      ...(this.error === undefined ? {} : { error: this.error, errorTime: new Date(this.errorTime ?? 0) }),
    };
  }
}

/** The same cell in a flow where the routine may be called otherwise, and its slots and events stand in other places. */
export const inPlaces = (
  routineId: string,
  slotNames: readonly string[],
  eventNames: readonly string[],
  cell: RoutineCell,
): RoutineCell =>
  Object.assign(new RoutineCell(routineId, slotNames, eventNames), cell, {
    routineId,
    slotNames,
    eventNames,
    held: slotNames.map((name) => cell.held[cell.slotNames.indexOf(name)]),
    highWater: slotNames.map((name) => cell.highWater[cell.slotNames.indexOf(name)] ?? 0),
    emitted: eventNames.map((name) => cell.emitted[cell.eventNames.indexOf(name)] ?? 0),
  });

/** Shared by all that have none, and never written. */
const NO_MARKS: number[] = [];

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

const RANK: Readonly<Record<RoutineStatus, number>> = {
  pending: 0,
  running: 0,
  completed: 1,
  skipped: 2,
  error_continued: 3,
  failed: 4,
};

export const ROUTINE_STATUSES = Object.keys(RANK) as readonly RoutineStatus[];

/** Writes how a task ended; a success does not hide the error of another task of the same routine. */
export const endWith = (status: RoutineStatus, cell: RoutineCell): void => {
  if (RANK[status] >= RANK[cell.end]) cell.end = status;
};

export const noteError = (message: string, at: number, cell: RoutineCell): void => {
  cell.error = message;
  cell.errorTime = at;
};
