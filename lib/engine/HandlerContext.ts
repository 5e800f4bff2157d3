import { checkData, type Data, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { checkSerialisable, flowError } from '../flow/FlowError.js';
import { jobError } from '../job/JobError.js';
import type { Change } from '../job/Settled.js';
import { copyDeep, copyPlain, isPlainObject } from '../prelude/plainObject.js';
import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import { Attempt } from './Attempt.js';
import type { TaskContext, PauseOptions, Shared } from '../flow/TaskContext.js';
import { type Node, outletNamed, type Outlet, placeOf, refuseEvent } from './Plan.js';
import type { Seat } from './Seat.js';
import { sharedOf } from './shared.js';

/**
 * An attempt as its handler sees it. It stays valid after the handler has returned (a timer may still emit), until the attempt
 * fails or is aborted, or the job ends.
 *
 * What is asked of the user (getters of a payload, an update of the state) is asked first; whether the attempt is still valid is
 * asked after that, right before something is done (D31).
 */
export class HandlerContext extends Attempt implements TaskContext {
  declare seat: Seat<HandlerContext> | undefined;

  get flow(): Flow {
    return this.run.doors.flow;
  }

  get job(): JobState {
    return this.run.doors.state;
  }

  get signal(): AbortSignal {
    const abort = (this.more.abort ??= new AbortController());
    if (this.rare.cause !== undefined) abort.abort(this.rare.cause);
    return abort.signal;
  }

  get shared(): Shared {
    return (this.more.shared ??= sharedOf(this));
  }

  emit(event: string | AnyEvent, data: object = NO_DATA): void {
    this.emitAt(outletFor(this.route.target.node, event), data);
  }

  /** Emits as another routine of the flow does whose own handler is not at work. */
  emitFrom(node: Node, event: string, data: object): void {
    this.emitAt(outletNamed(node, event), data);
  }

  private emitAt(outlet: Outlet, data: object): void {
    const { run } = this;
    const payload = isPlainObject(data) ? run.plan.isolate(data) : this.refusePayload(outlet, data);
    this.checkAlive('emit');
    if (run.isFree) run.emit(outlet, payload);
    else this.emitWithCare(outlet, payload);
  }

  /** In a job whose queue has limits, or if an emission counts only when the attempt succeeds. */
  private emitWithCare(outlet: Outlet, data: Data): void {
    const { run } = this;
    this.checkSerialisable(data, () => placeOf(outlet));
    this.checkAlive('emit');
    run.limits?.check(() => placeOf(outlet), outlet.routes, this.rare.effects?.emitting);
    if (this.isBuffering) this.effects.emit(emitted('emitted', outlet, data), outlet.routes);
    else run.emit(outlet, data);
  }

  emitDeferred(event: string | AnyEvent, data: object = NO_DATA): void {
    const { run } = this;
    const outlet = outletFor(this.route.target.node, event);
    const payload = run.plan.isolate(this.checkedData(data, () => placeOf(outlet), 'emitDeferred'));
    this.checkAlive('emitDeferred');
    run.checkRoom('emitDeferred', run.data.deferred.length + (this.rare.effects?.deferring ?? 0));
    if (this.isBuffering) this.effects.add(emitted('deferred', outlet, payload));
    else run.defer(outlet.node.id, outlet.name, payload);
  }

  output(type: string, data: object = NO_DATA): void {
    const payload = { ...this.checkedData(data, () => `Output '${type}' of routine '${this.routineId}'`, 'output') };
    this.checkAlive('output');
    if (this.isBuffering) this.effects.add({ type: 'output', outputType: type, data: payload });
    else this.run.output(this.routineId, type, payload);
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
    return this.copied(this.checkedData(state, () => `State of routine '${this.routineId}'`, 'setState'));
  }

  private updateState(update: (own: Data) => Data): void {
    const before = this.ownState;
    const asked = update(before);
    // It may have changed the state itself: then it is asked once more (D31).
    const own = this.ownState === before ? asked : update(this.ownState);
    this.checkAlive('setState');
    if (this.isBuffering) this.effects.update(update, own);
    else this.run.setState(this, own);
  }

  private get ownState(): Data {
    return (this.isBuffering ? this.rare.effects?.own : undefined) ?? this.cell.own ?? NO_DATA;
  }

  // A failed attempt must not leave behind what it has changed in place. If each change stands at once, a large map need not be copied.
  private copied(data: Data): Data {
    return this.run.commits ? copyDeep(data) : copyPlain(data);
  }

  private checkedData(data: object, where: () => string, call: string): Data {
    this.checkAlive(call);
    const plain = checkData(data, where);
    this.checkSerialisable(plain, where);
    return plain;
  }

  /** If what the attempt does counts only when it succeeds, that has to be such that it can be written down. */
  checkSerialisable(value: unknown, where: () => string): void {
    if (this.run.commits) checkSerialisable(value, where);
  }

  /** Whether what it does is kept back until it succeeds. */
  get isBuffering(): boolean {
    return this.run.commits && (this.outcome === undefined || (this.rare.tracking ?? 0) > 0);
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

  checkAlive(call: string): void {
    if (this.stale || this.error !== undefined || this.run.over) this.refuse(call);
  }

  private refuse(call: string): never {
    const { run, routineId, attempt } = this;
    const jobId = run.data.jobId;
    if (run.over) throw jobError('EMIT_AFTER_END', { jobId, routineId, call, status: run.data.status });
    throw jobError('STALE_CONTEXT', { jobId, routineId, call, attempt });
  }

  private refusePayload(outlet: Outlet, data: unknown): never {
    this.checkAlive('emit');
    throw flowError('BAD_PAYLOAD', { where: placeOf(outlet), value: data });
  }
}

const outletFor = (node: Node, event: string | AnyEvent): Outlet => {
  if (typeof event === 'string') return outletNamed(node, event);
  return event.routine === node.routine ? outletNamed(node, event.name) : refuseEvent(node, event.name);
};

const emitted = (type: 'emitted' | 'deferred', { node, name }: Outlet, data: Data): Change => ({
  type,
  routineId: node.id,
  event: name,
  data,
});
