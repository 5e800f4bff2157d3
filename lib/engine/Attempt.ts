import type { Data } from '../flow/Data.js';
import { checkData, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { flowError } from '../flow/FlowError.js';
import { jobError } from '../job/JobError.js';
import type { SlotActivationTask, TaskOutcome } from '../job/JobRecord.js';
import type { Execution, ExecutionSource } from '../job/Metrics.js';
import type { RoutineCell } from '../job/RoutineCell.js';
import { isTimed } from '../job/stopwatch.js';
import { describeError } from '../prelude/describeError.js';
import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import type { Context, PauseOptions, Shared } from './Context.js';
import type { Emission } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Pump } from './Pump.js';
import { outletNamed, type Outlet, type Route } from './Plan.js';
import { sharedOf } from './shared.js';

/**
 * One try of one slot activation task: what the engine knows of it, and the context that its handler gets. It stays
 * valid after the handler has returned (a timer may still emit), until the attempt fails, is let go, or the job ends.
 */
export class Attempt implements Context, ExecutionSource {
  /** The merged payload, the same for every attempt of the task; never handed out itself. */
  input: Data | undefined;
  outcome: TaskOutcome | undefined = undefined;
  error: unknown = undefined;
  /** Readings of the clock, in ms; `ended` is 0 while it runs. */
  started = 0;
  ended = 0;
  timed = false;
  /** Failed or let go of: what it still does counts no more. */
  stale = false;
  /** Whether it holds a worker of its own, and who borrows it meanwhile (D16). */
  holdsWorker = true;
  lender: Attempt | undefined = undefined;
  borrower: Attempt | undefined = undefined;
  /** Lets go of the inner observable that its handler has left unfinished. */
  letGo: (() => void) | undefined = undefined;
  #abort: AbortController | undefined = undefined;

  constructor(
    readonly run: JobRun,
    readonly emission: Emission,
    readonly route: Route,
    /** The place of the route among those of the emission. */
    readonly place: number,
    readonly attempt: number,
  ) {
    this.input = emission.failed?.input;
  }

  get taskId(): string {
    return `${this.run.data.jobId}:${this.emission.order}.${this.place}`;
  }

  get flow(): Flow {
    return this.run.flow as Flow;
  }

  get job(): JobState {
    return this.run.state as JobState;
  }

  get routineId(): string {
    return this.route.target.node.id;
  }

  get slot(): string {
    return this.route.target.name;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.outcome === 'dropped') this.#abort.abort(this.error);
    return this.#abort.signal;
  }

  get shared(): Shared {
    return sharedOf(this);
  }

  emit(event: string | AnyEvent, data: object = NO_DATA): void {
    this.checkAlive('emit');
    this.run.emit(this.#outlet(event), checkData(data, () => `Event '${nameOf(event)}' of routine '${this.routineId}'`));
  }

  emitDeferred(event: string | AnyEvent, data: object = NO_DATA): void {
    this.checkAlive('emitDeferred');
    const where = (): string => `Event '${nameOf(event)}' of routine '${this.routineId}'`;
    this.run.defer(this.#outlet(event), checkData(data, where));
  }

  output(type: string, data: object = NO_DATA): void {
    this.checkAlive('output');
    this.run.output(this.routineId, type, checkData(data, () => `Output '${type}' of routine '${this.routineId}'`));
  }

  state(): Data {
    return { ...this.run.cellOf(this.route.target.node).own };
  }

  setState(state: Data): void {
    this.checkAlive('setState');
    this.run.cellOf(this.route.target.node).own = { ...checkData(state, () => `State of routine '${this.routineId}'`) };
  }

  track<T>(work: PromiseLike<T>): PromiseLike<T> {
    this.checkAlive('track');
    this.run.track(this, work);
    return work;
  }

  pause(options?: PauseOptions): Promise<void> {
    this.checkAlive('pause');
    void this.run.pause(options);
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

  /** Notes when it began, and whether its end is measured too. */
  start(pump: Pump, cell: RoutineCell): void {
    this.timed = isTimed(cell);
    this.started = this.timed ? pump.clock.elapsed() : pump.reading;
  }

  /** Ends the attempt before its handler does: its signal aborts, and nothing it does counts any more. */
  drop(cause: unknown): void {
    this.stale = true;
    this.outcome = 'dropped';
    this.error = cause;
    this.#abort?.abort(cause);
    this.letGo?.();
  }

  task(): SlotActivationTask {
    const { connection } = this.route;
    return {
      taskId: this.taskId,
      routineId: this.routineId,
      slot: this.slot,
      data: { ...(this.input ?? this.emission.data) },
      attempt: this.attempt,
      retryCount: this.attempt - 1,
      ...(connection === undefined ? {} : { connection }),
    };
  }

  /** The same task, as it will be tried next. */
  next(): SlotActivationTask {
    return { ...this.task(), attempt: this.attempt + 1, retryCount: this.attempt };
  }

  execution(): Execution {
    const { taskId, routineId, slot, attempt, data: params } = this.task();
    const { clock } = this.run.pump;
    const ended = this.outcome === undefined ? undefined : this.ended || this.started;
    return {
      routineId,
      slot,
      taskId,
      attempt,
      params,
      startedAt: new Date(clock.epoch(this.started)),
      endedAt: ended === undefined ? undefined : new Date(clock.epoch(ended)),
      status: this.outcome ?? 'running',
      error: this.error === undefined ? undefined : describeError(this.error).message,
      executionTimeMs: this.timed && ended !== undefined ? ended - this.started : undefined,
    };
  }

  checkAlive(call: string): void {
    if (this.stale || this.run.over) this.#refuse(call);
  }

  #refuse(call: string): never {
    const { run, routineId, attempt } = this;
    const jobId = run.data.jobId;
    if (run.over) throw jobError('EMIT_AFTER_END', { jobId, routineId, call, status: run.data.status });
    throw jobError('STALE_CONTEXT', { jobId, routineId, call, attempt });
  }

  #outlet(event: string | AnyEvent): Outlet {
    const { node } = this.route.target;
    if (typeof event === 'string') return outletNamed(node, event);
    if (event.routine === node.routine) return outletNamed(node, event.name);
    throw flowError('UNKNOWN_EVENT', { routineId: node.id, event: event.name, known: [...node.events.keys()] });
  }
}

const nameOf = (event: string | AnyEvent): string => (typeof event === 'string' ? event : event.name);
