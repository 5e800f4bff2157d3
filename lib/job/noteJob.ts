import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import * as fold from './fold.js';
import type { DeferredEvent, PausePoint } from './JobData.js';
import type { Ledger } from './Ledger.js';
import type { LogEntry } from './SharedSpace.js';

/*
 * What happens to a job as a whole. Each function changes the state by `fold.ts`, if it changes, and tells the record of it: so the
 * records add up to the state (decision 13). A change that another record tells, such as that of the status, is a call of `fold.ts`.
 */

/** It begins at its entry. */
export const started = (ledger: Ledger, entryRoutineId: string, entryParams: Data): void => {
  fold.started(ledger.data, { routineId: entryRoutineId, eventName: 'start', data: entryParams, tick: ledger.tick, order: 0 });
  if (ledger.watched) ledger.tell({ type: 'started', entryRoutineId, entryParams: { ...entryParams } });
};

/** It stands still. */
export const paused = (ledger: Ledger, reason: string | undefined, checkpoint: unknown, pendingTasks: number): void => {
  const { data, now } = ledger;
  const point: PausePoint = {
    timestamp: new Date(now),
    reason,
    checkpoint,
    currentRoutineId: data.currentRoutineId,
    pendingTasks,
  };
  fold.paused(data, point);
  if (!ledger.watched) return;
  const why = { ...(reason === undefined ? {} : { reason }), ...(checkpoint === undefined ? {} : { checkpoint }) };
  ledger.tell({ type: 'paused', pendingTasks, ...why });
};

/** It goes on; its status has been set already, since what watches the status hears of it earlier. */
export const resumed = (ledger: Ledger): void => {
  if (ledger.watched) ledger.tell({ type: 'resumed' }, ledger.data.updatedAt);
};

/** All that it has left waits for its time, or has something to do again. */
export const parked = (ledger: Ledger): void => {
  if (ledger.watched) ledger.tell({ type: 'parked' });
};

export const unparked = (ledger: Ledger): void => {
  if (ledger.watched) ledger.tell({ type: 'unparked' });
};

/** It has come to its end, a while ago: user code that the end has called is told of before. */
export const ended = (ledger: Ledger): void => {
  if (!ledger.watched) return;
  const { status, error, reason, updatedAt } = ledger.data;
  const why = { ...(error === undefined ? {} : { error }), ...(reason === undefined ? {} : { reason }) };
  ledger.tell({ type: 'ended', status, ...why }, updatedAt);
};

/** Something is kept in the history that emissions do not push out. */
export const kept = (ledger: Ledger, routineId: string, eventName: string, data: Data, order: number): void => {
  fold.kept(ledger.data, { routineId, eventName, data, tick: ledger.tick, order });
  if (ledger.watched) ledger.tell({ type: 'kept', routineId, eventName, data: { ...data }, order });
};

/** An event waits for the job to be resumed. */
export const deferred = (ledger: Ledger, event: DeferredEvent): void => {
  fold.deferred(ledger.data, event);
  if (ledger.watched) ledger.tell({ type: 'deferred', ...event, data: ledger.show(event.data) });
};

/** All of them have been emitted. */
export const deferredEmitted = (ledger: Ledger, count: number): void => {
  if (ledger.watched) ledger.tell({ type: 'deferredEmitted', count });
};

export const sharedSet = (ledger: Ledger, key: string, value: unknown): void => {
  fold.sharedSet(ledger.data, key, value);
  if (ledger.watched) ledger.tell({ type: 'sharedSet', key, value });
};

export const sharedLogged = (ledger: Ledger, entry: LogEntry): void => {
  fold.sharedLogged(ledger.data, entry);
  if (ledger.watched) ledger.tell({ type: 'sharedLogged', entry });
};

/** A handler hands a result out; the log of outputs keeps it, unless nobody wants that. */
export const output = (ledger: Ledger, record: OutputRecord, keep: boolean): void => {
  if (keep) fold.output(ledger.data, record);
  if (ledger.watched) ledger.tell({ type: 'output', output: record, ...(keep ? {} : { kept: false }) });
};
