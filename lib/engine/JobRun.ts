import { defer, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { retryDelay } from '../flow/ErrorHandler.js';
import type { JobData, PendingSource } from '../job/JobData.js';
import { jobError } from '../job/JobError.js';
import type { OutputRecord, SlotActivationTask } from '../job/JobRecord.js';
import { checkTransition, type JobStatus } from '../job/JobStatus.js';
import { RoutineCell } from '../job/RoutineCell.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { Scope } from '../prelude/Scope.js';
import { currentAttempt } from './ambient.js';
import type { Attempt } from './Attempt.js';
import type { PauseOptions } from './Context.js';
import { Deadline } from './Deadline.js';
import { Delays } from './Delays.js';
import { type Emission, Emitted, entryEmission, retryEmission } from './Emission.js';
import type { Inlet, Node, Outlet, Plan } from './Plan.js';
import type { Pump } from './Pump.js';
import { drop, failTracked } from './settle.js';
import { TaskQueue, tasksOf } from './TaskQueue.js';
import { type Progress, Views } from './Views.js';
import type { Flow } from '../Flow.js';
import type { Job } from '../Job.js';
import type { JobState } from '../JobState.js';

/** What one run asks for, with every default filled in. */
export interface RunOptions {
  readonly entry: Inlet;
  readonly params: Data;
  /** Tasks of this job at work at once. */
  readonly cap: number;
  /** In ms of running time; `Infinity` for none. */
  readonly timeoutMs: number;
}

/** The faces of a run that users hold. */
export interface Doors {
  readonly flow: Flow;
  readonly job: Job;
  readonly state: JobState;
}

/** A pause that waits for the job to be quiet. */
interface Pausing {
  readonly options: PauseOptions;
  readonly quiet: Promise<JobState>;
  readonly resolve: (state: JobState) => void;
}

/**
 * One job at work: its queue behind the gate, what is in flight, and the counter that says when it is at rest. `#open`
 * counts every task that is queued, delayed, in flight or tracked; it grows before the task that caused it is closed, so
 * it reaches 0 once, at the very end.
 */
export class JobRun implements PendingSource {
  /** Whether the job has come to its end. */
  over = false;
  /** Tasks of it that hold or borrow a worker. */
  active = 0;
  /** Whether it stands in the pump's ring. */
  inRing = false;
  /** The attempt that started it, where a handler did. */
  parent: Attempt | undefined = currentAttempt();
  /** The async context of whoever started the run. */
  scope: Scope | undefined;
  /** Whether handlers are called so that their context follows them across an `await`. */
  readonly carries: boolean;
  /** Whether what an attempt does counts only when it succeeds. */
  readonly commits: boolean;
  /** What users hold of it; set by the flow that makes the run. */
  declare doors: Doors;

  /** What watchers see of it. */
  readonly views = new Views(this);
  readonly #queue = new TaskQueue(this);
  readonly #deadline: Deadline;
  // Made when first needed: most jobs are short, unwatched and never fail.
  #delays: Delays | undefined;
  readonly #cells: (RoutineCell | undefined)[] = [];
  #overdue: Attempt[] = [];
  #gate = false;
  #begun = false;
  #open = 0;
  #tracked = 0;
  #order = 1;
  #pausing: Pausing | undefined;
  #done: Promise<JobState> | undefined;
  #atEnd: (() => void)[] = [];

  constructor(
    readonly plan: Plan,
    readonly pump: Pump,
    readonly data: JobData,
    readonly options: RunOptions,
    scope: Scope | undefined,
  ) {
    this.scope = scope;
    this.#deadline = new Deadline(options.timeoutMs, pump.clock, plan.settings.scheduler, () => {
      pump.enter(() => {
        this.#timeOut();
      });
    });
    this.carries = plan.settings.asyncContext === 'auto';
    this.commits = plan.settings.emitMode === 'commit';
    data.source = this;
    this.#enqueue(entryEmission(options.entry.direct, options.params));
  }

  /** Whether the pump may take a task now. */
  get isReady(): boolean {
    return this.#gate && !this.#queue.isEmpty && this.active < this.options.cap;
  }

  get progress(): Progress {
    const active = this.active + this.#tracked;
    return { queued: this.#open - active, active, status: this.data.status };
  }

  /** Resolves with the job's state at its end. */
  get done(): Promise<JobState> {
    return (this.#done ??= new Promise((resolve) => {
      this.atEnd(() => {
        resolve(this.doors.state);
      });
    }));
  }

  /** Emits once, at the end. */
  get ended$(): Observable<JobState> {
    return defer(() => this.done);
  }

  /** Lets go of whoever started it and is done: where each job starts the next, the last would hold them all. */
  part(): void {
    this.scope = undefined;
    while (this.parent?.isAtWork === false) this.parent = this.parent.run.parent;
  }

  /** Calls back at the end of the job, in the same step. */
  atEnd(work: () => void): void {
    if (this.over) work();
    else this.#atEnd.push(work);
  }

  // ── emissions ───────────────────────────────────────────────────────────────────────────────────────────────────

  emit(outlet: Outlet, payload: Data): void {
    const data = this.plan.isolate(payload);
    if (this.pump.isDraining) this.#emitNow(outlet, data);
    else {
      this.pump.change(() => {
        this.#emitNow(outlet, data);
      });
    }
  }

  /** Keeps an emission until the job is resumed. */
  defer(outlet: Outlet, payload: Data): void {
    this.data.deferred.push({ routineId: outlet.node.id, event: outlet.name, data: this.plan.isolate(payload) });
  }

  #emitNow(outlet: Outlet, data: Data): void {
    const emission = new Emitted(outlet, data, this.#order++, this.pump.tick);
    this.cellOf(outlet.node).countEmitted(outlet.ordinal);
    this.data.history.emitted(emission);
    if (outlet.emission$.observed) outlet.emission$.next(emission);
    if (this.views.watched)
      this.views.tell({ type: 'emitted', routineId: outlet.node.id, event: outlet.name, data: { ...data } });
    this.#enqueue(emission);
  }

  #enqueue(emission: Emission): void {
    if (emission.routes.length === 0) return;
    this.#open += emission.routes.length;
    this.#queue.push(emission);
    if (this.views.watched) this.#tellQueued(tasksOf(this, emission, 0));
    this.pump.ready(this);
  }

  #tellQueued(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) this.views.tell({ type: 'taskQueued', ...attempt.task() });
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the oldest task off the queue; it is at work from here on. */
  take(): Attempt {
    const attempt = this.#queue.take();
    const { node } = attempt.route.target;
    this.active++;
    this.cellOf(node).active++;
    if (this.views.followed) this.pump.stir(this);
    this.data.currentRoutineId = node.id;
    if (this.plan.settings.metrics) this.#measure(attempt);
    if (this.views.watched) this.views.tell({ type: 'taskStarted', ...attempt.task() });
    return attempt;
  }

  #measure(attempt: Attempt): void {
    attempt.start(this.pump, this.cellOf(attempt.route.target.node));
    this.data.executions.push(attempt);
  }

  cellOf(node: Node): RoutineCell {
    return this.#cells[node.index] ?? this.#newCell(node);
  }

  #newCell({ index, id, slotNames, events }: Node): RoutineCell {
    const cell = this.data.cells.get(id) ?? new RoutineCell(id, slotNames, [...events.keys()]);
    this.data.cells.set(id, cell);
    return (this.#cells[index] = cell);
  }

  /** The attempt gives its worker back. */
  leave(attempt: Attempt): void {
    this.active--;
    if (this.views.followed) this.pump.stir(this);
    this.pump.release(attempt);
  }

  /** A task is done for good; the last one brings the job to rest. */
  closeTask(): void {
    this.#open--;
    if (this.#pausing !== undefined) this.#quietDown();
    else if (this.#open === 0 && this.#gate) this.#end('completed');
    else this.pump.ready(this);
  }

  /** Puts the next attempt at the end of the queue, after the delay that the error handler asks for. */
  retryLater(attempt: Attempt): void {
    const handler = attempt.route.target.node.errorHandler;
    const delay = handler === undefined ? 0 : retryDelay(attempt.attempt, () => this.#random(), handler);
    if (delay > 0) this.#delay(attempt, delay);
    else this.#retry(attempt);
    if (this.#pausing !== undefined) this.#quietDown();
    else this.pump.ready(this);
  }

  // It is the user's: one that throws takes nothing off the delay.
  #random(): number {
    try {
      return this.plan.settings.random();
    } catch (error) {
      this.views.warn('The random of the flow threw; the delay of a retry has no jitter', error);
      return 0;
    }
  }

  #delay(attempt: Attempt, delay: number): void {
    this.#delays ??= new Delays(this.plan.settings.scheduler, (due) => {
      this.pump.enter(() => {
        this.#due(due);
      });
    });
    this.#delays.add(attempt, delay, this.pump.now());
  }

  #due(attempt: Attempt): void {
    if (this.#gate) this.#retry(attempt);
    else this.#overdue.push(attempt);
  }

  #retry(attempt: Attempt): void {
    this.#open--;
    this.#enqueue(retryEmission(attempt));
  }

  /** Keeps the job open until a promise settles, without a worker. */
  track(attempt: Attempt, work: PromiseLike<unknown>): void {
    this.#open++;
    this.#tracked++;
    Promise.resolve(work).then(
      () => {
        this.#untrack(() => {
          this.closeTask();
        });
      },
      (error: unknown) => {
        this.#untrack(() => {
          // What a failed attempt had left running fails with it, and is answered with it.
          if (attempt.stale) this.closeTask();
          else failTracked(attempt, error);
        });
      },
    );
  }

  #untrack(conclude: () => void): void {
    if (this.over) return;
    this.pump.enter(() => {
      this.#tracked--;
      conclude();
    });
  }

  /** Everything that waits to run, in the order in which it will. */
  pendingTasks(): readonly SlotActivationTask[] {
    return [
      ...this.#queue.tasks().map((attempt) => attempt.task()),
      ...this.#overdue.map((attempt) => attempt.next()),
      ...(this.#delays?.waiting ?? []).map(({ attempt, dueAt }) => ({ ...attempt.next(), dueAt: new Date(dueAt) })),
    ];
  }

  // ── the life of the job ─────────────────────────────────────────────────────────────────────────────────────────

  /** The pump takes the job on. */
  begin(): void {
    if (this.data.status !== 'pending' || this.#pausing !== undefined) return;
    this.#setStatus('running');
    this.#openGate();
  }

  /** Arms the timer of the execution timeout. */
  arm(): void {
    if (this.#gate) this.#deadline.arm();
  }

  #openGate(): void {
    this.#gate = true;
    this.#deadline.run(this.pump.reading);
    if (!this.#begun) this.#noteStart();
    this.pump.ready(this);
  }

  #noteStart(): void {
    const { entry, params } = this.options;
    const entryRoutineId = entry.node.id;
    this.#begun = true;
    this.data.history.start({
      routineId: entryRoutineId,
      eventName: 'start',
      data: params,
      tick: this.pump.tick,
      order: 0,
    });
    if (this.views.watched) this.#tellStart(entryRoutineId, params);
  }

  #tellStart(entryRoutineId: string, params: Data): void {
    this.views.tell({ type: 'started', entryRoutineId, entryParams: { ...params } });
    this.#tellQueued(this.#queue.tasks());
  }

  #timeOut(): void {
    const error = jobError('TIMEOUT', { jobId: this.data.jobId, timeoutMs: this.options.timeoutMs });
    const routineId = this.data.currentRoutineId ?? this.options.entry.node.id;
    this.keep(routineId, 'error', { error: error.message, error_type: error.name });
    this.fail(error);
  }

  /** A task failed, and the job with it: that task is done, so it is not among those that are dropped. */
  failTask(error: RoutiluxError): void {
    this.#open--;
    this.fail(error);
  }

  fail(error: RoutiluxError): void {
    this.data.error = error;
    this.#end('failed', jobError('STOPPED', { jobId: this.data.jobId, reason: error.message }, error));
  }

  /** @throws JobError `ILLEGAL_TRANSITION` */
  cancel(reason?: string): void {
    const { jobId, status } = this.data;
    if (status === 'cancelled') return;
    checkTransition(jobId, status, 'cancelled');
    this.pump.change(() => {
      this.data.reason = reason;
      this.#end('cancelled', jobError('CANCELLED', { jobId, reason }));
    });
  }

  #end(status: JobStatus, cause?: Error): void {
    this.over = true;
    this.#gate = false;
    // Before anybody hears of it: a listener of a signal may call the job.
    this.data.status = status;
    this.#deadline.stop();
    if (cause !== undefined) this.#letGo(cause);
    const { length } = this.data.deferred;
    if (length > 0) this.views.warn(`${length} deferred event(s) were left over: the job ended without a resume`);
    this.#setStatus(status);
    this.pump.forget(this);
    this.#announceEnd();
  }

  #letGo(cause: Error): void {
    this.data.dropped = this.#open;
    for (const attempt of this.pump.attemptsOf(this)) drop(attempt, cause);
    this.#delays?.clear();
    this.#overdue = [];
    this.#queue.clear();
    this.#open = 0;
  }

  #announceEnd(): void {
    this.views.endSinks();
    if (this.views.watched) this.#tellEnd();
    this.views.end();
    for (const work of this.#atEnd) work();
    this.#atEnd = [];
    this.#pausing?.resolve(this.doors.state);
    this.#pausing = undefined;
  }

  #tellEnd(): void {
    const { status, error, reason } = this.data;
    const why = { ...(error === undefined ? {} : { error }), ...(reason === undefined ? {} : { reason }) };
    this.views.tell({ type: 'ended', status, ...why });
  }

  #setStatus(status: JobStatus): void {
    this.data.status = status;
    this.data.updatedAt = this.pump.now();
    this.views.status(status);
  }

  // ── the gate ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Closes the gate: nothing new starts. Resolves when what is in flight has ended.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  pause(options: PauseOptions = {}): Promise<JobState> {
    if (this.#pausing !== undefined) return this.#pausing.quiet;
    checkTransition(this.data.jobId, this.data.status, 'paused');
    let resolve: Pausing['resolve'] = () => undefined;
    const quiet = new Promise<JobState>((settle) => (resolve = settle));
    this.#pausing = { options, quiet, resolve };
    this.#gate = false;
    this.pump.change(() => {
      this.#quietDown();
    });
    return quiet;
  }

  #quietDown(): void {
    if (this.#pausing === undefined || this.active > 0 || this.#tracked > 0) return;
    const { options, resolve } = this.#pausing;
    this.#pausing = undefined;
    this.#deadline.stop();
    this.#notePause(options);
    this.#setStatus('paused');
    resolve(this.doors.state);
  }

  #notePause({ reason, checkpoint }: PauseOptions): void {
    const { currentRoutineId, pausePoints } = this.data;
    const timestamp = new Date(this.pump.now());
    pausePoints.push({ reason, checkpoint, currentRoutineId, pendingTasks: this.#open, timestamp });
    const why = { ...(reason === undefined ? {} : { reason }), ...(checkpoint === undefined ? {} : { checkpoint }) };
    if (this.views.watched) this.views.tell({ type: 'paused', pendingTasks: this.#open, ...why });
  }

  /**
   * Opens the gate again; a pause that still waits is withdrawn.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  resume(): void {
    const withdrawn = this.#pausing;
    if (withdrawn === undefined && this.data.status !== 'paused') {
      throw jobError('ILLEGAL_TRANSITION', { jobId: this.data.jobId, from: this.data.status, to: 'running' });
    }
    this.#pausing = undefined;
    this.pump.change(() => {
      this.#reopen();
    });
    withdrawn?.resolve(this.doors.state);
  }

  #reopen(): void {
    if (this.data.status === 'pending') return;
    if (this.data.status === 'paused') this.#setStatus('running');
    if (this.views.watched) this.views.tell({ type: 'resumed' });
    this.#openGate();
    this.#emitDeferred();
    this.#retryOverdue();
    this.pump.resume(this);
    if (this.#open === 0) this.#end('completed');
  }

  #retryOverdue(): void {
    const overdue = this.#overdue;
    this.#overdue = [];
    for (const attempt of overdue) this.#retry(attempt);
  }

  /** Deferred events go before whatever waits. */
  #emitDeferred(): void {
    const { deferred } = this.data;
    if (deferred.length === 0) return;
    const waiting = this.#queue.takeAll();
    this.data.deferred = [];
    for (const { routineId, event, data } of deferred) {
      const outlet = this.plan.nodes.get(routineId)?.events.get(event);
      if (outlet === undefined)
        this.views.warn(`Deferred event '${event}' of routine '${routineId}' is unknown to this flow and left out`);
      else this.#emitNow(outlet, data);
    }
    for (const emission of waiting) this.#queue.push(emission);
  }

  // ── what is told of it ──────────────────────────────────────────────────────────────────────────────────────────

  keep(routineId: string, eventName: string, data: Data): void {
    this.data.history.keep({ routineId, eventName, data, tick: this.pump.tick, order: this.#order++ });
  }

  output(routineId: string, type: string, payload: Data): void {
    this.pump.refresh();
    const { jobId } = this.data;
    const output: OutputRecord = { jobId, routineId, type, data: { ...payload }, timestamp: new Date(this.pump.now()) };
    this.data.outputs.push(output);
    this.views.output(output);
  }
}
