import { EMPTY, filter, firstValueFrom, ignoreElements, map, merge, mergeMap, type Observable } from 'rxjs';
import type { JobRun } from './engine/JobRun.js';
import { eventView } from './engine/eventView.js';
import { recordIterator } from './engine/recordIterator.js';
import { routineView } from './engine/routineView.js';
import { slotView } from './engine/slotView.js';
import { refuseWaiting } from './engine/refuseWaiting.js';
import { unfinished } from './engine/unfinished.js';
import type { Progress } from './engine/Views.js';
import type { Data } from './flow/Data.js';
import type { AnyEvent, Event } from './flow/Event.js';
import { flowError } from './flow/FlowError.js';
import type { AnySlot, Slot } from './flow/Slot.js';
import type { PauseOptions } from './flow/TaskContext.js';
import type { OutputRecord } from './flow/OutputRecord.js';
import type { JobRecord } from './job/JobRecord.js';
import { isFinal, type JobStatus } from './job/JobStatus.js';
import { after } from './prelude/later.js';
import { refusal } from './prelude/refusal.js';
import type { JobSnapshot } from './wire/JobSnapshot.js';
import type { JobState } from './JobState.js';

export interface WaitOptions {
  /** How long to wait at most, in ms, from 0. @default Infinity */
  readonly timeoutMs?: number | undefined;
  /**
   * Told when the job has done something, at most once per stretch of work; last with `0, 0` and the final status. What it
   * throws, or its promise is rejected with, ends the wait; the job goes on.
   */
  readonly onProgress?: ((queued: number, active: number, status: JobStatus) => void) | undefined;
}

/** The run behind a job: for what of this library stands beside the engine. */
export let runOf: (job: Job) => JobRun;

/** A run, live: watch it, wait for it, pause it, cancel it. Watching never owns: unsubscribing from a view stops nothing. */
export class Job {
  readonly #run: JobRun;

  static {
    runOf = (job) => job.#run;
  }

  /** Jobs are made by `Flow.start`. */
  constructor(run: JobRun) {
    this.#run = run;
  }

  get id(): string {
    return this.#run.data.jobId;
  }

  get state(): JobState {
    return this.#run.doors.state;
  }

  get status(): JobStatus {
    return this.#run.data.status;
  }

  /** The status now, then each new one; completes at the end. */
  get status$(): Observable<JobStatus> {
    return this.#run.views.status$();
  }

  /** Everything that happens from the subscription on, in order; completes at the end, and never errors. */
  get record$(): Observable<JobRecord> {
    return this.#run.views.record$();
  }

  /** What handlers hand out with `ctx.output`, from the subscription on; completes at the end. */
  get output$(): Observable<OutputRecord> {
    return this.#run.views.output$();
  }

  /**
   * What one event emits: a payload each, in order, kept apart from the job as the flow's `isolation` says. Hot, without
   * replay; unsubscribing only stops watching; completes with the job, and never errors.
   *
   * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `BAD_OPTION`
   */
  event$(event: string): Observable<Data>;
  event$<A extends object>(event: Event<A>): Observable<A>;
  event$(event: string | AnyEvent): Observable<object> {
    return eventView(this.#run, event);
  }

  /**
   * What one slot takes in: a payload for each task, as its handler gets it (mapped, read by the codec, merged), right before
   * it is called. A retry is not told again. Hot, without replay; unsubscribing only stops watching; completes with the job,
   * and never errors.
   *
   * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `BAD_OPTION`
   */
  slot$(slot: string): Observable<Data>;
  slot$<A extends object>(slot: Slot<A>): Observable<A>;
  slot$(slot: string | AnySlot): Observable<object> {
    return slotView(this.#run, slot);
  }

  /**
   * The state of one routine: now (undefined before it has run), then with each start and end of a task of it; unsubscribing
   * only stops watching; completes with the job, and never errors.
   *
   * @throws FlowError `UNKNOWN_ROUTINE`
   */
  routine$(routineId: string): Observable<Data | undefined> {
    return routineView(this.#run, routineId);
  }

  /**
   * The records from now on, for `for await`. A reader that is slower than the job finds at most the newest 10,000, and a
   * `warning` where some were left out; breaking off the loop only stops watching.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<JobRecord> {
    return recordIterator(this.record$);
  }

  /** How much waits and how much is at work: now, then after each stretch of work; completes at the end. */
  get progress$(): Observable<Progress> {
    return this.#run.views.progress$();
  }

  /**
   * Resolves with the state at the end of the job, whatever the status; never rejects.
   *
   * @throws JobError `WOULD_DEADLOCK` in a handler of this job
   */
  get done(): Promise<JobState> {
    refuseWaiting('Waiting for job.done', (run) => run === this.#run);
    return this.#run.done;
  }

  /** The job as JSON at this instant, also while it runs (see `JobState.toJSON`). */
  snapshot(): JobSnapshot {
    return this.state.toJSON();
  }

  /** The same as `snapshot`. */
  toJSON(): JobSnapshot {
    return this.snapshot();
  }

  /**
   * Lets what is at work finish and starts nothing new; resolves when the job is quiet, with what waits in
   * `state.pendingTasks`. A second call gets the same promise.
   *
   * Rejects with JobError `ILLEGAL_TRANSITION` where the job has ended or is paused.
   */
  pause(options?: PauseOptions): Promise<JobState> {
    try {
      return this.#run.pause(options);
    } catch (error) {
      return refusal(error);
    }
  }

  /**
   * Goes on with what waits, in order; withdraws a pause that is not quiet yet.
   *
   * @throws JobError `ILLEGAL_TRANSITION` where the job is not paused
   */
  resume(): void {
    this.#run.resume();
  }

  /**
   * Ends the job at once: what waits is dropped, what is at work gets its signal and is let go of.
   *
   * Rejects with JobError `ILLEGAL_TRANSITION` where the job has completed or failed.
   */
  async cancel(reason?: string): Promise<JobState> {
    this.#run.cancel(reason);
    return Promise.resolve(this.state);
  }

  /**
   * Waits for the end: true at the end, false if `timeoutMs` pass before. The job goes on either way.
   *
   * Rejects with JobError `WOULD_DEADLOCK` in a handler of this job, FlowError `BAD_OPTION`, and what `onProgress` throws.
   */
  async waitForCompletion({ timeoutMs = Infinity, onProgress }: WaitOptions = {}): Promise<boolean> {
    refuseWaiting('waitForCompletion', (run) => run === this.#run);
    if (!(timeoutMs >= 0)) throw flowError('BAD_OPTION', { option: 'timeoutMs', value: timeoutMs, expected: 'ms from 0 up' });
    const told$ = onProgress === undefined ? EMPTY : telling(onProgress, this.progress$);
    const ended$ = this.#run.ended$.pipe(map(() => true));
    const late$ = after(this.#run.plan.settings.scheduler, timeoutMs).pipe(map(() => false));
    return firstValueFrom(merge(told$, ended$, late$));
  }
}

/** Tells of progress, and gives nothing but the error of whoever is told. */
const telling = (
  tell: (queued: number, active: number, status: JobStatus) => unknown,
  progress$: Observable<Progress>,
): Observable<never> =>
  progress$.pipe(
    mergeMap(({ queued, active, status }) => answerOf(tell(queued, active, status))),
    ignoreElements(),
  );

// It may be an async function: then its promise is ours to answer.
const answerOf = (answer: unknown): Observable<never> | Promise<unknown> => {
  const left = unfinished(answer);
  return left?.kind === 'promise' ? Promise.resolve(left.work) : EMPTY;
};

/** Whoever owned the job is gone. */
export const abandon = (job: Job): void => {
  if (!isFinal(job.status)) void job.cancel('unsubscribed');
};

/** Resolves when a job has ended or is paused. */
export const quiet = (job: Job): Promise<unknown> =>
  firstValueFrom(job.status$.pipe(filter((status) => status !== 'pending' && status !== 'running')), { defaultValue: undefined });
