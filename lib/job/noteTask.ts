import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import { dataOf, copyForHandler, type Input } from '../flow/merge.js';
import type { Mutable } from '../prelude/Mutable.js';
import * as fold from './fold.js';
import type { JobRecord, SlotActivationTask, TaskOutcome } from './JobRecord.js';
import type { Ledger } from './Ledger.js';
import type { RoutineData } from './RoutineData.js';

/* What happens to a task; see `noteJob.ts`. */

/** A task, or one try of it, as it is told. */
export interface ToldTask {
  /** Its id in the job. */
  idIn(jobId: string): string;
  readonly routineId: string;
  readonly slot: string;
  readonly payload: Data;
  readonly attempt: number;
  /** The connection it came over; none for an entry. */
  readonly described: Connection | undefined;
}

/** A task waits: told once its job has begun. */
export const tellQueued = (ledger: Ledger, task: ToldTask): void => {
  ledger.post(recordOf(ledger, 'taskQueued', task));
};

/** It waits for its time. */
export const delayed = (ledger: Ledger, task: ToldTask, dueAt: number): void => {
  if (ledger.watched) ledger.post({ ...recordOf(ledger, 'taskDelayed', task), dueAt: new Date(dueAt) });
};

/** It is at work. */
export const taken = (ledger: Ledger, routine: RoutineData, task: ToldTask): void => {
  fold.taken(ledger.data, routine);
  if (ledger.watched) ledger.post(recordOf(ledger, 'taskStarted', task));
};

/** A run of its handler took so long, in ms. */
export const timed = (ledger: Ledger, routine: RoutineData, ms: number): void => {
  fold.timed(routine, ms);
  if (ledger.watched) tellTimed(ledger, routine.routineId, ms);
};

const tellTimed = (ledger: Ledger, routineId: string, ms: number): void => {
  ledger.post({ jobId: ledger.data.jobId, timestamp: ledger.timestamp, type: 'timed', routineId, ms });
};

/** Its slot has taken its payload in: what it holds in this place, and what the handler gets. */
export const takenIn = (
  ledger: Ledger,
  routine: RoutineData,
  ordinal: number,
  task: ToldTask,
  held: Data,
  handed: Input,
): void => {
  fold.takenIn(routine, ordinal, held);
  if (ledger.watched) tellTakenIn(ledger, task, held, handed);
};

export const tellTakenIn = (ledger: Ledger, task: ToldTask, held: Data, handed: Input): void => {
  const { routineId, slot } = task;
  const { jobId } = ledger.data;
  const { timestamp } = ledger;
  const taskId = task.idIn(jobId);
  const data = ledger.show(dataOf(handed));
  if (held === handed) ledger.post({ jobId, timestamp, type: 'takenIn', taskId, routineId, slot, data });
  // The lists of an `append` slot go on growing.
  else ledger.post({ jobId, timestamp, type: 'takenIn', taskId, routineId, slot, data, held: copyForHandler(held) });
};

/** An attempt is at work no more. */
export const settled = (ledger: Ledger, routine: RoutineData, task: ToldTask, outcome: TaskOutcome, error: unknown): void => {
  fold.settled(routine, outcome, task.attempt);
  if (ledger.watched) tellSettled(ledger, task, outcome, error);
};

const tellSettled = (ledger: Ledger, task: ToldTask, outcome: TaskOutcome, error: unknown): void => {
  const record: Mutable<TaskRecord<'taskSettled'>> & { outcome?: TaskOutcome; error?: unknown } = recordOf(
    ledger,
    'taskSettled',
    task,
  );
  record.outcome = outcome;
  if (error !== undefined) record.error = error;
  ledger.post(record as JobRecord);
};

/** There was no room for it. */
export const shed = (ledger: Ledger, routine: RoutineData, task: ToldTask): void => {
  fold.shed(ledger.data, routine);
  if (ledger.watched) tellSettled(ledger, task, 'dropped', undefined);
};

/** A promise that it has left running keeps the job open, or does so no more. */
export const tracked = (ledger: Ledger, { taskId, routineId, attempt }: Identified): void => {
  if (ledger.watched) ledger.tell({ type: 'tracked', taskId, routineId, attempt });
};

export const untracked = (ledger: Ledger, { taskId, routineId, attempt }: Identified): void => {
  if (ledger.watched) ledger.tell({ type: 'untracked', taskId, routineId, attempt });
};

interface Identified {
  readonly taskId: string;
  readonly routineId: string;
  readonly attempt: number;
}

type TaskRecord<T extends JobRecord['type']> = {
  readonly jobId: string;
  readonly timestamp: Date;
  readonly type: T;
} & SlotActivationTask;

/** A task as it is told. */
export const toldOf = (ledger: Ledger, task: ToldTask): SlotActivationTask => {
  const { jobId: _, timestamp: __, type: ___, ...told } = recordOf(ledger, 'taskQueued', task);
  return told;
};

/** Written out, and never spread, since a record of a task is made for each step of each task that is watched. */
const recordOf = <T extends 'taskQueued' | 'taskStarted' | 'taskDelayed' | 'taskSettled'>(
  ledger: Ledger,
  type: T,
  task: ToldTask,
): TaskRecord<T> => {
  const { routineId, slot, payload, attempt, described: connection } = task;
  const { jobId } = ledger.data;
  const { timestamp } = ledger;
  const taskId = task.idIn(jobId);
  const data = ledger.show(payload);
  const retryCount = attempt - 1;
  return connection === undefined
    ? { jobId, timestamp, type, taskId, routineId, slot, data, attempt, retryCount }
    : { jobId, timestamp, type, taskId, routineId, slot, data, attempt, retryCount, connection };
};
