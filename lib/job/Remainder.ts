import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { FixedLimit } from '../flow/Limit.js';
import type { SlotActivationTask } from './JobRecord.js';

/** A task that is still to be done, with what a run needs to go on with it. */
export interface RemainingTask {
  /** Its number in the job: that of its emission, and its place among the routes of that. */
  readonly order: number;
  readonly place: number;
  readonly routineId: string;
  readonly slot: string;
  readonly data: Data;
  /** Whether its data is what the slot's merge made of it; it is not merged again. */
  readonly merged: boolean;
  readonly attempt: number;
  /** When it is due, where it waits for that. */
  readonly dueAt: Date | undefined;
  /** How it came; none for an entry. */
  readonly connection: Connection | undefined;
  /** The place of its connection among those of its event. */
  readonly route: number | undefined;
}

export const taskIdOf = (jobId: string, order: number, place: number): string => `${jobId}:${order}.${place}`;

/** The task as a reader sees it. */
export const showTask = (jobId: string, task: RemainingTask): SlotActivationTask => {
  const { order, place, routineId, slot, data, attempt, connection, dueAt } = task;
  return {
    taskId: taskIdOf(jobId, order, place),
    routineId,
    slot,
    data,
    attempt,
    retryCount: attempt - 1,
    ...(connection && { connection }),
    ...(dueAt && { dueAt }),
  };
};

/** All that a job has not done yet, and what it takes to go on with it elsewhere. */
export interface Remainder {
  /** Tells the structure of the flow that the job ran on. */
  readonly structure: string;
  readonly entryRoutineId: string;
  /** Whether its start has been recorded. */
  readonly begun: boolean;
  /** Tasks of it at work at once. */
  readonly cap: number;
  /** In ms of running time, and what is left of it; `Infinity` for no limit. */
  readonly timeoutMs: number;
  readonly leftMs: number;
  /** How many of its tasks may wait. */
  readonly limit: FixedLimit;
  /** The number of its next emission. */
  readonly order: number;
  /** What was at work first, then what waits, in the order in which it will run. */
  readonly tasks: readonly RemainingTask[];
}

/** Whoever knows what a job still has to do. */
export interface RemainderSource {
  /** What waits to run. */
  waiting(): readonly RemainingTask[];
  /** That, and what is at work. */
  remainder(): Remainder;
}

/** A remainder that nobody works on: it was written down. */
export class WrittenRemainder implements RemainderSource {
  constructor(private readonly rest: Remainder) {}

  waiting(): readonly RemainingTask[] {
    return this.rest.tasks;
  }

  remainder(): Remainder {
    return this.rest;
  }
}
