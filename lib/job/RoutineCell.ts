import type { Data } from '../flow/Data.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { RoutineStatus } from './JobStatus.js';

/** All that one job knows of one routine: how its tasks went, what its slots hold, and its own keys. Written by `fold.ts` alone. */
export class RoutineCell {
  /** Tasks of it at work. */
  readonly active: number = 0;
  /** How the last of its tasks ended; an error stays until a worse one. */
  readonly end: RoutineStatus = 'pending';
  readonly error: string | undefined;
  readonly errorTime: number | undefined;
  readonly retryCount: number = 0;
  readonly executionTimeMs: number | undefined;
  /** The keys that the routine has set itself. */
  readonly own: Data | undefined;
  /** What each slot holds, by the slot's place. */
  readonly held: readonly (Data | undefined)[];
  /** How often each event was emitted, by the event's place. */
  readonly emitted: readonly number[];
  /** The most tasks of a limited slot that have waited at a time, by the slot's place. */
  readonly highWater: readonly number[] = NO_MARKS;

  readonly completed: number = 0;
  readonly failed: number = 0;
  readonly skipped: number = 0;
  readonly retried: number = 0;
  readonly dropped: number = 0;
  readonly timed: number = 0;
  readonly totalMs: number = 0;
  readonly minMs: number = Infinity;
  readonly maxMs: number = 0;
  /** Tasks to let pass before the next one is timed (see `stopwatch.ts`). */
  readonly untimed: number = 0;
  readonly stride: number = 0;

  constructor(
    readonly routineId: string,
    readonly slotNames: readonly string[],
    readonly eventNames: readonly string[],
  ) {
    // As long as they will be: one that grows takes room for sixteen more.
    this.held = new Array<Data | undefined>(slotNames.length);
    this.emitted = zeros(eventNames.length);
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
const NO_MARKS: readonly number[] = [];

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

/** Which end of a task hides which: the higher one stays. */
export const RANK: Readonly<Record<RoutineStatus, number>> = {
  pending: 0,
  running: 0,
  completed: 1,
  skipped: 2,
  error_continued: 3,
  failed: 4,
};

export const ROUTINE_STATUSES = Object.keys(RANK) as readonly RoutineStatus[];
