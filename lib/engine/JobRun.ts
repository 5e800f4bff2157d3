import { defer, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { checkSerialisable } from '../flow/FlowError.js';
import type { FixedLimit } from '../flow/Limit.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import * as fold from '../job/fold.js';
import type { JobData } from '../job/JobData.js';
import { type JobError, jobError } from '../job/JobError.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import { checkTransition, type JobStatus } from '../job/JobStatus.js';
import type { Remainder, RemainderSource, RemainingTask } from '../job/Remainder.js';
import { RoutineCell } from '../job/RoutineCell.js';
import { type Change, COMPLETED, type Failure, type Settled } from '../job/Settled.js';
import type { LogEntry } from '../job/SharedSpace.js';
import { isTimed } from '../job/stopwatch.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { Scope } from '../prelude/Scope.js';
import { captureScope } from '#async-context';
import { currentAttempt } from './ambient.js';
import type { Attempt } from './Attempt.js';
import { Backlog, single } from './Backlog.js';
import { Deadline } from './Deadline.js';
import { remainingOf, taskOf } from './describe.js';
import { Arrival, Emission } from './Emission.js';
import type { Engine } from './Engine.js';
import type { Gated } from './gate.js';
import { HandlerContext } from './HandlerContext.js';
import type { Resting } from './idle.js';
import { Intake } from './Intake.js';
import { Pausing } from './Pausing.js';
import { type Inlet, type Node, type Outlet, placeOf, type Plan, type Route } from './Plan.js';
import { type Delayed, Retries } from './Retries.js';
import type { Settling } from './settle.js';
import { Task } from './Task.js';
import { listed } from './listed.js';
import { TaskQueue } from './TaskQueue.js';
import { Tracker } from './Tracker.js';
import type { Turn } from './Turns.js';
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

/** One job at work: its queue behind the gate, and what is in flight. */
export class JobRun implements RemainderSource, Gated<Task<JobRun>>, Turn, Settling<Attempt>, Resting {
  /** Whether the job has come to its end. */
  over = false;
  /** Tasks of it that hold or borrow a worker. */
  active = 0;
  /** Whether its tasks pass; written by the gate. */
  isOpen = false;
  /** Whether it stands in the ring, or is at its turn. */
  inRing = false;
  /** Whether its followers are to be told of progress at the end of this stretch of work. */
  stirred = false;
  /** The attempt that started it, where a handler did. */
  parent: HandlerContext | undefined = currentAttempt();
  /** The async context of whoever started the run, once it has to be kept. */
  scope: Scope | undefined = undefined;
  /** Whether handlers are called so that their context follows them across an `await`. */
  readonly carries: boolean;
  /** Whether what an attempt does counts only when it succeeds. */
  readonly commits: boolean;
  readonly #measures: boolean;
  /** What is done when the engine takes it on, if it is not to begin. */
  insteadOfBegin: (() => void) | undefined = undefined;
  /** What users hold of it; set by the flow that makes the run. */
  declare doors: Doors;

  /** What watchers see of it. */
  readonly views = new Views(this);
  readonly queue = new TaskQueue<JobRun>();
  readonly #deadline: Deadline;
  readonly #pausing = new Pausing();
  // Made when first needed: most jobs are short, unwatched and never fail.
  #backlog: Backlog | undefined;
  #retries: Retries<Task<JobRun>> | undefined;
  readonly #cells: (RoutineCell | undefined)[] = [];
  #tracker: Tracker | undefined;
  #intake: Intake | undefined;
  /** Whether the engine has taken it on. */
  #taken = false;
  #begun = false;
  #order = 1;
  /** What it has taken in since it was paused. */
  #gathered = 0;
  #done: Promise<JobState> | undefined = undefined;
  #resolve: ((state: JobState) => void) | undefined = undefined;
  #atEnd: (() => void)[] | undefined = undefined;

  constructor(
    readonly plan: Plan,
    readonly engine: Engine,
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
    this.engine.task$.next(new Task(new Arrival<JobRun>(this, this.options.params, 0), entry.direct[0] as Route));
  }

  /** Whether a task of it may start now. */
  get isReady(): boolean {
    return this.isOpen && this.queue.length > 0 && this.active < this.options.cap;
  }

  /** Whether something of it is queued or in flight; behind a closed gate, whether something is in flight. */
  get isBusy(): boolean {
    if (this.active > 0 || this.#tracking > 0) return true;
    return this.isOpen && (this.#waits > 0 || (this.#intake?.size ?? 0) > 0);
  }

  /** Tasks that are queued, or in the delay before a retry. */
  get #waits(): number {
    return this.queue.length + (this.#retries?.size ?? 0);
  }

  get progress(): Progress {
    const active = this.active + this.#tracking + (this.#intake?.size ?? 0);
    return { queued: this.#waits, active, status: this.data.status };
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

  /** Emits a payload that is the job's own. */
  emit(outlet: Outlet, data: Data): void {
    if (this.data.status === 'paused') this.#gather();
    if (this.engine.drain.isActive) this.#emitNow(outlet, data);
    else this.#emitAtRest(outlet, data);
  }

  #emitAtRest(outlet: Outlet, data: Data): void {
    this.engine.drain.change(() => {
      // The clock may be the user's, and have ended the job (D31); so below.
      if (!this.over) this.#emitNow(outlet, data);
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
  defer(routineId: string, event: string, data: Data): void {
    fold.deferred(this.data, { routineId, event, data });
  }

  setState({ cell }: Attempt, own: Data): void {
    fold.stateSet(cell, own);
  }

  setShared(key: string, value: unknown): void {
    fold.sharedSet(this.data, key, value);
  }

  logShared(entry: LogEntry): void {
    fold.sharedLogged(this.data, entry);
  }

  #emitNow(outlet: Outlet, data: Data): void {
    const emission = new Emission<JobRun>(this, outlet, data, this.#order++, this.engine.time.tick);
    fold.emitted(this.data, this.cellOf(outlet.node), outlet.ordinal, emission);
    if (this.views.watched) this.#tellEmitted(outlet, data);
    outlet.emission$.next(emission);
  }

  #tellEmitted({ node, name }: Outlet, data: Data): void {
    this.views.tell({ type: 'emitted', routineId: node.id, event: name, data: this.plan.show(data) });
  }

  /** A task comes out of the merged stream. */
  keep(task: Task<JobRun>): void {
    if (this.#backlog === undefined && !this.views.isWatched) this.#wait(task);
    else if (this.#backlog === undefined || !task.origin.isLimited) this.#put(task);
    else this.#putWhereRoom(single(task), this.#backlog);
  }

  #putWhereRoom(task: Task<JobRun>, backlog: Backlog): void {
    if (backlog.makeRoom(task)) this.#put(task);
    else this.#shed(listed(task));
  }

  #put(task: Task<JobRun>): void {
    this.#push(task);
    if (this.views.watched) this.#tellPut(task);
  }

  #wait(task: Task<JobRun>): void {
    const { queue } = this;
    queue.push(task.route, task.origin);
    fold.waited(this.data, queue.length);
  }

  // What waits at the start is told with it.
  #tellPut(task: Task<JobRun>): void {
    if (this.#begun) this.#tellQueued([listed(task)]);
  }

  #push(task: Task<JobRun>): void {
    this.#wait(task);
    if (this.#backlog !== undefined) this.#backlog.added(task);
  }

  #newBacklog(): Backlog {
    return new Backlog(this, this.queue, (attempt) => {
      this.#shed(attempt);
    });
  }

  /** A task for which there was no room is let go of. */
  #shed(attempt: Attempt): void {
    attempt.outcome = 'dropped';
    // It is not kept after all.
    if (this.data.status === 'paused' && this.#gathered > 0) this.#gathered--;
    fold.shed(this.data, this.cellOf(attempt.route.target.node));
    if (this.views.watched) this.views.tell({ type: 'taskSettled', outcome: 'dropped', ...taskOf(attempt) });
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
    for (const attempt of attempts) this.views.tell({ type: 'taskQueued', ...taskOf(attempt) });
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the oldest task off the queue; it is at work from here on. */
  take(): HandlerContext {
    const route = this.queue.first;
    const origin = this.queue.take();
    const cell = this.cellOf(route.target.node);
    const attempt = new HandlerContext(this, origin, route, cell);
    // Its executions are kept, and a list that gathers must not be kept with each of them (D46).
    if (origin.tried > 0) origin.forget();
    if (this.#backlog !== undefined) this.#backlog.taken(attempt);
    this.active++;
    fold.taken(this.data, cell);
    if (this.#measures) this.#measure(attempt);
    if (this.views.isWatched) this.#tellTaken(attempt);
    return attempt;
  }

  #measure(attempt: Attempt): void {
    attempt.tick = this.engine.time.tick;
    if (isTimed(attempt.cell)) attempt.startClock();
    else fold.untimed(attempt.cell);
    fold.executed(this.data, attempt);
  }

  #tellTaken(attempt: Attempt): void {
    if (this.views.followed) this.engine.stir(this);
    if (this.views.watched) this.views.tell({ type: 'taskStarted', ...taskOf(attempt) });
  }

  cellOf(node: Node): RoutineCell {
    return this.#cells[node.index] ?? this.#newCell(node);
  }

  #newCell(node: Node): RoutineCell {
    const cell = this.cellSeen(node);
    fold.routineMet(this.data, cell);
    return (this.#cells[node.index] = cell);
  }

  /** The same, but for a routine that has done nothing yet it is not kept. */
  cellSeen({ id, slotNames, eventNames }: Node): RoutineCell {
    return this.data.cells.get(id) ?? new RoutineCell(id, slotNames, eventNames);
  }

  /** Applies what an attempt has come to. */
  settle(attempt: Attempt): void {
    const { settled } = attempt;
    if (settled === undefined || attempt.outcome !== undefined) return;
    if (settled === COMPLETED) this.#complete(attempt);
    else this.#apply(attempt, settled);
    if (attempt.route.target.merge !== undefined && !attempt.isTracking) attempt.input = undefined;
    if (!this.inRing) this.engine.turns.add(this);
  }

  #complete(attempt: Attempt): void {
    this.#leave(attempt, 'completed');
    this.#noteCompleted(attempt, attempt.cell);
  }

  #apply(attempt: Attempt, settled: Settled): void {
    this.commit(attempt, settled);
    if (settled.failure === undefined && settled.outcome === 'completed') this.#complete(attempt);
    else this.#leave(attempt, settled.outcome);
    if (settled.failure !== undefined) this.#settleFailure(attempt, settled.failure, settled.delayMs);
  }

  /** What was kept back until now, in the order in which it came. */
  commit(attempt: Attempt, { changes, state }: Settled): void {
    if (state !== undefined) fold.stateSet(attempt.cell, state);
    attempt.rare.effects?.clear();
    for (const change of changes) this.#change(attempt, change);
  }

  #change(attempt: Attempt, change: Change): void {
    if (change.type === 'emitted') this.emit(this.#outletOf(change), change.data);
    else if (change.type === 'deferred') this.defer(change.routineId, change.event, change.data);
    else if (change.type === 'output') this.output(attempt.routineId, change.outputType, change.data);
    else if (change.type === 'sharedSet') this.setShared(change.key, change.value);
    else this.logShared(change.entry);
  }

  #outletOf({ routineId, event }: { readonly routineId: string; readonly event: string }): Outlet {
    return this.plan.nodes.get(routineId)?.events.get(event) as Outlet;
  }

  #noteCompleted(attempt: Attempt, cell: RoutineCell): void {
    fold.succeeded(cell, attempt.origin.tried);
    if (attempt.origin.tried > 0) this.keepRecord(attempt.routineId, 'completed', { retried: true });
  }

  #settleFailure(attempt: Attempt, failure: Failure, delayMs: number): void {
    if (attempt.outcome === 'retry') this.#retry(attempt, delayMs);
    else this.noteFailure(attempt, attempt.outcome as TaskOutcome, failure);
  }

  /** Takes a failure down, and fails the job if that is what it comes to. */
  noteFailure(attempt: Attempt, outcome: TaskOutcome, failure: Failure): void {
    this.takeDown(attempt, outcome, failure);
    if (outcome === 'failed') this.fail(failureOf(attempt, failure));
  }

  /** A stream that a routine keeps has failed outside any task. */
  noteFailureOf({ origin, route, routineId }: Attempt, outcome: TaskOutcome, failure: Failure): void {
    this.noteFailure(new HandlerContext(this, origin, route, this.cellOf(route.target.node)), outcome, failure);
    if (outcome !== 'failed') this.warn(`A stream of routine '${routineId}' failed`, failure.error);
  }

  takeDown(attempt: Attempt, outcome: TaskOutcome, { name, message }: Failure): void {
    const { cell, routineId, route, slot } = attempt;
    fold.failed(cell, outcome, attempt.origin.tried, message, this.engine.time.now);
    const where = route.connection === undefined ? {} : { slot };
    this.keepRecord(routineId, recordNameOf(attempt, outcome), { ...where, error: message, error_type: name });
  }

  /** The attempt is at work no more, and gives its worker back. */
  #leave(attempt: Attempt, outcome: TaskOutcome): void {
    const { cell } = attempt;
    attempt.outcome = outcome;
    fold.left(cell);
    this.active--;
    const ms = attempt.stopClock();
    if (ms !== undefined) fold.timed(cell, ms);
    attempt.seat?.leave();
    if (this.views.isWatched) this.#tellLeft(attempt, outcome);
  }

  #tellLeft(attempt: Attempt, outcome: TaskOutcome): void {
    const { error } = attempt;
    if (this.views.followed) this.engine.stir(this);
    if (this.views.watched)
      this.views.tell({ type: 'taskSettled', outcome, ...taskOf(attempt), ...(error === undefined ? {} : { error }) });
  }

  /** The job ends before the attempt does: its signal aborts, and nothing it does counts any more. */
  #abort(attempt: Attempt, cause: Error): void {
    const { cell, more } = attempt;
    // A failure that is stale has not been told: what follows from it is being asked at this moment.
    const failed = attempt.error !== undefined && !attempt.stale;
    attempt.stale = true;
    attempt.error ??= cause;
    more.cause = cause;
    const { abort } = more;
    if (abort !== undefined)
      this.engine.steps.after(() => {
        abort.abort(cause);
      });
    this.#leave(attempt, failed ? 'failed' : 'dropped');
    attempt.input = undefined;
    if (failed) return;
    fold.aborted(cell, cause.message, this.engine.time.now);
  }

  /** Something of the job has ended without an attempt. */
  release(): void {
    this.engine.released$.next(this);
  }

  /** The job is idle: it is quiet, if that was asked for; else its operators give what they hold, or it has completed. */
  rest(): void {
    if (this.over) return;
    if (!this.isOpen) this.#quietDown();
    else if (this.isLate) this.timeOut();
    else this.#flush();
  }

  #flush(): void {
    const next = this.#intake?.next ?? [];
    if (next.length === 0) this.#end('completed');
    else
      this.#withStreams(() => {
        for (const stream of next) if (!this.over) stream.complete();
      });
  }

  /** Whether it has run longer than it may, by a look at the clock after the last task. */
  get isLate(): boolean {
    const { time } = this.engine;
    if (this.#deadline.endsAt === Infinity) return false;
    time.catchUp();
    return time.reading > this.#deadline.endsAt;
  }

  /** Does something to the streams after the step at hand: they are the user's. The job stays open meanwhile. */
  #withStreams(work: () => void): void {
    const release = this.intake.hold(() => undefined);
    this.engine.steps.after(() => {
      try {
        work();
      } finally {
        release();
      }
    });
  }

  /** Puts the next attempt at the end of the queue, after a delay. */
  #retry(attempt: Attempt, delayMs: number): void {
    const { origin, place, cell, route, input } = attempt;
    fold.retried(cell, attempt.attempt);
    const task = new Task(new Arrival<JobRun>(this, origin.data, origin.order, { place, tried: attempt.attempt, input }), route);
    if (delayMs > 0) this.#armRetry(this.#waitingRetries.add(task, this.engine.time.now + delayMs), delayMs);
    else this.engine.task$.next(task);
  }

  #armRetry(delayed: Delayed<Task<JobRun>>, delayMs: number): void {
    this.engine.steps.after(() => {
      if (this.isOpen) this.#waitingRetries.arm(delayed, delayMs);
    });
  }

  /** A retry is due. */
  putIn(due: Delayed<Task<JobRun>>): void {
    // Behind a closed gate it waits on, and is due when that opens.
    if (!this.isOpen) return;
    this.engine.steps.begin();
    if (this.#retries?.remove(due) === true) this.engine.task$.next(due.task);
    this.engine.steps.end();
  }

  get #waitingRetries(): Retries<Task<JobRun>> {
    return (this.#retries ??= new Retries(this.plan.settings.scheduler, (due) => {
      this.engine.drain.enter(putIn, this, due);
    }));
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
    fold.ended(this.cellOf(node), 'completed');
  }

  /** The number of an emission. */
  nextOrder(): number {
    return this.#order++;
  }

  /** A stream emits, outside any task. @throws JobError `QUEUE_FULL`, `PAUSED_FULL`; FlowError `NOT_SERIALISABLE` */
  give(outlet: Outlet, payload: Data): void {
    this.#check(() => placeOf(outlet), outlet.routes, payload);
    const data = this.plan.isolate(payload);
    if (!this.over) this.emit(outlet, data);
  }

  /** A stream from outside brings a payload to a slot. @throws as `give` */
  bring(inlet: Inlet, payload: Data): void {
    this.#check(() => `Input of slot '${inlet.name}' of routine '${inlet.node.id}'`, inlet.direct, payload);
    if (this.data.status === 'paused') this.#gather();
    const data = this.plan.isolate(payload);
    this.engine.drain.change(() => {
      if (this.over) return;
      const arrival = new Arrival<JobRun>(this, data, this.#order++, { isLimited: true });
      this.engine.task$.next(new Task(arrival, inlet.direct[0] as Route));
    });
  }

  #check(where: () => string, routes: readonly Route[], payload: Data): void {
    if (this.commits) checkSerialisable(payload, where);
    this.#backlog?.check(where, routes, undefined);
  }

  /** Whether a source that can wait may bring a value for these routes now; `whenRoom` tells when to ask again. */
  hasRoom(routes: readonly Route[]): boolean {
    return this.isOpen && this.#room.hasRoom(routes);
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
      ...this.queue.tasks().map((task) => remainingOf(listed(task))),
      ...delayed.map(({ task, dueAt }) => remainingOf(listed(task), new Date(dueAt))),
    ];
  }

  /** That, after what is at work: it runs again where a job is taken up from here. */
  remainder(): Remainder {
    this.engine.drain.refresh();
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
    const atWork = [...this.engine.attemptsOf(this)].filter(({ error, stale }) => error === undefined || stale);
    const tracking = (this.#tracker?.attempts ?? []).filter(({ error, stale }) => error === undefined && !stale);
    return [...new Set([...atWork, ...tracking])];
  }

  #atWork(): readonly RemainingTask[] {
    const tasks = this.#attemptsAtWork().map((attempt) => remainingOf(attempt));
    return tasks.sort((a, b) => a.order - b.order || a.place - b.place);
  }

  /** Takes a task up that was written down; one with a time waits for it. */
  takeUp(task: Task<JobRun>, dueAt: number | undefined): void {
    if (dueAt === undefined) this.engine.task$.next(task);
    else this.#waitingRetries.add(task, dueAt);
  }

  /** The job goes on from here: it has begun elsewhere, unless it has not. */
  goOnFrom({ begun, order }: Remainder): void {
    this.#begun = begun;
    this.#order = order;
    this.#setStatus('running');
  }

  // ── the life of the job ─────────────────────────────────────────────────────────────────────────────────────────

  /** The engine has taken the job on; it may have been paused, or ended, meanwhile. */
  begin(): void {
    const { status } = this.data;
    this.#taken = true;
    if (this.insteadOfBegin !== undefined) this.insteadOfBegin();
    else if (status === 'pending') this.#start();
    else if (status === 'running' && !this.isOpen) this.#reopen();
  }

  #start(): void {
    this.#setStatus('running');
    this.#open();
  }

  /** Arms the timer of the execution timeout. */
  arm(): void {
    // Also while a pause waits for what is at work.
    if (this.data.status === 'running') this.#deadline.arm();
  }

  #open(): void {
    this.#deadline.start(this.engine.time.reading);
    if (!this.#begun) this.#noteStart();
    // A stream may have failed while the job stood still.
    this.#intake?.reopen();
    if (this.over) return;
    if (this.plan.streams || this.#intake !== undefined)
      this.#withStreams(() => {
        if (!this.over) this.intake.open();
      });
    this.engine.toggle$.next({ run: this, open: true });
    this.#backlog?.wakeAll();
    // One that is only fed may have nothing to do from the start.
    this.release();
  }

  #noteStart(): void {
    const { entryRoutineId, params } = this.options;
    this.#begun = true;
    fold.started(this.data, {
      routineId: entryRoutineId,
      eventName: 'start',
      data: params,
      tick: this.engine.time.tick,
      order: 0,
    });
    if (this.views.watched) this.#tellStart(entryRoutineId, params);
  }

  #tellStart(entryRoutineId: string, params: Data): void {
    this.views.tell({ type: 'started', entryRoutineId, entryParams: { ...params } });
    this.#tellQueued(this.queue.tasks().map(listed));
  }

  /** Whether it has run longer than it may, by the last look at the clock. */
  get isOverdue(): boolean {
    return this.engine.time.reading > this.#deadline.endsAt;
  }

  timeOut(): void {
    this.engine.steps.begin();
    if (!this.over) this.#timeOut();
    this.engine.steps.end();
  }

  #timeOut(): void {
    const error = jobError('TIMEOUT', { jobId: this.data.jobId, timeoutMs: this.options.timeoutMs });
    const routineId = this.data.currentRoutineId ?? this.options.entryRoutineId;
    this.keepRecord(routineId, 'error', { error: error.message, error_type: error.name });
    this.fail(error);
  }

  fail(error: RoutiluxError): void {
    fold.failedWith(this.data, error);
    this.#end('failed', jobError('STOPPED', { jobId: this.data.jobId, reason: error.message }, error));
  }

  /** @throws JobError `ILLEGAL_TRANSITION` */
  cancel(reason?: string): void {
    const { jobId, status } = this.data;
    if (status === 'cancelled') return;
    checkTransition(jobId, status, 'cancelled');
    this.engine.drain.change(() => {
      if (this.over) return;
      fold.reasonGiven(this.data, reason);
      this.#end('cancelled', jobError('CANCELLED', { jobId, reason }));
    });
  }

  #end(status: JobStatus, cause?: Error): void {
    this.over = true;
    // Before anybody hears of it: a listener of a signal may look at the job.
    fold.statusSet(this.data, status, this.engine.time.now);
    this.engine.toggle$.next({ run: this, open: false });
    this.#deadline.stop(this.engine.steps);
    if (cause !== undefined) this.#dropAll(cause);
    this.#stopStreams();
    this.#backlog?.wakeAll();
    const { length } = this.data.deferred;
    if (length > 0) this.warn(`${length} deferred event(s) were left over: the job ended without a resume`);
    this.#setStatus(status);
    this.engine.forget(this);
    // Last, since what a teardown throws is told before the end.
    this.engine.steps.after(announceEnd, this);
  }

  #dropAll(cause: Error): void {
    fold.dropped(this.data, this.progress.queued + this.#attemptsAtWork().length);
    for (const attempt of this.engine.attemptsOf(this)) this.#abort(attempt, cause);
    this.#retries?.clear(this.engine.steps);
    this.#tracker = undefined;
    this.queue.clear();
  }

  #stopStreams(): void {
    if (this.#intake !== undefined) this.engine.steps.after(this.#intake.close());
  }

  /** Tells watchers and whoever waits of the end. */
  announceEnd(): void {
    this.views.endSinks();
    if (this.views.watched) this.#tellEnd();
    this.views.end();
    for (const work of this.#atEnd ?? []) work();
    this.#atEnd = undefined;
    this.#resolve?.(this.doors.state);
    this.#pausing.answer(this.doors.state);
  }

  #tellEnd(): void {
    const { status, error, reason } = this.data;
    const why = { ...(error === undefined ? {} : { error }), ...(reason === undefined ? {} : { reason }) };
    this.views.tell({ type: 'ended', status, ...why });
  }

  #setStatus(status: JobStatus): void {
    fold.statusSet(this.data, status, this.engine.time.now);
    this.views.status(status);
  }

  // ── the gate ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Closes the gate: nothing new starts. Resolves when what is in flight has ended.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  pause(options: PauseOptions = {}): Promise<JobState> {
    if (this.commits) checkSerialisable(options.checkpoint, () => 'The checkpoint of a pause');
    const { reason } = options;
    const checkpoint = copyDeep(options.checkpoint);
    const waits = this.#pausing.asked !== undefined;
    if (!waits) checkTransition(this.data.jobId, this.data.status, 'paused');
    const quiet = this.#pausing.ask({ reason, checkpoint });
    if (!waits) this.#close();
    return quiet;
  }

  #close(): void {
    this.engine.drain.change(() => {
      if (this.#pausing.asked === undefined) return;
      this.engine.toggle$.next({ run: this, open: false });
      this.release();
    });
  }

  /** Nothing is in flight behind the closed gate: the pause that was asked for is there. */
  #quietDown(): void {
    const { asked } = this.#pausing;
    if (asked === undefined) return;
    this.#deadline.stop(this.engine.steps);
    this.#retries?.hold(this.engine.steps);
    this.#gathered = 0;
    this.#notePause(asked);
    this.#setStatus('paused');
    this.#pausing.answer(this.doors.state);
  }

  #notePause({ reason, checkpoint }: PauseOptions): void {
    const { currentRoutineId } = this.data;
    const timestamp = new Date(this.engine.time.now);
    const pendingTasks = this.progress.queued;
    fold.paused(this.data, { reason, checkpoint, currentRoutineId, pendingTasks, timestamp });
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
    if (!this.#isHeld) throw jobError('ILLEGAL_TRANSITION', { jobId, from: status, to: 'running' });
    this.engine.drain.change(() => {
      if (this.#isHeld) this.#goOn();
    });
  }

  /** Whether it is paused, or a pause waits. */
  get #isHeld(): boolean {
    return this.#pausing.asked !== undefined || this.data.status === 'paused';
  }

  #goOn(): void {
    this.#pausing.answer(this.doors.state);
    if (this.data.status === 'paused') this.#setStatus('running');
    // One that has not been taken on yet begins when it would have, and in the context in which it was started.
    if (this.#taken) this.#reopen();
  }

  #reopen(): void {
    if (this.views.watched) this.views.tell({ type: 'resumed' });
    this.engine.armSoon(this);
    this.#open();
  }

  /** Goes on after a pause: what was deferred first, then what waits, then the retries that have come due. */
  requeue(): void {
    this.#emitDeferred();
    for (const { task } of this.#retries?.due(this.engine.time.now) ?? []) this.engine.task$.next(task);
    this.#armRetries();
  }

  #armRetries(): void {
    const retries = this.#retries;
    if (retries !== undefined && retries.size > 0)
      this.engine.steps.after(() => {
        if (this.isOpen) retries.armAll(this.engine.time.now);
      });
  }

  /** Deferred events go before whatever waits. */
  #emitDeferred(): void {
    if (this.data.deferred.length === 0) return;
    const waiting = this.queue.takeAll();
    this.#backlog?.clear();
    for (const each of fold.deferredTaken(this.data)) {
      const outlet = this.#outletOf(each) as Outlet | undefined;
      if (outlet === undefined)
        this.warn(`Deferred event '${each.event}' of routine '${each.routineId}' is unknown to this flow and left out`);
      else this.#emitNow(outlet, each.data);
    }
    for (const task of waiting) this.#push(task);
  }

  // ── what is told of it ──────────────────────────────────────────────────────────────────────────────────────────

  warn(message: string, error?: unknown): void {
    this.views.warn(message, error);
  }

  keepRecord(routineId: string, eventName: string, data: Data): void {
    fold.kept(this.data, { routineId, eventName, data, tick: this.engine.time.tick, order: this.#order++ });
  }

  output(routineId: string, type: string, payload: Data): void {
    this.engine.drain.refresh();
    if (this.over) return;
    const { jobId } = this.data;
    const output: OutputRecord = { jobId, routineId, type, data: { ...payload }, timestamp: new Date(this.engine.time.now) };
    fold.output(this.data, output);
    this.views.output(output);
  }
}

const putIn = (run: JobRun, due: Delayed<Task<JobRun>>): void => {
  run.putIn(due);
};

const announceEnd = (run: JobRun): void => {
  run.announceEnd();
};

// What no handler covered is recorded under the name that v0.10 gave it.
const recordNameOf = ({ route }: Attempt, outcome: TaskOutcome): string =>
  outcome === 'failed' || route.target.node.errorHandler === undefined ? 'error' : outcome;

export const failureOf = ({ run, routineId, slot, attempt }: Attempt, { error, message }: Failure): JobError =>
  jobError('TASK_FAILED', { jobId: run.data.jobId, routineId, slot, attempts: attempt, reason: message }, error);
