import type { Data } from '../flow/Data.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { RoutineStatus } from './JobStatus.js';
import { Times } from './stopwatch.js';

/** All that one job knows of one routine: how its tasks went, what its slots hold, and its own keys. Written by `fold.ts` alone. */
export class RoutineData {
  /** Tasks of it at work. */
  readonly active: number = 0;
  /** How the last of its tasks ended; an error stays until a worse one. */
  readonly end: RoutineStatus = 'pending';
  readonly error: string | undefined;
  readonly errorTime: number | undefined;
  readonly retryCount: number = 0;
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
  /** How long its tasks took. */
  readonly times: Times = new Times();

  constructor(
    readonly routineId: string,
    readonly slotNames: readonly string[],
    readonly eventNames: readonly string[],
  ) {
    // As long as they will be: one that grows takes room for sixteen more.
    this.held = new Array<Data | undefined>(slotNames.length);
    this.emitted = zeros(eventNames.length);
  }

  /** Whether a task of it has begun, or it has emitted: not if its tasks only waited, or were dropped. */
  get hasRun(): boolean {
    return this.active > 0 || this.end !== 'pending' || this.retried > 0 || this.emitted.some((count) => count > 0);
  }

  get status(): RoutineStatus {
    return this.active > 0 || this.end === 'pending' ? 'running' : this.end;
  }

  /** The state as a reader sees it: the routine's own keys, and the engine's beside them. */
  view(): Data {
    const { executionTimeMs } = this.times;
    return {
      ...copyDeep(this.own),
      status: this.status,
      retryCount: this.retryCount,
      ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
      ...(this.error === undefined ? {} : { error: this.error, errorTime: new Date(this.errorTime ?? 0) }),
    };
  }
}

/** The same data in a flow in which the routine may have another id, and its slots and events other places. */
export const inPlaces = (
  routineId: string,
  slotNames: readonly string[],
  eventNames: readonly string[],
  routine: RoutineData,
): RoutineData =>
  Object.assign(new RoutineData(routineId, slotNames, eventNames), routine, {
    routineId,
    slotNames,
    eventNames,
    held: inPlace(slotNames, routine.slotNames, routine.held),
    highWater: inPlace(slotNames, routine.slotNames, routine.highWater).map((mark) => mark ?? 0),
    emitted: inPlace(eventNames, routine.eventNames, routine.emitted).map((count) => count ?? 0),
  });

/** What stands at the places of some names, at the places that they have now. */
const inPlace = <T>(names: readonly string[], before: readonly string[], parts: readonly T[]): readonly (T | undefined)[] => {
  const partOf = new Map(before.map((name, at) => [name, parts[at]]));
  return names.map((name) => partOf.get(name));
};

/** Shared by all that have none, and never written. */
const NO_MARKS: readonly number[] = [];

// Not by `fill`, which is a call into C++: ten of them for each job of ten routines.
export const zeros = (length: number): number[] => {
  const list = new Array<number>(length);
  for (let at = 0; at < length; at++) list[at] = 0;
  return list;
};

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
