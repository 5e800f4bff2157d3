import { jobError } from '../job/JobError.js';
import { checkTransition, type JobStatus } from '../job/JobStatus.js';
import * as note from '../job/noteJob.js';
import * as fold from '../job/fold.js';
import { tellQueued } from '../job/noteTask.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { runOutside } from './ambient.js';
import { Deadline } from './Deadline.js';
import type { JobParts, Life } from './JobParts.js';
import { Pausing } from './Pausing.js';
import { attemptsAtWork } from './LiveWork.js';
import { abort, keep } from './settlement.js';
import { streamsFor } from './streamKinds.js';

/** Begins, stops, continues and ends one job: tells each of its parts. */
export class Lifecycle implements Life {
  isOver = false;
  hasBegun = false;
  isTold = false;
  insteadOfBegin: (() => void) | undefined = undefined;
  /** None for a job that may run as long as it likes. */
  readonly deadline: Deadline | undefined;
  readonly pausing: Pausing<JobParts['run']>;
  /** Whether the engine has taken the job on. */
  #isTaken = false;
  #done: Promise<object> | undefined = undefined;
  #resolve: ((state: object) => void) | undefined = undefined;
  #atEnd: (() => void)[] | undefined = undefined;

  constructor(private readonly job: JobParts) {
    const { leftMs } = job.options;
    this.deadline = leftMs === Infinity ? undefined : new Deadline(leftMs, job, this);
    this.pausing = new Pausing(job, this);
  }

  // Made outside the handler that may have started the job, or it would keep that in memory.
  get done(): Promise<object> {
    return (this.#done ??= runOutside(newPromise, (resolve) => {
      if (this.isOver) resolve(this.job.handles.state);
      else this.#resolve = resolve;
    }));
  }

  atEnd(work: () => void): void {
    if (this.isOver) work();
    else (this.#atEnd ??= []).push(work);
  }

  // ── it begins, and goes on ──────────────────────────────────────────────────────────────────────────────────────

  begin(): void {
    const { data } = this.job.ledger;
    this.#isTaken = true;
    if (this.insteadOfBegin !== undefined) this.insteadOfBegin();
    else if (data.status === 'pending') this.#start();
    else if (data.status === 'running' && !this.job.run.isOpen) this.#reopen();
  }

  #start(): void {
    this.#setStatus('running');
    this.#open();
  }

  goOnFrom(begun: boolean): void {
    this.hasBegun = begun;
    this.#setStatus('running');
  }

  /** After a pause. */
  goOn(): void {
    if (this.job.ledger.data.status === 'paused') this.#setStatus('running');
    // A job that has not been taken on yet begins at its time, in the context in which it was started.
    if (this.#isTaken) this.#reopen();
  }

  #reopen(): void {
    const { ledger, engine, run } = this.job;
    note.resumed(ledger);
    engine.goesOn(run);
    this.#open();
  }

  #open(): void {
    const { streams, plan, engine, run, limits } = this.job;
    this.deadline?.start();
    if (!this.hasBegun) this.#noteStart();
    // A stream may have failed while the job stood still.
    streams?.reopen();
    if (this.isOver) return;
    if (plan.keepsStreams || streams !== undefined) this.#openStreams();
    engine.toggle$.next({ run, open: true });
    limits?.wakeAll();
    // A job with nothing but feeds may be idle from the start.
    engine.released$.next(run);
  }

  #openStreams(): void {
    const streams = this.job.streams ?? streamsFor(this.job as never);
    streams.after(() => {
      if (!this.isOver) streams.open();
    });
  }

  #noteStart(): void {
    const { ledger, options, run } = this.job;
    this.hasBegun = true;
    note.started(ledger, options.entryRoutineId, options.params);
    if (ledger.watched) for (const task of run.queue.tasks()) tellQueued(ledger, task);
  }

  arm(): void {
    // Also while a pause waits for what is at work.
    if (this.job.ledger.data.status === 'running') this.deadline?.arm();
  }

  // ── it stands, and ends ─────────────────────────────────────────────────────────────────────────────────────────

  /** It is paused. */
  stand(): void {
    const { retries, emissions, engine, run } = this.job;
    this.deadline?.stop();
    retries?.hold();
    emissions.stand();
    this.#setStatus('paused');
    engine.stands(run);
  }

  rest(): void {
    if (this.isOver) return;
    if (!this.job.run.isOpen) this.pausing.quietDown();
    else if (this.#isLate) this.timeOut();
    else if (this.job.streams?.flush() !== true) this.#end('completed');
  }

  /** Whether it has run longer than it may, by a look at the clock after the last task. */
  get #isLate(): boolean {
    if (this.deadline === undefined) return false;
    this.job.engine.time.catchUp();
    return this.deadline.isOver;
  }

  timeOut(): void {
    this.job.engine.steps.apply(timeOut, this, undefined);
  }

  /** Fails as a job that has run longer than it may, unless it is over; within a step. */
  failLate(): void {
    if (this.isOver) return;
    const { ledger, options } = this.job;
    const error = jobError('TIMEOUT', { jobId: ledger.data.jobId, timeoutMs: options.timeoutMs });
    const routineId = ledger.data.currentRoutineId ?? options.entryRoutineId;
    keep(this.job, routineId, 'error', { error: error.message, error_type: error.name });
    this.fail(error);
  }

  fail(error: RoutiluxError): void {
    const { ledger } = this.job;
    fold.failedWith(ledger.data, error);
    this.#end('failed', jobError('STOPPED', { jobId: ledger.data.jobId, reason: error.message }, error));
  }

  cancel(reason?: string): void {
    const { ledger, engine } = this.job;
    const { jobId, status } = ledger.data;
    if (status === 'cancelled') return;
    checkTransition(jobId, status, 'cancelled');
    engine.drain.change(() => {
      // The clock may be the user's, and have ended the job (D31).
      if (this.isOver) return;
      fold.reasonGiven(ledger.data, reason);
      this.#end('cancelled', jobError('CANCELLED', { jobId, reason }));
    });
  }

  #end(status: JobStatus, cause?: Error): void {
    const { ledger, engine, run, limits, views } = this.job;
    this.isOver = true;
    // Before anybody hears of it: a listener of a signal may look at the job.
    fold.statusSet(ledger.data, status, ledger.now);
    engine.toggle$.next({ run, open: false });
    this.deadline?.end();
    if (cause !== undefined) this.#dropAll(cause);
    this.#stopStreams();
    limits?.wakeAll();
    const { length } = ledger.data.deferred;
    if (length > 0) ledger.warn(`${String(length)} deferred event(s) were left over: the job ended without a resume`);
    views?.status(status);
    engine.forget(run);
    // Last: if a teardown throws, that is told before the end.
    engine.steps.after(announceEnd, this);
  }

  #dropAll(cause: Error): void {
    const { job } = this;
    fold.dropped(job.ledger.data, job.progress.queued + attemptsAtWork(job).length);
    for (const attempt of job.engine.attemptsOf(job.run)) abort(job, attempt, cause);
    job.retries?.clear();
    job.tracker = undefined;
    job.run.queue.clear();
  }

  #stopStreams(): void {
    const { streams, engine } = this.job;
    if (streams !== undefined) engine.steps.after(streams.close());
  }

  /** Tells watchers of the end, and resolves `done`. */
  announceEnd(): void {
    const { ledger, handles, views } = this.job;
    views?.endSinks();
    note.ended(ledger);
    this.isTold = true;
    views?.end();
    for (const work of this.#atEnd ?? []) work();
    this.#atEnd = undefined;
    this.#resolve?.(handles.state);
    this.pausing.answer();
  }

  #setStatus(status: JobStatus): void {
    const { ledger, views } = this.job;
    fold.statusSet(ledger.data, status, ledger.now);
    views?.status(status);
  }
}

const newPromise = (executor: (resolve: (state: object) => void) => void): Promise<object> => new Promise(executor);

// Not functions that each job makes for itself: closures that an old job holds keep the jobs after it from being collected young.
const announceEnd = (life: Lifecycle): void => {
  life.announceEnd();
};

const timeOut = (life: Lifecycle): void => {
  life.failLate();
};
