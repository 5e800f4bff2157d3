import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { FixedLimit } from '../flow/Limit.js';
import type { SlotActivationTask } from './JobRecord.js';
import { isFinal, type JobStatus } from './JobStatus.js';

/** A task that is still to be done, with what a run needs to go on with it. */
export interface RemainingTask {
  /** Its number in the job: that of its emission, and its place among the connections of that. */
  readonly order: number;
  readonly place: number;
  readonly routineId: string;
  readonly slot: string;
  readonly data: Data;
  /** Whether its data is what the slot's merge made of it; it is not merged again. */
  readonly merged: boolean;
  readonly attempt: number;
  /** When it is due, if it waits for its time. */
  readonly dueAt: Date | undefined;
  /** How it came; none for an entry. */
  readonly connection: Connection | undefined;
  /** The place of its connection among those of its event. */
  readonly route: number | undefined;
}

/** The status with which a job goes on elsewhere: it waits to be resumed, unless it has ended, or no flow has it. */
export const statusElsewhere = ({ status }: { readonly status: JobStatus }, rest: RemainingWork | undefined): JobStatus =>
  rest === undefined || isFinal(status) ? status : 'paused';

const dueTime = ({ dueAt }: RemainingTask): number => dueAt?.getTime() ?? -Infinity;

/** A task that waits for no time comes first; a sort by this keeps the order of such tasks. */
export const byDueTime = (a: RemainingTask, b: RemainingTask): number => dueTime(a) - dueTime(b);

export const taskIdOf = (jobId: string, order: number, place: number): string => `${jobId}:${order}.${place}`;

const TASK_ID = /:(\d{1,15})\.(\d{1,15})$/;

/** The numbers in a task's id: of its emission in the job, and of its place among the targets of that. */
export const numbersIn = (jobId: string, taskId: string): readonly [order: number, place: number] | undefined => {
  const [, order, place] = TASK_ID.exec(taskId) ?? [];
  return taskId === `${jobId}:${order}.${place}` ? [Number(order), Number(place)] : undefined;
};

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
export interface RemainingWork {
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

/** Tells what a job still has to do. */
export interface RemainingWorkSource {
  /** The tasks that wait to run. */
  waiting(): readonly RemainingTask[];
  /** The same behind the tasks at work. */
  remaining(): RemainingWork;
}

/** Work that nobody does: it was written down. */
export class WrittenWork implements RemainingWorkSource {
  constructor(private readonly rest: RemainingWork) {}

  waiting(): readonly RemainingTask[] {
    return this.rest.tasks;
  }

  remaining(): RemainingWork {
    return this.rest;
  }
}
