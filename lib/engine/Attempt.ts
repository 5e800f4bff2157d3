import type { Data } from '../flow/Data.js';
import { checkData, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { checkSerialisable, flowError } from '../flow/FlowError.js';
import { jobError } from '../job/JobError.js';
import type { SlotActivationTask, TaskOutcome } from '../job/JobRecord.js';
import type { Execution, ExecutionSource } from '../job/Metrics.js';
import { type RemainingTask, taskIdOf } from '../job/Remainder.js';
import type { RoutineCell } from '../job/RoutineCell.js';
import { noteTime } from '../job/stopwatch.js';
import { describeError } from '../prelude/describeError.js';
import { copyDeep, copyPlain, isPlainObject } from '../prelude/plainObject.js';
import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import { Held } from './Backlog.js';
import type { Context, PauseOptions, Shared } from './Context.js';
import type { Emission } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Worker } from './workerPool.js';
import type { Loan } from './Workers.js';
import { type Node, outletNamed, type Outlet, placeOf, refuseEvent, type Route } from './Plan.js';
import { sharedOf } from './shared.js';

/** What only some attempts have. */
interface Extras {
  abort?: AbortController;
  /** Why it was let go of. */
  cause?: unknown;
  shared?: Shared;
  /** What it has done so far, where that counts only if it succeeds (`emitMode: 'commit'`). */
  effects?: (() => void)[] | undefined;
  uncommitted?: Data | undefined;
  /** What it has done to its routine's own keys, among that. */
  updates?: ((own: Data) => Data)[] | undefined;
  /** The tasks that will come of that, in a job whose queue has a limit. */
  emitting?: Held | undefined;
  /** How many deferred events are among that. */
  deferring?: number;
  last?: boolean;
  tracking?: number;
  /** Whose worker it is on, where it is not simply its own (D16). */
  loan?: Loan | undefined;
  /** When it began, by the clock in ms, and for how long it ran; only where it is one that is timed. */
  started?: number;
  ms?: number;
}

/**
 * One try of one slot activation task: what the engine knows of it, and the context that its handler gets. It stays
 * valid after the handler has returned (a timer may still emit), until the attempt fails, is let go, or the job ends.
 */
export class Attempt implements Context, ExecutionSource {
  /** The merged payload, the same for every attempt of the task; never handed out itself. */
  input: Data | undefined;
  outcome: TaskOutcome | undefined = undefined;
  error: unknown = undefined;
  /** When it began, in ms since the pump was made: a small whole number. */
  tick = 0;
  /** Failed or let go of: what it still does counts no more. */
  stale = false;
  /** Who holds what its handler has left unfinished. */
  worker: Worker | undefined = undefined;
  #extras: Extras | undefined = undefined;

  constructor(
    readonly run: JobRun,
    readonly emission: Emission,
    readonly route: Route,
    /** What the job knows of its routine; it counts only once the attempt is at work. */
    readonly cell: RoutineCell,
  ) {
    this.input = emission.input;
  }

  /** The place of its route among those of the event. */
  get place(): number {
    return this.emission.firstPlace + this.emission.routes.indexOf(this.route);
  }

  /** 1 = the first. */
  get attempt(): number {
    return this.emission.tried + 1;
  }

  get taskId(): string {
    return taskIdOf(this.run.data.jobId, this.emission.order, this.place);
  }

  get flow(): Flow {
    return this.run.doors.flow;
  }

  get job(): JobState {
    return this.run.doors.state;
  }

  get routineId(): string {
    return this.route.target.node.id;
  }

  get slot(): string {
    return this.route.target.name;
  }

  get signal(): AbortSignal {
    const abort = (this.more.abort ??= new AbortController());
    if (this.more.cause !== undefined) abort.abort(this.more.cause);
    return abort.signal;
  }

  get shared(): Shared {
    return (this.more.shared ??= sharedOf(this));
  }

  emit(event: string | AnyEvent, data: object = NO_DATA): void {
    this.emitAt(this.outletOf(event), data);
  }

  /** Emits as another routine of the flow does, whose own handler is not at work. */
  emitFrom(node: Node, event: string, data: object): void {
    this.emitAt(outletNamed(node, event), data);
  }

  private emitAt(outlet: Outlet, data: object): void {
    this.checkAlive('emit');
    if (!isPlainObject(data)) return refusePayload(outlet, data);
    if (this.run.isFree) this.run.emit(outlet, data);
    else this.emitWithCare(outlet, data);
  }

  /** In a job whose queue has limits, or where an emission counts only when the attempt succeeds. */
  private emitWithCare(outlet: Outlet, data: Data): void {
    const { run } = this;
    this.checkSerialisable(data, () => placeOf(outlet));
    run.limits?.check(() => placeOf(outlet), outlet.routes, this.#extras?.emitting);
    if (this.isBuffering) this.emitAtCommit(outlet, run.plan.isolate(data));
    else run.emit(outlet, data);
  }

  private emitAtCommit(outlet: Outlet, data: Data): void {
    const { run } = this;
    if (run.limits !== undefined) (this.more.emitting ??= new Held()).add(outlet.routes);
    this.effect(() => {
      run.emit(outlet, data);
    });
  }

  emitDeferred(event: string | AnyEvent, data: object = NO_DATA): void {
    this.checkAlive('emitDeferred');
    const outlet = this.outletOf(event);
    const payload = { ...this.checkedData(data, () => placeOf(outlet)) };
    this.run.checkRoom('emitDeferred', this.run.data.deferred.length + (this.#extras?.deferring ?? 0));
    if (this.isBuffering) this.more.deferring = (this.more.deferring ?? 0) + 1;
    this.effect(() => {
      this.run.defer(outlet, payload);
    });
  }

  output(type: string, data: object = NO_DATA): void {
    this.checkAlive('output');
    const payload = { ...this.checkedData(data, () => `Output '${type}' of routine '${this.routineId}'`) };
    this.effect(() => {
      this.run.output(this.routineId, type, payload);
    });
  }

  state(): Data {
    return this.copied(this.ownState);
  }

  setState(state: object | ((own: Data) => object)): void {
    this.checkAlive('setState');
    if (typeof state === 'function')
      this.updateState((own) => this.keptState((state as (own: Data) => object)(this.copied(own))));
    else {
      const kept = this.keptState(state);
      this.updateState(() => kept);
    }
  }

  private keptState(state: object): Data {
    return this.copied(this.checkedData(state, () => `State of routine '${this.routineId}'`));
  }

  private updateState(update: (own: Data) => Data): void {
    const own = update(this.ownState);
    if (this.isBuffering) {
      this.more.uncommitted = own;
      (this.more.updates ??= []).push(update);
    } else this.cell.own = own;
  }

  private get ownState(): Data {
    return this.#extras?.uncommitted ?? this.cell.own ?? {};
  }

  // What a failed attempt has changed in place must not be seen. Where each change stands at once, a large map need not be copied.
  private copied(data: Data): Data {
    return this.run.commits ? copyDeep(data) : copyPlain(data);
  }

  private checkedData(data: object, where: () => string): Data {
    const plain = checkData(data, where);
    this.checkSerialisable(plain, where);
    return plain;
  }

  /** Where what it does counts only when it succeeds, it has to be such that it can be written down. */
  checkSerialisable(value: unknown, where: () => string): void {
    if (this.run.commits) checkSerialisable(value, where);
  }

  /** Whether what it does is kept back until it succeeds. */
  get isBuffering(): boolean {
    return this.run.commits && (this.outcome === undefined || this.tracking > 0);
  }

  /** Does something that others will see: at once, or when the attempt succeeds. */
  effect(work: () => void): void {
    if (this.isBuffering) (this.more.effects ??= []).push(work);
    else work();
  }

  /** It has succeeded: once no promise that it tracks is open, what was kept back is done, in the order in which it came. */
  commit(): void {
    if (this.#extras === undefined || this.tracking > 0) return;
    const { effects = [], updates } = this.#extras;
    if (updates !== undefined) this.commitState(updates);
    this.#extras.effects = this.#extras.emitting = undefined;
    this.#extras.deferring = 0;
    for (const work of effects) work();
  }

  /** First, since an update is the user's: where it throws, the attempt has failed, and nothing of it counts. */
  private commitState(updates: readonly ((own: Data) => Data)[]): void {
    const { cell } = this;
    cell.own = updates.reduce((own, update) => update(own), cell.own ?? {});
    this.more.updates = this.more.uncommitted = undefined;
  }

  /** Promises that it tracks and that are open. */
  get tracking(): number {
    return this.#extras?.tracking ?? 0;
  }

  set tracking(count: number) {
    this.more.tracking = count;
  }

  /** Whether its task is not to be tried again, whatever the error handler says. */
  get isLast(): boolean {
    return this.#extras?.last === true;
  }

  set isLast(last: boolean) {
    this.more.last = last;
  }

  private get more(): Extras {
    return (this.#extras ??= {});
  }

  track<T>(work: PromiseLike<T>): PromiseLike<T> {
    this.checkAlive('track');
    this.run.track(this, work);
    return work;
  }

  pause(options?: PauseOptions): Promise<void> {
    this.checkAlive('pause');
    if (this.run.data.status !== 'paused') void this.run.pause(options);
    return Promise.resolve();
  }

  cancel(reason?: string): void {
    this.checkAlive('cancel');
    this.run.cancel(reason);
  }

  /** Whether its handler, or what it returned, still runs. */
  get isAtWork(): boolean {
    return this.outcome === undefined && !this.stale;
  }

  /** Notes when it began, where its time is one to measure. */
  startClock(): void {
    this.more.started = this.run.pump.clock.elapsed();
  }

  stopClock(): void {
    const started = this.#extras?.started;
    if (started === undefined) return;
    const ms = (this.more.ms = this.run.pump.clock.elapsed() - started);
    noteTime(ms, this.cell);
  }

  get loan(): Loan | undefined {
    return this.#extras?.loan;
  }

  set loan(loan: Loan | undefined) {
    this.more.loan = loan;
  }

  /** Whether it has nothing that only some attempts have. */
  get isPlain(): boolean {
    return this.#extras === undefined;
  }

  /** Ends the attempt before its handler does: its signal aborts, and nothing it does counts any more. */
  drop(cause: unknown): void {
    this.stale = true;
    this.outcome = 'dropped';
    this.error ??= cause;
    this.more.cause = cause;
    this.#extras?.abort?.abort(cause);
    this.letGo();
  }

  /** Gives its worker back to the pool. */
  letGo(): void {
    this.worker?.leave();
    this.worker = undefined;
  }

  task(): SlotActivationTask {
    const { connection } = this.route;
    return {
      taskId: this.taskId,
      routineId: this.routineId,
      slot: this.slot,
      data: this.run.plan.show(this.input ?? this.emission.data),
      attempt: this.attempt,
      retryCount: this.attempt - 1,
      ...(connection === undefined ? {} : { connection }),
    };
  }

  /** The task, with what a run needs to go on with it. */
  remaining(dueAt?: Date): RemainingTask {
    const { emission, place, route, input, attempt } = this;
    return {
      order: emission.order,
      place,
      routineId: this.routineId,
      slot: this.slot,
      data: input ?? emission.data,
      merged: input !== undefined,
      attempt,
      dueAt,
      connection: route.connection,
      route: route.nth,
    };
  }

  execution(): Execution {
    const { taskId, routineId, slot, attempt, data: params } = this.task();
    const startedAt = this.run.pump.base + this.tick;
    const executionTimeMs = this.#extras?.ms;
    return {
      routineId,
      slot,
      taskId,
      attempt,
      params,
      startedAt: new Date(startedAt),
      endedAt: this.outcome === undefined ? undefined : new Date(startedAt + (executionTimeMs ?? 0)),
      status: this.outcome ?? 'running',
      error: this.error === undefined ? undefined : describeError(this.error).message,
      executionTimeMs,
    };
  }

  checkAlive(call: string): void {
    if (this.stale || this.error !== undefined || this.run.over) this.refuse(call);
  }

  private refuse(call: string): never {
    const { run, routineId, attempt } = this;
    const jobId = run.data.jobId;
    if (run.over) throw jobError('EMIT_AFTER_END', { jobId, routineId, call, status: run.data.status });
    throw jobError('STALE_CONTEXT', { jobId, routineId, call, attempt });
  }

  private outletOf(event: string | AnyEvent): Outlet {
    const { node } = this.route.target;
    return typeof event === 'string' ? outletNamed(node, event) : outletOf(node, event);
  }
}

const outletOf = (node: Node, { routine, name }: AnyEvent): Outlet =>
  routine === node.routine ? outletNamed(node, name) : refuseEvent(node, name);

const refusePayload = (outlet: Outlet, data: unknown): never => {
  throw flowError('BAD_PAYLOAD', { where: placeOf(outlet), value: data });
};
