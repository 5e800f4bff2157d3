import { checkText } from '../flow/checkOption.js';
import { jobError } from '../job/JobError.js';
import { checkTransition, type JobStatus } from '../job/JobStatus.js';
import * as note from '../job/noteJob.js';
import * as fold from '../job/fold.js';
import { tellQueued } from '../job/noteTask.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { endChildren } from './children.js';
import { Deadline } from './Deadline.js';
import type { JobParts, Life } from './JobParts.js';
import { loopIn } from './loopIn.js';
import { isPutOff, Parking } from './Parking.js';
import { Pausing } from './Pausing.js';
import { attemptsAtWork } from './LiveWork.js';
import { abort, keep } from './settlement.js';
import { streamsFor } from './streamKinds.js';

/** Begins, stops, continues and ends one job: tells each of its parts. */
export class Lifecycle implements Life {
  isOver = false;
  hasBegun = false;
  isTold = false;
  /** Made when all that it has left waits for the first time. */
  parking: Parking<JobParts['run']> | undefined = undefined;
  insteadOfBegin: (() => void) | undefined = undefined;
  /** None for a job that may run as long as it likes. */
  readonly deadline: Deadline | undefined;
  #pausing: Pausing<JobParts['run']> | undefined = undefined;
  /** Whether the engine has taken the job on. */
  #isTaken = false;
  /** Whether it was paused before it has begun here. */
  #isResumed = false;
  #atEnd: (() => void)[] | undefined = undefined;

  constructor(private readonly job: JobParts) {
    const { leftMs } = job.options;
    this.deadline = leftMs === Infinity ? undefined : new Deadline(leftMs, job, this);
  }

  /** Made when it is first asked for: most jobs are never paused. */
  get pausing(): Pausing<JobParts['run']> {
    return (this.#pausing ??= new Pausing(this.job, this));
  }

  atEnd(work: () => void): void {
    if (this.isOver) work();
    else (this.#atEnd ??= []).push(work);
  }

  // ── it begins, and goes on ──────────────────────────────────────────────────────────────────────────────────────

  begin(): void {
    // It may stand here twice, if it was paused and resumed before its turn came.
    if (this.#isTaken) return;
    this.#isTaken = true;
    if (this.insteadOfBegin !== undefined) this.insteadOfBegin();
    else this.#start();
  }

  #start(): void {
    if (this.job.ledger.data.status === 'pending') this.#setStatus('running');
    if (this.#isResumed) this.#reopen();
    else this.#open();
  }

  comeFromElsewhere(begun: boolean): void {
    this.hasBegun = begun;
    this.#setStatus('paused');
  }

  /** After a pause. */
  goOn(): void {
    const isPaused = this.job.ledger.data.status === 'paused';
    if (!this.#isTaken) return isPaused ? this.#waitAgain() : undefined;
    if (isPaused) this.#setStatus('running');
    this.#reopen();
  }

  /** It has not begun here: it does so once it has a place, behind those that wait. */
  #waitAgain(): void {
    const { engine, run } = this.job;
    this.#isResumed = true;
    engine.place(run);
    this.#setStatus(run.hasPlace ? 'running' : 'pending');
  }

  #reopen(): void {
    const { ledger, engine, run } = this.job;
    note.resumed(ledger);
    this.deadline?.start(engine.time.elapsed);
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
    const { delayed, ledger, emissions, engine, run } = this.job;
    this.parking?.end();
    this.deadline?.stop();
    delayed?.hold();
    if (ledger.data.waits.size > 0) this.job.asking.hold();
    emissions.stand();
    this.#setStatus('paused');
    engine.stands(run, this.#isTaken);
  }

  rest(): void {
    if (this.isOver) return;
    if (!this.job.run.isOpen) this.pausing.quietDown();
    else if (this.#isLate) this.timeOut();
    else if (isPutOff(this.job)) (this.parking ??= new Parking(this.job)).enter();
    else if (this.job.streams?.flush() !== true) this.#end('completed');
  }

  /** Whether it has run longer than it may, by a look at the clock after the last task. */
  get #isLate(): boolean {
    if (this.deadline === undefined) return false;
    this.job.engine.time.catchUp();
    return this.deadline.isOver;
  }

  timeOut(): void {
    this.job.engine.steps.apply(Lifecycle.#failLate, this, undefined);
  }

  // Static, and no function that each job makes for itself: closures that an old job holds keep the jobs after it from being collected young.
  static readonly #failLate = (life: Lifecycle): void => {
    if (life.isOver) return;
    const { ledger, options, engine } = life.job;
    const starving = engine.starving.first?.parts.ledger.data.jobId;
    const loop = loopIn(life.job);
    const error = jobError('TIMEOUT', { jobId: ledger.data.jobId, timeoutMs: options.timeoutMs, starving, loop });
    const routineId = ledger.data.currentRoutineId ?? options.entryRoutineId;
    keep(life.job, routineId, 'error', { error: error.message, error_type: error.name });
    life.fail(error);
  };

  fail(error: RoutiluxError): void {
    const { ledger } = this.job;
    fold.failedWith(ledger.data, error);
    this.#end('failed', jobError('STOPPED', { jobId: ledger.data.jobId, reason: error.message }, error));
  }

  cancel(reason?: string): void {
    checkText('reason', reason);
    const { jobId, status } = this.job.ledger.data;
    if (status !== 'cancelled') this.#endEarly('cancelled', reason, jobError('CANCELLED', { jobId, reason }));
  }

  complete(reason?: string): void {
    checkText('reason', reason);
    const { jobId } = this.job.ledger.data;
    this.#endEarly('completed', reason, jobError('STOPPED', { jobId, reason: reason ?? 'it was completed' }));
  }

  #endEarly(status: 'cancelled' | 'completed', reason: string | undefined, cause: Error): void {
    const { ledger, engine } = this.job;
    checkTransition(ledger.data.jobId, ledger.data.status, status);
    engine.drain.change(() => {
      // The clock may be the user's, and have ended the job (D31).
      if (this.isOver) return;
      fold.reasonGiven(ledger.data, reason);
      this.#end(status, cause);
    });
  }

  #end(status: JobStatus, cause?: Error): void {
    const { ledger, engine, run, limits, views } = this.job;
    this.isOver = true;
    this.parking?.end();
    // Before anybody hears of it: a listener of a signal may look at the job.
    fold.statusSet(ledger.data, status, ledger.now);
    engine.toggle$.next({ run, open: false });
    this.deadline?.end();
    if (cause !== undefined) this.#dropAll(cause);
    this.#stopStreams();
    limits?.wakeAll();
    if (ledger.data.waits.size > 0) this.#closeQuestions();
    const { length } = ledger.data.deferred;
    if (length > 0) ledger.warn(`${String(length)} deferred event(s) were left over: the job ended without a resume`);
    views?.status(status);
    engine.forget(run);
    // Last: if a teardown throws, that is told before the end.
    engine.steps.after(Lifecycle.#announceEnd, this);
  }

  #dropAll(cause: Error): void {
    const { job } = this;
    fold.dropped(job.ledger.data, job.progress.queued + attemptsAtWork(job).length);
    for (const attempt of job.engine.attemptsOf(job.run)) abort(job, attempt, cause);
    for (const { more } of job.tracker?.attempts ?? []) endChildren(more, job.engine.steps);
    job.delayed?.clear();
    job.tracker = undefined;
    job.run.queue.clear();
    endChildren(job, job.engine.steps);
  }

  #closeQuestions(): void {
    const { ledger, asking, views } = this.job;
    fold.waitsForgotten(ledger.data);
    asking.clear();
    views?.waits();
  }

  #stopStreams(): void {
    const { streams, engine } = this.job;
    if (streams !== undefined) engine.steps.after(streams.close());
  }

  /** Tells watchers of the end, and resolves `done`. */
  static readonly #announceEnd = (life: Lifecycle): void => {
    const { run, ledger, handles, views } = life.job;
    views?.endSinks();
    note.ended(ledger);
    life.isTold = true;
    views?.end();
    for (const work of life.#atEnd ?? []) work();
    life.#atEnd = undefined;
    run.answer(handles.state);
    life.#pausing?.answer();
  };

  #setStatus(status: JobStatus): void {
    const { ledger, views } = this.job;
    fold.statusSet(ledger.data, status, ledger.now);
    views?.status(status);
  }
}
