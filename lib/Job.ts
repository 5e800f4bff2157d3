import { defer, type Observable } from 'rxjs';
import { cancelTask } from './engine/cancelTask.js';
import type { HeldJob, JobParts } from './engine/JobParts.js';
import { eventView } from './engine/eventView.js';
import { type RecordIterator, recordIterator } from './engine/recordIterator.js';
import { routineView } from './engine/routineView.js';
import { slotView } from './engine/slotView.js';
import { refuseWaiting, unlessWaiting, type WaitedFor } from './engine/refuseWaiting.js';
import { type Progress, viewsOf } from './engine/Views.js';
import { waitForEnd, type WaitOptions } from './engine/waitForEnd.js';
import { checkKnown, checkText } from './flow/checkOption.js';
import type { Data } from './flow/Data.js';
import type { AnyEvent, Event } from './flow/Event.js';
import type { AnySlot, Slot } from './flow/Slot.js';
import type { PauseOptions } from './flow/TaskContext.js';
import type { OutputRecord } from './flow/OutputRecord.js';
import type { JobRecord } from './job/JobRecord.js';
import type { JobStatus } from './job/JobStatus.js';
import { ANSWER_OPTIONS, type AnswerOptions, type Wait } from './job/Wait.js';
import { refusal } from './prelude/refusal.js';
import type { JobSnapshot } from './wire/JobSnapshot.js';
import type { JobState } from './JobState.js';
import { COPY, type Copy, OWN } from './prelude/Copy.js';

/** What is behind a job: for what of this library stands beside the engine. */
export let behind: (job: Job) => JobParts;

/**
 * A run, live: watch it, wait for it, pause it, cancel it. Watching never owns: unsubscribing from a view stops nothing.
 *
 * @example
 * const job = flow.start('reader', { path: 'access.log' });
 * job.progress$.subscribe(({ queued, active, done }) => console.log(queued, active, done));
 * const state = await job.done; // never rejects: ask state.status
 */
export class Job {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  readonly #held: HeldJob;

  static {
    behind = (job) => job.#parts;
  }

  /**
   * Jobs are made by `Flow.start`.
   *
   * @hidden
   */
  constructor(held: HeldJob) {
    this.#held = held;
  }

  get #parts(): JobParts {
    return this.#held.parts;
  }

  /** Its id: a uuid, or what `ExecuteOptions.jobId` asked for. The same wherever it goes on. */
  get id(): string {
    return this.#held.jobId;
  }

  /** All that it is and was, to be read at any time. */
  get state(): JobState {
    return this.#parts.handles.state as JobState;
  }

  /** Where it is on its way; `paused` only once it is quiet (see `pausing`). */
  get status(): JobStatus {
    return this.#held.status;
  }

  /** The status now, then each new one; completes at the end. */
  get status$(): Observable<JobStatus> {
    return viewsOf(this.#parts).status$();
  }

  /** Everything that happens from the subscription on, in order; completes at the end, and never errors. */
  get record$(): Observable<JobRecord> {
    return viewsOf(this.#parts).record$();
  }

  /** What handlers hand out with `ctx.output`, from the subscription on; completes at the end. */
  get output$(): Observable<OutputRecord> {
    return viewsOf(this.#parts).output$();
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
    return eventView(this.#parts, event);
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
    return slotView(this.#parts, slot);
  }

  /**
   * The state of one routine: now (undefined before it has run), then with each start and end of a task of it; unsubscribing
   * only stops watching; completes with the job, and never errors.
   *
   * @throws FlowError `UNKNOWN_ROUTINE`
   */
  routine$(routineId: string): Observable<Data | undefined> {
    return routineView(this.#parts, routineId);
  }

  /**
   * The records from now on, for `for await`. A reader that is slower than the job finds at most the newest 10,000, and a
   * `warning` if some were left out; breaking off the loop only stops watching.
   */
  [Symbol.asyncIterator](): RecordIterator {
    return recordIterator(this.record$);
  }

  /** How much waits and how much is at work: now, then after each stretch of work; completes at the end. */
  get progress$(): Observable<Progress> {
    return viewsOf(this.#parts).progress$();
  }

  /**
   * Resolves with the state at the end of the job, whatever the status; never rejects.
   *
   * @throws JobError `WOULD_DEADLOCK` in a handler of this job
   */
  get done(): Promise<JobState> {
    refuseWaiting('Waiting for job.done', this.#isOwn);
    return this.#held.done as Promise<JobState>;
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
   * Rejects with JobError `ILLEGAL_TRANSITION` if the job has ended or is paused, and `WOULD_DEADLOCK` in a handler of this job, or of one
   * that it has started: the job will pause all the same.
   */
  pause(options: PauseOptions = {}): Promise<JobState> {
    try {
      const quiet = this.#parts.life.pausing.pause(options) as Promise<JobState>;
      return unlessWaiting('Waiting for job.pause()', this.#isOwn, () => quiet);
    } catch (error) {
      return refusal(error);
    }
  }

  /** Made when it is asked for: closures that an old job holds keep the jobs after it from being collected young. */
  get #isOwn(): WaitedFor {
    return ({ job }) => job === this;
  }

  /**
   * Goes on with what waits, in order; withdraws a pause that is not quiet yet.
   *
   * @throws JobError `ILLEGAL_TRANSITION` if the job is not paused
   */
  resume(): void {
    this.#parts.life.pausing.resume();
  }

  /**
   * Ends the job at once: tasks that wait are dropped, attempts at work get their signal and are aborted.
   *
   * Rejects with JobError `ILLEGAL_TRANSITION` if the job has completed or failed.
   */
  async cancel(reason?: string): Promise<JobState> {
    this.#parts.life.cancel(reason);
    return Promise.resolve(this.state);
  }

  /**
   * Ends the job at once, as completed: tasks that wait are dropped, attempts at work get their signal and are aborted, operators are not
   * flushed. The reason stands in `state.reason`.
   *
   * Rejects with JobError `ILLEGAL_TRANSITION` if the job has ended or has not begun.
   */
  async complete(reason?: string): Promise<JobState> {
    this.#parts.life.complete(reason);
    return Promise.resolve(this.state);
  }

  /**
   * Ends one task, and no more: one that waits is dropped, one at work is aborted. It settles as `dropped`, without a retry, whatever the error
   * handler says. Gives whether there was such a task (see `state.pendingTasks`).
   */
  cancelTask(taskId: string, reason?: string): boolean {
    return cancelTask(this.#parts, taskId, reason);
  }

  /** The questions that it waits for (`ctx.waitFor`), in the order in which they were asked; none once it has ended. */
  get waits(): readonly Wait[] {
    return this.state.waits;
  }

  /** The open questions now, then after each stretch of work that asks, answers or closes some; completes at the end. */
  get waits$(): Observable<readonly Wait[]> {
    return viewsOf(this.#parts).waits$();
  }

  /**
   * Answers a question, once. While the job is paused the answer is kept, and used on resume.
   *
   * @throws JobError `UNKNOWN_TOKEN`, also if the job has ended or its time was over, `ALREADY_ANSWERED`, `ANSWER_MISMATCH`, `QUEUE_FULL`;
   * FlowError `BAD_OPTION`, `NOT_SERIALISABLE` with `emitMode: 'commit'`
   */
  answer(token: string, answer?: unknown, options: AnswerOptions = {}): void {
    const { by } = checkKnown(options, ANSWER_OPTIONS);
    this.#parts.asking.answer(checkText('token', token), answer, checkText('by', by));
  }

  /** Whether a pause waits until what is at work has ended. */
  get pausing(): boolean {
    return this.#parts.progress.pausing;
  }

  /**
   * Waits for the end: true at the end, false if `timeoutMs` pass before. The job goes on either way.
   *
   * Rejects with JobError `WOULD_DEADLOCK` in a handler of this job, FlowError `BAD_OPTION`, and what `onProgress` throws.
   */
  waitForCompletion(options: WaitOptions = {}): Promise<boolean> {
    const { plan } = this.#parts;
    const ended$ = defer(() => this.#held.done);
    return unlessWaiting('waitForCompletion', this.#isOwn, () =>
      waitForEnd({ ended$, progress$: this.progress$, scheduler: plan.settings.scheduler }, options),
    );
  }
}
