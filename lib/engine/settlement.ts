import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import { type JobError, jobError } from '../job/JobError.js';
import type { Ledger } from '../job/Ledger.js';
import * as note from '../job/noteTask.js';
import { kept, sharedLogged, sharedSet } from '../job/noteJob.js';
import { failureNoted, operatorCompleted, stateSet } from '../job/noteRoutine.js';
import { streamChanged } from '../job/noteStream.js';
import type { Change, Emitted, Failure, Settled } from '../job/Settled.js';
import type { StreamChange } from '../job/StreamState.js';
import type { OpenWait } from '../job/Wait.js';
import type { Event } from '../plan/Plan.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { runOutside } from './ambient.js';
import type { Attempt, TriedJob } from './Attempt.js';
import { endChildren, handDown, type Parent } from './children.js';
import { Arrival, type Due } from './Emission.js';
import { handOver } from './handOver.js';
import { type DelayingJob, type DelayedTasks, delayedOf } from './DelayedTasks.js';
import type { Steps } from './Steps.js';
import { stopClock } from './stopClock.js';
import { Task } from './Task.js';

/** A job as its attempts are settled. */
export interface SettledJob<R> extends Parent, Omit<DelayingJob<R>, 'run' | 'engine'> {
  /** `active` counts the attempts at work. */
  readonly run: R & DelayingJob<R>['run'] & { active: number };
  readonly emissions: SettledEmissions;
  readonly asking: { open(wait: OpenWait): void };
  delayed: DelayedTasks<R> | undefined;
  readonly engine: SettlingEngine<R>;
  readonly life: { readonly isOver: boolean; fail(error: RoutiluxError): void; readonly parking: { leave(): void } | undefined };
  /** What watches it, if anything does. */
  readonly views: { output(record: OutputRecord, keep: boolean): void } | undefined;
  /** Tells whoever follows its progress, at the end of this stretch of work. */
  progressed(): void;
}

interface SettledEmissions {
  order: number;
  emit(event: Event, data: Data): void;
  emitLate(event: Event, data: Data, due: Due): void;
  defer(routineId: string, event: string, data: Data): void;
  eventOf(routineId: string, event: string): Event | undefined;
}

type SettlingEngine<R> = DelayingJob<R>['engine'] & {
  readonly time: { lap(): number };
  readonly drain: { refresh(): void };
};

/*
 * What an attempt has come to is applied to its job, whole (D31): nothing here asks the user for anything.
 */

/** Applies that an attempt has completed, and kept nothing back. */
export const complete = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>): void => {
  endAttempt(job, attempt, 'completed');
  if (attempt.origin.tried > 0) keep(job, attempt.routineId, 'completed', { retried: true });
};

/** Applies what an attempt has come to. */
export const apply = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>, settled: Settled): void => {
  const { outcome, failure, delayMs } = settled;
  commit(job, attempt, settled);
  if (failure === undefined && outcome === 'completed') complete(job, attempt);
  else endAttempt(job, attempt, outcome);
  if (failure === undefined) return;
  if (outcome === 'retry') retry(job, attempt, delayMs);
  else noteFailure(job, attempt, outcome, failure);
};

/** What was kept back until now is done, in the order in which it came. */
export const commit = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>, { changes, state }: Settled): void => {
  const { ledger } = job;
  if (state !== undefined) stateSet(ledger, attempt.routineData, state, ledger.watched ? ledger.show(state) : state);
  attempt.rare.effects?.clear();
  for (const change of changes) make(job, attempt, change);
};

const make = <R extends TriedJob>(job: SettledJob<R>, { routineId }: Attempt<R>, change: Change): void => {
  const { ledger, emissions } = job;
  if (change.type === 'emitted') emit(emissions, change);
  else if (change.type === 'waiting') job.asking.open(change.wait);
  else if (change.type === 'deferred') emissions.defer(change.routineId, change.event, change.data);
  else if (change.type === 'output') handOver(job, routineId, change.outputType, change.data);
  else if (change.type === 'sharedSet') sharedSet(ledger, change.key, change.value);
  else if (change.type === 'streamChanged') changeStream(ledger, change.routineId, change.change);
  else if (change.type === 'operatorCompleted') endOperator(ledger, change.routineId);
  else sharedLogged(ledger, change.entry);
};

const emit = (emissions: SettledEmissions, { routineId, event: name, data, due }: Emitted): void => {
  const event = emissions.eventOf(routineId, name) as Event;
  if (due === undefined) emissions.emit(event, data);
  else emissions.emitLate(event, data, due);
};

const changeStream = (ledger: Ledger, routineId: string, change: StreamChange): void => {
  const [stream] = ledger.data.streams.get(routineId) ?? [];
  if (stream !== undefined) streamChanged(ledger, routineId, stream, change);
};

const endOperator = (ledger: Ledger, routineId: string): void => {
  const routine = ledger.data.routines.get(routineId);
  if (routine !== undefined) operatorCompleted(ledger, routine);
};

/** The attempt is at work no more, and gives its worker back. */
const endAttempt = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>, outcome: TaskOutcome): void => {
  attempt.outcome = outcome;
  job.run.active--;
  if (!attempt.isPlain) stopWork(job, attempt);
  note.settled(job.ledger, attempt.routineData, attempt, outcome, attempt.error);
  if (job.views !== undefined) job.progressed();
};

/** Its clock stops, its seat is free, and the runs that it has started have another parent or end (D33). */
const stopWork = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>): void => {
  const { ledger, engine } = job;
  const ms = stopClock(attempt, engine.time);
  if (ms !== undefined) note.timed(ledger, attempt.routineData, ms);
  attempt.seat?.vacate();
  if (attempt.rare.children === undefined) return;
  // While it tracks promises, they are its own.
  if (attempt.outcome !== 'completed') endChildren(attempt.more, engine.steps);
  else if ((attempt.rare.tracking ?? 0) === 0) handDown(attempt.more, job);
};

/** Puts the next attempt at the end of the queue, after a delay. */
const retry = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>, delayMs: number): void => {
  const { run, origin, place, connection, input } = attempt;
  const arrival = new Arrival<R>(run, origin.data, origin.order, { place, tried: attempt.attempt, input });
  const task = new Task(arrival, connection);
  if (delayMs > 0) delayedOf(job).retry(task, delayMs);
  else job.engine.task$.next(task);
};

/** Takes a failure down, and fails the job if that is what it comes to. */
export const noteFailure = <R extends TriedJob>(
  job: SettledJob<R>,
  attempt: Attempt<R>,
  outcome: TaskOutcome,
  failure: Failure,
  hadSucceeded = false,
): void => {
  const { taskId, routineData, routineId, slot, described } = attempt;
  failureNoted(job.ledger, { taskId, routineData, retryCount: attempt.origin.tried }, outcome, failure, hadSucceeded);
  const where = described === undefined ? {} : { slot };
  keep(job, routineId, recordNameOf(attempt, outcome), { ...where, error: failure.message, error_type: failure.name });
  if (failure.fallback !== undefined) make(job, attempt, failure.fallback);
  if (outcome === 'failed') job.life.fail(failureOf(job.ledger, attempt, failure));
};

/** The job ends before the attempt does: its signal aborts, and nothing it does counts any more. */
export const abort = <R extends TriedJob>(job: SettledJob<R>, attempt: Attempt<R>, cause: Error): void => {
  // A failure that is stale has not been told: what follows from it is being asked at this moment.
  const hasFailed = attempt.error !== undefined && !attempt.stale;
  attempt.stale = true;
  attempt.error ??= cause;
  tellSignal(job.engine.steps, attempt, cause);
  endAttempt(job, attempt, hasFailed ? 'failed' : 'dropped');
  attempt.input = undefined;
  if (!hasFailed) noteDropped(job, attempt, cause, false);
};

/** Takes down that an attempt was dropped. */
export const noteDropped = (
  { ledger }: Pick<SettledJob<never>, 'ledger'>,
  { taskId, routineData, origin }: Attempt,
  cause: Error,
  hadSucceeded: boolean,
): void => {
  failureNoted(ledger, { taskId, routineData, retryCount: origin.tried }, 'dropped', cause, hadSucceeded);
};

/** Its signal aborts, once the step at hand has been applied. */
export const tellSignal = (steps: Steps, { more }: Attempt, cause: Error): void => {
  more.cause = cause;
  const { abort: controller } = more;
  if (controller !== undefined)
    steps.after(() => {
      runOutside(abortWith, { controller, cause });
    });
};

const abortWith = ({ controller, cause }: { controller: AbortController; cause: unknown }): void => {
  controller.abort(cause);
};

/** A job as something is kept in its history. */
interface KeepingJob {
  readonly ledger: Ledger;
  readonly emissions: { order: number };
}

/** Keeps an entry in the history. */
export const keep = (job: KeepingJob, routineId: string, name: string, data: Data): void => {
  kept(job.ledger, routineId, name, data, job.emissions.order++);
};

// What no handler covered is recorded under the name that v0.10 gave it.
const recordNameOf = ({ connection }: Attempt, outcome: TaskOutcome): string =>
  outcome === 'failed' || connection.slot.routine.errorHandler === undefined ? 'error' : outcome;

const failureOf = ({ data }: Ledger, { routineId, slot, attempt }: Attempt, { error, message }: Failure): JobError =>
  jobError('TASK_FAILED', { jobId: data.jobId, routineId, slot, attempts: attempt, reason: message }, error);
