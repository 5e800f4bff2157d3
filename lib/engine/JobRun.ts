import { defer, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { retryDelay } from '../flow/ErrorHandler.js';
import { checkSerialisable } from '../flow/FlowError.js';
import type { FixedLimit } from '../flow/Limit.js';
import type { JobData } from '../job/JobData.js';
import { jobError } from '../job/JobError.js';
import type { OutputRecord } from '../job/JobRecord.js';
import { checkTransition, type JobStatus } from '../job/JobStatus.js';
import type { Remainder, RemainderSource, RemainingTask } from '../job/Remainder.js';
import { endWith, RoutineCell } from '../job/RoutineCell.js';
import { isTimed } from '../job/stopwatch.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { Scope } from '../prelude/Scope.js';
import { captureScope } from '#async-context';
import { currentAttempt } from './ambient.js';
import type { Attempt } from './Attempt.js';
import { Backlog } from './Backlog.js';
import type { PauseOptions } from './Context.js';
import { Deadline } from './Deadline.js';
import { arrival, type Emission, Emitted, entryEmission, retryEmission } from './Emission.js';
import { Gate } from './Gate.js';
import { Intake } from './Intake.js';
import { type Inlet, type Node, type Outlet, placeOf, type Plan, type Route } from './Plan.js';
import type { Pump } from './Pump.js';
import { Retries } from './Retries.js';
import { drop } from './settle.js';
import type { Stream } from './Streams.js';
import { TaskQueue, tasksOf } from './TaskQueue.js';
import { Tracker } from './Tracker.js';
import { type Progress, Views } from './Views.js';
import type { Flow } from '../Flow.js';
import type { Job } from '../Job.js';
import type { JobState } from '../JobState.js';

/** What one run asks for, with every default filled in. */
export interface RunOptions {
  readonly entryRoutineId: string;
  readonly params: Data;
  /** Tasks of this job at work at once. */
  readonly cap: number;
  /** In ms of running time, and what is left of it; `Infinity` for none. */
  readonly timeoutMs: number;
  readonly leftMs: number;
  /** How many of its tasks may wait. */
  readonly limit: FixedLimit;
}

/** The faces of a run that users hold. */
export interface Doors {
  readonly flow: Flow;
  readonly job: Job;
  readonly state: JobState;
}

/**
 * One job at work: its queue behind the gate, what is in flight, and the counter that says when it is at rest. `#open`
 * counts every task that is queued, delayed, in flight or tracked; it grows before the task that caused it is closed, so
 * it reaches 0 once, at the very end.
 */
export class JobRun implements RemainderSource {
  /** Whether the job has come to its end. */
  over = false;
  /** Tasks of it that hold or borrow a worker. */
  active = 0;
  /** Whether it stands in the pump's ring. */
  inRing = false;
  /** Whether its followers are to be told of progress at the end of this stretch of work. */
  stirred = false;
  /** The attempt that started it, where a handler did. */
  parent: Attempt | undefined = currentAttempt();
  /** The async context of whoever started the run, once it has to be kept. */
  scope: Scope | undefined = undefined;
  /** Whether handlers are called so that their context follows them across an `await`. */
  readonly carries: boolean;
  /** Whether what an attempt does counts only when it succeeds. */
  readonly commits: boolean;
  readonly #measures: boolean;
  /** What is done when the pump takes it on, if it is not to begin. */
  insteadOfBegin: (() => void) | undefined = undefined;
  /** What users hold of it; set by the flow that makes the run. */
  declare doors: Doors;

  /** What watchers see of it. */
  readonly views = new Views(this);
  readonly #queue = new TaskQueue(this);
  readonly #deadline: Deadline;
  readonly #gate = new Gate();
  // Made when first needed: most jobs are short, unwatched and never fail.
  #backlog: Backlog | undefined;
  #retries: Retries | undefined;
  readonly #cells: (RoutineCell | undefined)[] = [];
  #tracker: Tracker | undefined;
  #intake: Intake | undefined;
  /** Whether the pump has taken it on. */
  #taken = false;
  #begun = false;
  #open = 0;
  /** Whether something is being done to its streams. */
  #atStreams = false;
  #order = 1;
  /** What it has taken in since it was paused. */
  #gathered = 0;
  #done: Promise<JobState> | undefined = undefined;
  #resolve: ((state: JobState) => void) | undefined = undefined;
  #atEnd: (() => void)[] | undefined = undefined;

  constructor(
    readonly plan: Plan,
    readonly pump: Pump,
    readonly data: JobData,
    readonly options: RunOptions,
  ) {
    this.#deadline = new Deadline(options.leftMs, this);
    this.carries = plan.settings.asyncContext === 'auto';
    this.commits = plan.settings.emitMode === 'commit';
    this.#measures = plan.settings.metrics;
    data.source = this;
    if (options.limit.maxQueued !== Infinity || plan.limited.length > 0) this.#backlog = this.#newBacklog();
  }

  /** It begins at its entry. */
  enter(entry: Inlet): void {
    this.#put(entryEmission(entry.direct, this.options.params));
  }

  /** Whether the pump may take a task now. */
  get isReady(): boolean {
    return this.#gate.isOpen && this.#queue.length > 0 && this.active < this.options.cap;
  }

  get progress(): Progress {
    const active = this.active + this.#tracking + (this.#intake?.size ?? 0);
    return { queued: this.#open - active, active, status: this.data.status };
  }

  /** Promises that are tracked. */
  get #tracking(): number {
    return this.#tracker?.size ?? 0;
  }

  /** Resolves with the job's state at its end. */
  get done(): Promise<JobState> {
    return (this.#done ??= new Promise((resolve) => {
      if (this.over) resolve(this.doors.state);
      else this.#resolve = resolve;
    }));
  }

  /** Keeps the async context of here and now for what is done later. */
  keepScope(): void {
    if (this.carries && !this.over) this.scope ??= captureScope();
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
    else (this.#atEnd ??= []).push(work);
  }

  // ── emissions ───────────────────────────────────────────────────────────────────────────────────────────────────

  emit(outlet: Outlet, payload: Data): void {
    if (this.data.status === 'paused') this.#gather();
    const data = this.plan.isolate(payload);
    if (this.pump.isDraining) this.#emitNow(outlet, data);
    else this.#emitAtRest(outlet, data);
  }

  #emitAtRest(outlet: Outlet, data: Data): void {
    this.pump.change(() => {
      this.#emitNow(outlet, data);
    });
  }

  /** A handler that has returned long ago, a timer, emits while the job stands still: that is kept, up to a bound. */
  #gather(): void {
    this.checkRoom('emit', this.#gathered);
    this.#gathered++;
  }

  /** @throws JobError `PAUSED_FULL` */
  checkRoom(call: string, held: number): void {
    const { pausedLimit } = this.plan.settings;
    if (held >= pausedLimit) throw jobError('PAUSED_FULL', { jobId: this.data.jobId, call, limit: pausedLimit });
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
    if (this.views.watched) this.#tellEmitted(outlet, data);
    this.#enqueue(emission);
  }

  #tellEmitted({ node, name }: Outlet, data: Data): void {
    this.views.tell({ type: 'emitted', routineId: node.id, event: name, data: this.plan.show(data) });
  }

  #enqueue(emission: Emission): void {
    if (emission.routes.length === 0) return;
    if (this.#backlog === undefined) this.#put(emission);
    else this.#putParts(emission, this.#backlog);
  }

  #putParts(emission: Emission, backlog: Backlog): void {
    for (const part of backlog.partsOf(emission)) this.#putWhereRoom(part, backlog);
  }

  #putWhereRoom(part: Emission, backlog: Backlog): void {
    if (backlog.makeRoom(part)) this.#put(part);
    else for (const attempt of tasksOf(this, part, 0)) this.#shed(attempt);
  }

  #put(emission: Emission): void {
    this.#open += emission.routes.length;
    this.#push(emission);
    if (this.views.watched) this.#tellPut(emission);
    if (!this.inRing) this.pump.ready(this);
  }

  // What waits at the start is told with it.
  #tellPut(emission: Emission): void {
    if (this.#begun) this.#tellQueued(tasksOf(this, emission, 0));
  }

  #push(emission: Emission): void {
    this.#queue.push(emission);
    if (this.#queue.length > this.data.highWater) this.data.highWater = this.#queue.length;
    if (this.#backlog !== undefined) this.#backlog.added(emission);
  }

  #newBacklog(): Backlog {
    return new Backlog(this, this.#queue, (attempt) => {
      this.#open--;
      this.#shed(attempt);
    });
  }

  /** A task for which there was no room is let go of. */
  #shed(attempt: Attempt): void {
    attempt.outcome = 'dropped';
    // It is not kept after all.
    if (this.data.status === 'paused' && this.#gathered > 0) this.#gathered--;
    this.cellOf(attempt.route.target.node).dropped++;
    this.data.dropped++;
    if (this.views.watched) this.views.tell({ type: 'taskSettled', outcome: 'dropped', ...attempt.task() });
  }

  /** Whether an emission needs no more than to be put on the queue. */
  get isFree(): boolean {
    return !this.commits && this.#backlog === undefined;
  }

  /** The limits of what may wait, where there are some. */
  get limits(): Backlog | undefined {
    return this.#backlog;
  }

  #tellQueued(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) this.views.tell({ type: 'taskQueued', ...attempt.task() });
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the oldest task off the queue; it is at work from here on. */
  take(): Attempt {
    const attempt = this.#queue.take();
    const { cell } = attempt;
    if (this.#backlog !== undefined) this.#backlog.taken(attempt);
    this.active++;
    cell.active++;
    this.data.currentRoutineId = cell.routineId;
    if (this.#measures) this.#measure(attempt);
    if (this.views.isWatched) this.#tellTaken(attempt);
    return attempt;
  }

  #measure(attempt: Attempt): void {
    attempt.tick = this.pump.tick;
    if (isTimed(attempt.cell)) attempt.startClock();
    this.data.executions.push(attempt);
  }

  #tellTaken(attempt: Attempt): void {
    if (this.views.followed) this.pump.stir(this);
    if (this.views.watched) this.views.tell({ type: 'taskStarted', ...attempt.task() });
  }

  cellOf(node: Node): RoutineCell {
    return this.#cells[node.index] ?? this.#newCell(node);
  }

  #newCell(node: Node): RoutineCell {
    const cell = this.cellSeen(node);
    this.data.cells.set(node.id, cell);
    return (this.#cells[node.index] = cell);
  }

  /** The same, but for a routine that has done nothing yet it is not kept. */
  cellSeen({ id, slotNames, eventNames }: Node): RoutineCell {
    return this.data.cells.get(id) ?? new RoutineCell(id, slotNames, eventNames);
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
    if (this.#open > 0 || !this.#gate.isOpen) this.#goOn();
    else if (!this.#atStreams) this.#rest();
  }

  /** Nothing is left to do: the streams complete, and when they have nothing to give any more, the job is done. */
  #rest(): void {
    while (this.#open === 0 && this.#gate.isOpen) {
      const next = this.#intake?.next ?? [];
      if (next.length === 0) this.#end('completed');
      else this.#complete(next);
    }
  }

  #complete(streams: readonly Stream[]): void {
    this.#withStreams(() => {
      for (const stream of streams) if (!this.over) stream.complete();
    });
  }

  /** Does something to the streams that may end some of them; whether the job is at rest is asked after it. */
  #withStreams(work: () => void): void {
    this.#atStreams = true;
    try {
      work();
    } finally {
      this.#atStreams = false;
    }
  }

  #goOn(): void {
    if (this.#gate.asked !== undefined) this.#quietDown();
    else if (!this.inRing) this.pump.ready(this);
  }

  /** The ms that the error handler asks for before the next attempt. */
  delayOf({ route, attempt }: Attempt): number {
    const handler = route.target.node.errorHandler;
    return handler === undefined ? 0 : retryDelay(attempt, () => this.#random(), handler);
  }

  /** Puts the next attempt at the end of the queue, after a delay. */
  retryLater(attempt: Attempt, delay: number): void {
    const emission = retryEmission(attempt);
    if (delay > 0) this.#waitingRetries.arm(this.#waitingRetries.add(emission, this.pump.now() + delay), delay);
    else this.#requeue(emission);
    this.#goOn();
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

  get #waitingRetries(): Retries {
    return (this.#retries ??= new Retries(this.plan.settings.scheduler, (due) => {
      // Behind a closed gate it waits on, and is due when that opens.
      if (this.#gate.isOpen)
        this.pump.enter(() => {
          this.#retries?.remove(due);
          this.#requeue(due.emission);
        });
    }));
  }

  /** A task that was counted already joins the end of the queue. */
  #requeue(emission: Emission): void {
    this.#open--;
    this.#put(emission);
  }

  /** Keeps the job open until a promise settles, without a worker. */
  track(attempt: Attempt, work: PromiseLike<unknown>): void {
    (this.#tracker ??= new Tracker(this)).follow(attempt, work);
  }

  // ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What it has beside its tasks. */
  get intake(): Intake {
    return (this.#intake ??= new Intake(this));
  }

  /** A stream of the routine has come to its end. */
  noteStreamed(node: Node): void {
    endWith('completed', this.cellOf(node));
  }

  /** There is one thing more to do: a task, or a stream to wait for. */
  openTask(): void {
    this.#open++;
  }

  /** The number of an emission. */
  nextOrder(): number {
    return this.#order++;
  }

  /** A stream emits, outside any task. @throws JobError `QUEUE_FULL`, `PAUSED_FULL`; FlowError `NOT_SERIALISABLE` */
  give(outlet: Outlet, payload: Data): void {
    this.#check(() => placeOf(outlet), outlet.routes, payload);
    this.emit(outlet, payload);
  }

  /** A stream from outside brings a payload to a slot. @throws as `give` */
  bring(inlet: Inlet, payload: Data): void {
    this.#check(() => `Input of slot '${inlet.name}' of routine '${inlet.node.id}'`, inlet.direct, payload);
    if (this.data.status === 'paused') this.#gather();
    const data = this.plan.isolate(payload);
    this.pump.change(() => {
      this.#enqueue(arrival(inlet.direct, data, this.#order++));
    });
  }

  #check(where: () => string, routes: readonly Route[], payload: Data): void {
    if (this.commits) checkSerialisable(payload, where);
    this.#backlog?.check(where, routes, undefined);
  }

  /** Whether a source that can wait may bring a value for these routes now; `whenRoom` tells when to ask again. */
  hasRoom(routes: readonly Route[]): boolean {
    return this.#gate.isOpen && this.#room.hasRoom(routes);
  }

  whenRoom(routes: readonly Route[], wake: () => void): void {
    this.#room.whenRoom(routes, wake);
  }

  get #room(): Backlog {
    return (this.#backlog ??= this.#newBacklog());
  }

  // ── what is left to do ──────────────────────────────────────────────────────────────────────────────────────────

  /** Everything that waits to run, in the order in which it will. */
  waiting(): readonly RemainingTask[] {
    const delayed = this.#retries?.delayed ?? [];
    return [
      ...this.#queue.tasks().map((attempt) => attempt.remaining()),
      ...delayed.flatMap(({ emission, dueAt }) =>
        tasksOf(this, emission, 0).map((attempt) => attempt.remaining(new Date(dueAt))),
      ),
    ];
  }

  /** That, after what is at work: it runs again where a job is taken up from here. */
  remainder(): Remainder {
    const { entryRoutineId, cap, limit, timeoutMs } = this.options;
    const leftMs = Math.max(this.#deadline.left, 0);
    const tasks = this.over ? [] : [...this.#atWork(), ...this.waiting()];
    const { structure } = this.plan;
    return { structure, entryRoutineId, begun: this.#begun, cap, limit, timeoutMs, leftMs, order: this.#order, tasks };
  }

  /** The tasks whose handler, or a promise that it tracks, is at work. */
  #attemptsAtWork(): readonly Attempt[] {
    // One that has failed is done, although its handler, or another promise that it tracks, may not have ended. Where it is
    // stale, what becomes of it is being asked at this moment.
    const atWork = [...this.pump.attemptsOf(this)].filter(({ error, stale }) => error === undefined || stale);
    const tracking = (this.#tracker?.attempts ?? []).filter(({ error, stale }) => error === undefined && !stale);
    return [...new Set([...atWork, ...tracking])];
  }

  #atWork(): readonly RemainingTask[] {
    const tasks = this.#attemptsAtWork().map((attempt) => attempt.remaining());
    return tasks.sort((a, b) => a.order - b.order || a.place - b.place);
  }

  /** Takes a task up that was written down; one with a time waits for it. */
  takeUp(emission: Emission, dueAt: number | undefined): void {
    this.#open++;
    if (dueAt === undefined) this.#push(emission);
    else this.#waitingRetries.add(emission, dueAt);
  }

  /** The job goes on from here: it has begun elsewhere, unless it has not. */
  goOnFrom({ begun, order }: Remainder): void {
    this.#begun = begun;
    this.#order = order;
    this.#setStatus('running');
  }

  // ── the life of the job ─────────────────────────────────────────────────────────────────────────────────────────

  /** The pump takes the job on; it may have been paused, or ended, in the meantime. */
  begin(): void {
    const { status } = this.data;
    this.#taken = true;
    if (this.insteadOfBegin !== undefined) this.insteadOfBegin();
    else if (status === 'pending') {
      this.#setStatus('running');
      this.#openGate();
      // One that is only fed may have nothing to do from the start.
      if (this.#open === 0 && !this.over) this.#rest();
    } else if (status === 'running' && !this.#gate.isOpen) this.#reopen();
  }

  /** Arms the timer of the execution timeout. */
  arm(): void {
    // Also while a pause waits for what is at work.
    if (this.data.status === 'running') this.#deadline.arm();
  }

  #openGate(): void {
    this.#gate.isOpen = true;
    this.#deadline.start(this.pump.reading);
    if (!this.#begun) this.#noteStart();
    if (this.plan.streams || this.#intake !== undefined)
      this.#withStreams(() => {
        this.intake.open();
      });
    if (this.over) return;
    this.#backlog?.wakeAll();
    this.pump.ready(this);
  }

  #noteStart(): void {
    const { entryRoutineId, params } = this.options;
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

  timeOut(): void {
    const error = jobError('TIMEOUT', { jobId: this.data.jobId, timeoutMs: this.options.timeoutMs });
    const routineId = this.data.currentRoutineId ?? this.options.entryRoutineId;
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
    this.#gate.isOpen = false;
    // Before anybody hears of it: a listener of a signal may call the job.
    this.data.status = status;
    this.#deadline.stop();
    if (cause !== undefined) this.#letGo(cause);
    this.#intake?.stop();
    this.#backlog?.wakeAll();
    const { length } = this.data.deferred;
    if (length > 0) this.views.warn(`${length} deferred event(s) were left over: the job ended without a resume`);
    this.#setStatus(status);
    this.pump.forget(this);
    this.#announceEnd();
  }

  #letGo(cause: Error): void {
    this.data.dropped += this.progress.queued + this.#attemptsAtWork().length;
    for (const attempt of this.pump.attemptsOf(this)) drop(attempt, cause);
    this.#retries?.clear();
    this.#tracker = undefined;
    this.#queue.clear();
    this.#open = 0;
  }

  #announceEnd(): void {
    this.views.endSinks();
    if (this.views.watched) this.#tellEnd();
    this.views.end();
    if (this.#atEnd !== undefined) for (const work of this.#atEnd) work();
    this.#atEnd = undefined;
    this.#resolve?.(this.doors.state);
    this.#gate.answer(this.doors.state);
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
    const waits = this.#gate.asked !== undefined;
    if (this.commits) checkSerialisable(options.checkpoint, () => 'The checkpoint of a pause');
    if (!waits) checkTransition(this.data.jobId, this.data.status, 'paused');
    const quiet = this.#gate.pause({ reason: options.reason, checkpoint: copyDeep(options.checkpoint) });
    if (!waits)
      this.pump.change(() => {
        this.#quietDown();
      });
    return quiet;
  }

  #quietDown(): void {
    const { asked } = this.#gate;
    if (asked === undefined || this.active > 0 || this.#tracking > 0) return;
    this.#deadline.stop();
    this.#retries?.hold();
    this.#gathered = 0;
    this.#notePause(asked);
    this.#setStatus('paused');
    this.#gate.answer(this.doors.state);
  }

  #notePause({ reason, checkpoint }: PauseOptions): void {
    const { currentRoutineId } = this.data;
    const timestamp = new Date(this.pump.now());
    const pendingTasks = this.progress.queued;
    this.data.notePause({ reason, checkpoint, currentRoutineId, pendingTasks, timestamp });
    const why = { ...(reason === undefined ? {} : { reason }), ...(checkpoint === undefined ? {} : { checkpoint }) };
    if (this.views.watched) this.views.tell({ type: 'paused', pendingTasks, ...why });
  }

  /**
   * Opens the gate again; a pause that still waits is withdrawn.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  resume(): void {
    const { jobId, status } = this.data;
    if (this.#gate.asked === undefined && status !== 'paused')
      throw jobError('ILLEGAL_TRANSITION', { jobId, from: status, to: 'running' });
    this.pump.change(() => {
      this.#gate.answer(this.doors.state);
      if (status === 'paused') this.#setStatus('running');
      // One that the pump has not taken on yet begins where it would have, and in the context in which it was started.
      if (this.#taken) this.#reopen();
    });
  }

  /** Goes on after a pause: what was deferred first, then what waits. */
  #reopen(): void {
    if (this.views.watched) this.views.tell({ type: 'resumed' });
    this.#openGate();
    // A stream may have failed while it stood still.
    if (this.over) return;
    this.#emitDeferred();
    for (const emission of this.#retries?.go(this.pump.now()) ?? []) this.#requeue(emission);
    this.pump.resume(this);
    if (this.#open === 0 && !this.over) this.#rest();
  }

  /** Deferred events go before whatever waits. */
  #emitDeferred(): void {
    const { deferred } = this.data;
    if (deferred.length === 0) return;
    const waiting = this.#queue.takeAll();
    this.#backlog?.clear();
    this.data.deferred = [];
    for (const { routineId, event, data } of deferred) {
      const outlet = this.plan.nodes.get(routineId)?.events.get(event);
      if (outlet === undefined)
        this.views.warn(`Deferred event '${event}' of routine '${routineId}' is unknown to this flow and left out`);
      else this.#emitNow(outlet, data);
    }
    for (const emission of waiting) this.#push(emission);
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
