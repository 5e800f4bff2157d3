import { checkKnown, checkOption } from '../flow/checkOption.js';
import { checkData, type Data, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { flowError } from '../flow/FlowError.js';
import type { OutputData } from '../flow/RoutineTypes.js';
import {
  EMIT_OPTIONS,
  type EmitOptions,
  type OutputOptions,
  type PauseOptions,
  type Shared,
  type TaskContext,
  type WaitForOptions,
  type WaitPlace,
} from '../flow/TaskContext.js';
import { checkSwitch } from '../flow/FlowOptions.js';
import type { DeferredEvent } from '../job/JobData.js';
import { jobError } from '../job/JobError.js';
import { stateSet } from '../job/noteRoutine.js';
import { describeEvent, eventFor, eventNamed } from '../plan/eventNamed.js';
import type { Event, Routine } from '../plan/Plan.js';
import { isObject } from '../prelude/has.js';
import { copyDeep, copyGiven, copyPlain, isLiteral, isPlainObject } from '../prelude/plainObject.js';
import { Attempt } from './Attempt.js';
import { checkKept } from './checkKept.js';
import type { ContextParts } from './ContextParts.js';
import { dueOf } from './dueOf.js';
import { Effects } from './Effects.js';
import type { Due } from './Emission.js';
import { handOver } from './handOver.js';
import type { DecidedJob } from './outcome.js';
import type { Seat } from './Seat.js';
import { sharedOf } from './shared.js';
import { waitFor } from './waitFor.js';

/** A job as the handlers of its tasks use it. */
export interface ContextJob extends DecidedJob {
  /** The attempt that started it, if a handler did. */
  readonly parent: HandlerContext | undefined;
  readonly parts: ContextParts;
}

/**
 * An attempt as its handler sees it. It stays valid after the handler has returned (a timer may still emit), until the attempt
 * fails or is aborted, or the job ends.
 *
 * User code (getters of a payload, an update of the state) runs first; then the context looks whether the attempt is still valid,
 * right before it does something (D31).
 */
export class HandlerContext<R extends ContextJob = ContextJob> extends Attempt<R> implements TaskContext {
  declare seat: Seat<HandlerContext<R>> | undefined;

  /** The Flow. */
  get flow(): unknown {
    return this.run.parts.handles.flow;
  }

  /** The JobState. */
  get job(): unknown {
    return this.run.parts.handles.state;
  }

  get signal(): AbortSignal {
    const abort = (this.more.abort ??= new AbortController());
    if (this.rare.cause !== undefined) abort.abort(this.rare.cause);
    return abort.signal;
  }

  get shared(): Shared {
    return (this.more.shared ??= sharedOf(this));
  }

  emit(event: string | AnyEvent, data: object = NO_DATA, options?: EmitOptions): void {
    const { routine } = this.connection.slot;
    // Most routines have one event, and emit it by its name.
    this.emitAt(
      routine.mainEvent?.name === event ? routine.mainEvent : eventFor(routine, event),
      data,
      options === undefined ? options : checkKnown(options, EMIT_OPTIONS),
    );
  }

  /** Emits for `routine.emit`: the routine of this attempt, or another one of the flow. */
  emitFrom(routine: Routine, event: string, data: object, options: EmitOptions | undefined): void {
    this.emitAt(eventNamed(routine, event), data, options);
  }

  private emitAt(event: Event, data: object, options: EmitOptions | undefined): void {
    const { parts } = this.origin.run;
    const due = options === undefined ? undefined : dueOf(parts, options);
    const payload = isLiteral(data) || isPlainObject(data) ? parts.plan.isolate(data, event) : this.refusePayload(event, data);
    if (this.stale || this.error !== undefined || parts.life.isOver) this.refuse('emit');
    if (due === undefined && parts.emitsAtOnce) parts.emissions.emit(event, payload);
    else this.emitWithCare(event, payload, due);
  }

  /** In a job whose queue has limits, if an emission counts only when the attempt succeeds, or if its tasks are due later. */
  private emitWithCare(event: Event, data: Data, due: Due | undefined): void {
    const { parts } = this.run;
    this.checkSerialisable(data, () => describeEvent(event));
    this.checkAlive('emit');
    const limits = due === undefined ? parts.limits : parts.room;
    limits?.check(() => describeEvent(event), event.connections, this.rare.effects?.emitting);
    if (this.isBuffering) this.effects.emit({ type: 'emitted', ...said(event, data), due }, event.connections);
    else if (due === undefined) parts.emissions.emit(event, data);
    else parts.emissions.emitLate(event, data, due);
  }

  emitDeferred(event: string | AnyEvent, data: object = NO_DATA): void {
    const { plan, emissions, ledger } = this.run.parts;
    const found = eventFor(this.connection.slot.routine, event);
    const payload = plan.isolate(
      this.checkedData(data, () => describeEvent(found), 'emitDeferred'),
      found,
    );
    this.checkAlive('emitDeferred');
    emissions.checkRoom('emitDeferred', ledger.data.deferred.length + (this.rare.effects?.deferring ?? 0));
    if (this.isBuffering) this.effects.add({ type: 'deferred', ...said(found, payload) });
    else emissions.defer(found.routine.id, found.name, payload);
  }

  output<O extends object, K extends keyof O & string>(type: K, ...data: [...OutputData<O[K]>, options?: OutputOptions]): void;
  output(type: string, data: object = NO_DATA, options: OutputOptions = NO_DATA): void {
    const { keep = true } = options === NO_DATA ? options : checkKnown(options, { keep: true });
    checkOption('type', type, typeof type === 'string', 'a string');
    const payload = { ...this.checkedData(data, () => `Output '${type}' of routine '${this.routineId}'`, 'output') };
    checkSwitch('keep', keep);
    this.checkAlive('output');
    if (this.isBuffering && keep) this.effects.add({ type: 'output', outputType: type, data: payload });
    else handOver(this.run.parts, this.routineId, type, payload, keep);
  }

  state<S extends object>(): Readonly<S> {
    return this.copied(this.ownState) as Readonly<S>;
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
    const checked = this.checkedData(state, () => `State of routine '${this.routineId}'`, 'setState');
    return this.run.parts.plan.commits ? copyDeep(checked) : copyGiven(checked, false);
  }

  private updateState(update: (own: Data) => Data): void {
    const before = this.ownState;
    const asked = update(before);
    // It may have changed the state itself: then it is asked once more (D31).
    const own = this.ownState === before ? asked : update(this.ownState);
    const { ledger } = this.run.parts;
    // With `clone` a copy asks the getters in it.
    const shown = ledger.watched ? ledger.show(own) : own;
    this.checkAlive('setState');
    if (this.isBuffering) this.effects.update(update, own);
    else stateSet(ledger, this.routineData, own, shown);
  }

  private get ownState(): Data {
    return (this.isBuffering ? this.rare.effects?.own : undefined) ?? this.routineData.own ?? NO_DATA;
  }

  // A failed attempt must not leave behind what it has changed in place. If each change stands at once, a large map need not be copied.
  private copied(data: Data): Data {
    return this.run.parts.plan.commits ? copyDeep(data) : copyPlain(data);
  }

  private checkedData(data: object, where: () => string, call: string): Data {
    this.checkAlive(call);
    const plain = checkData(data, where);
    this.checkSerialisable(plain, where);
    return plain;
  }

  /** With `emitMode: 'commit'` a snapshot may have to hold what the attempt does: refuses what JSON cannot hold. */
  checkSerialisable(value: unknown, where: () => string): void {
    checkKept(this.run.parts.plan, value, where);
  }

  /** Its emissions and changes, kept back until it succeeds. */
  get effects(): Effects {
    return (this.more.effects ??= new Effects());
  }

  /** Whether its emissions and changes are kept back until it succeeds. */
  get isBuffering(): boolean {
    return this.run.parts.plan.commits && (this.outcome === undefined || (this.rare.tracking ?? 0) > 0);
  }

  track<T>(work: PromiseLike<T>): PromiseLike<T> {
    checkOption('work', work, isObject(work) && 'then' in work, 'a promise');
    this.checkAlive('track');
    this.run.parts.life.parking?.leave();
    this.checkAlive('track');
    this.run.parts.tracking.follow(this, work);
    return work;
  }

  waitFor(to: WaitPlace, options: WaitForOptions = {}): string {
    return waitFor(this, to, options);
  }

  pause(options: PauseOptions = {}): Promise<void> {
    const { ledger, life } = this.run.parts;
    this.checkAlive('pause');
    if (ledger.data.status !== 'paused') void life.pausing.pause(options);
    return Promise.resolve();
  }

  cancel(reason?: string): void {
    this.checkAlive('cancel');
    this.run.parts.life.cancel(reason);
  }

  complete(reason?: string): void {
    this.checkAlive('complete');
    this.run.parts.life.complete(reason);
  }

  checkAlive(call: string): void {
    if (this.stale || this.error !== undefined || this.run.parts.life.isOver) this.refuse(call);
  }

  private refuse(call: string): never {
    const { routineId, attempt } = this;
    const { life, ledger } = this.run.parts;
    const { jobId, status } = ledger.data;
    if (life.isOver) throw jobError('EMIT_AFTER_END', { jobId, routineId, call, status });
    if (this.rare.closed !== undefined) throw this.rare.closed(call);
    throw jobError('STALE_CONTEXT', { jobId, routineId, call, attempt });
  }

  private refusePayload(event: Event, data: unknown): never {
    this.checkAlive('emit');
    throw flowError('BAD_PAYLOAD', { where: describeEvent(event), value: data });
  }
}

const said = ({ routine, name }: Event, data: Data): DeferredEvent => ({ routineId: routine.id, event: name, data });
