import * as fold from './fold.js';
import type { Recorded } from './History.js';
import type { TaskOutcome } from './JobRecord.js';
import type { Ledger } from './Ledger.js';
import type { RoutineData } from './RoutineData.js';
import type { Data } from '../flow/Data.js';
import type { Failure } from './Settled.js';

/* What happens to a routine in a job; see `noteJob.ts`. */

/** It does something for the first time. */
export const routineMet = (ledger: Ledger, routine: RoutineData): void => {
  fold.routineMet(ledger.data, routine);
  const { routineId, slotNames: slots, eventNames: events } = routine;
  if (ledger.watched) ledger.tell({ type: 'routineSeen', routineId, slots, events });
};

/** It emits an event. */
export const emitted = (ledger: Ledger, routine: RoutineData, ordinal: number, emission: Recorded): void => {
  fold.emitted(ledger.data, routine, ordinal, emission);
  if (ledger.watched) tellEmitted(ledger, emission);
};

const tellEmitted = (ledger: Ledger, { routineId, eventName, data }: Recorded): void => {
  const { jobId } = ledger.data;
  const { timestamp } = ledger;
  ledger.post({ jobId, timestamp, type: 'emitted', routineId, event: eventName, data: ledger.show(data) });
};

/** It has other keys of its own; `shown` is a copy of them for watchers. */
export const stateSet = (ledger: Ledger, routine: RoutineData, own: Data, shown: Data): void => {
  fold.stateSet(routine, own);
  if (ledger.watched) ledger.tell({ type: 'stateSet', routineId: routine.routineId, state: shown });
};

/** Its operator has completed. */
export const operatorCompleted = (ledger: Ledger, routine: RoutineData): void => {
  fold.endSet(routine, 'completed');
  if (ledger.watched) ledger.tell({ type: 'operatorCompleted', routineId: routine.routineId });
};

/** So many tasks of a limited slot wait. */
export const slotWaited = (ledger: Ledger, routine: RoutineData, ordinal: number, waiting: number): void => {
  const before = routine.highWater[ordinal] ?? 0;
  fold.slotWaited(routine, ordinal, waiting);
  const { routineId, slotNames } = routine;
  if (waiting > before && ledger.watched) ledger.tell({ type: 'highWater', routineId, slot: slotNames[ordinal] ?? '', waiting });
};

/** A task, or a stream, of a routine. */
export interface Failing {
  readonly taskId: string;
  readonly routineData: RoutineData;
  /** How often it was tried before. */
  readonly retryCount: number;
}

/** A failure of it counts; `hadSucceeded` if it was the failure of a task that had counted as a success. */
export const failureNoted = (
  ledger: Ledger,
  { taskId, routineData: routine, retryCount }: Failing,
  outcome: TaskOutcome,
  { message }: Pick<Failure, 'message'>,
  hadSucceeded = false,
): void => {
  const failure = { outcome, message, retryCount, hadSucceeded };
  fold.failureNoted(routine, failure, ledger.now);
  if (ledger.watched) ledger.tell({ type: 'failureNoted', taskId, routineId: routine.routineId, ...failure });
};
