import { currentAttempt } from './engine/ambient.js';
import { receive } from './engine/direct.js';
import { refuseDelay } from './engine/dueOf.js';
import { type Codec, isCodec } from './flow/Codec.js';
import { checkCodec, checkHandler, checkMerge, checkPayload } from './flow/checkParts.js';
import { checkData, type Data, NO_DATA } from './flow/Data.js';
import { checkEventName, ErrorHandler, type ErrorHandlerOptions, RETRY_OPTIONS, strategyAmong } from './flow/ErrorHandler.js';
import { Event as EventOf, type PayloadOf } from './flow/Event.js';
import { checkKnown, type Known } from './flow/checkOption.js';
import { flowError } from './flow/FlowError.js';
import { checkErrorHandler } from './flow/FlowOptions.js';
import type { Handler } from './flow/Handler.js';
import { homesOf, nameOf } from './flow/Home.js';
import { homesFor } from './flow/homesFor.js';
import { limitFrom } from './flow/Limit.js';
import type { Merge } from './flow/merge.js';
import { checkName } from './flow/names.js';
import type { NothingElse, RoutineTypes } from './flow/RoutineTypes.js';
import { EMIT_OPTIONS, type EmitOptions } from './flow/TaskContext.js';
import { Slot as SlotOf, SLOT_OPTIONS, type SlotOptions } from './flow/Slot.js';
import { copyGiven, copyPlain, setOwn } from './prelude/plainObject.js';
import { uuid } from './prelude/uuid.js';
import { Registry as RegistryOf } from './wire/Registry.js';
import type { Flow } from './Flow.js';
import { COPY, type Copy, OWN } from './prelude/Copy.js';
import { checkCopy } from './flow/checkCopy.js';

// What is described or written down without the doors, closed over the routine that users know.

/**
 * An output of a routine: what it emits, and the names of its parameters. `flow.connect(event, slot)` checks its payload.
 *
 * @example
 * const line: Event<{ text: string }> = reader.defineEvent('line');
 */
export type Event<A extends object = Data> = EventOf<A, Routine>;
export const Event = EventOf;

/**
 * An input of a routine. It holds no data itself: what it has gathered belongs to the job.
 *
 * @example
 * const input: Slot<{ text: string }> = parser.defineSlot('input', ({ text }) => text.length);
 */
export type Slot<A extends object = Data> = SlotOf<A, Routine>;
export const Slot = SlotOf;

/**
 * What JSON may be turned into: routines by their type, functions by their name. Nothing else of a flow's JSON becomes code.
 *
 * @example
 * const registry = new Registry().register('Doubler', () => new Doubler()).registerFunction('trim', trim);
 * const flow = Flow.fromJSON(json, registry);
 */
export type Registry = RegistryOf<Routine>;
export const Registry = RegistryOf<Routine>;

/** When the tasks of an emission become due, and where one outside any job goes. */
interface RoutineEmitOptions extends EmitOptions {
  /** The only flow whose targets run. @default each that the routine is in */
  readonly flow?: Flow | undefined;
}

const ROUTINE_EMIT_OPTIONS: Known<RoutineEmitOptions> = { ...EMIT_OPTIONS, flow: true };

const checkTolerant = strategyAmong<'continue' | 'skip'>('continue', 'skip');

type AnyEvent = Event<object>;
type AnySlot = Slot<never>;

/**
 * A node of a flow: input slots with their handlers, and output events. Use it as it is or subclass it; the constructor
 * of a subclass takes no arguments, what differs between instances goes to `setConfig`.
 *
 * It serves any number of jobs at a time, so it keeps nothing of a job in its own fields: that is what
 * `ctx.state()`, `ctx.setState()` and `ctx.shared` are for. `T` declares the types of that state and of its outputs, as in
 * `class Counter extends Routine<{ state: { n?: number }; outputs: { total: { sum: number } } }>`.
 *
 * @example
 * class Doubler extends Routine {
 *   readonly output = this.defineEvent<{ n: number }>('output');
 *   readonly input = this.defineSlot('input', ({ n }: { n: number }) => {
 *     this.emit(this.output, { n: n * 2 });
 *   });
 * }
 */
export class Routine<T extends RoutineTypes & NothingElse<T> = RoutineTypes> {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** The name of its kind in a `Registry`; set it if the class name does not survive a minifier. */
  static readonly type: string | undefined;

  /** A uuid; in a flow it may go by another id (see `Flow.addRoutine`). */
  readonly id: string = uuid();
  readonly #slots = new Map<string, AnySlot>();
  readonly #events = new Map<string, AnyEvent>();
  #config: Data = NO_DATA;
  #errorHandler: ErrorHandler | undefined;

  /** The name of its kind in a `Registry`: `static type`, else the name of its class. */
  get type(): string {
    const { type, name } = this.constructor as typeof Routine;
    return type ?? name;
  }

  /** Its inputs by name, in the order in which they were defined; a live view. */
  get slots(): ReadonlyMap<string, AnySlot> {
    return this.#slots;
  }

  /** Its outputs by name, in the order in which they were defined; a live view. */
  get events(): ReadonlyMap<string, AnyEvent> {
    return this.#events;
  }

  /** What to do when a task of this routine fails; undefined leaves it to the flow. */
  get errorHandler(): ErrorHandler | undefined {
    return this.#errorHandler;
  }

  /** Its static settings: a copy. */
  get config(): Data {
    return copyPlain(this.#config);
  }

  /**
   * Sets the given keys and keeps the others.
   *
   * @throws FlowError `CONFIG_LOCKED` while a job that uses the routine runs, `BAD_PAYLOAD`
   */
  setConfig(patch: Data): this {
    const jobIds = [...homesOf(this)].flatMap((home) => home.jobsUsing(this));
    if (jobIds.length > 0) throw flowError('CONFIG_LOCKED', { routineId: this.id, routine: nameOf(this), jobIds });
    const config: Record<string, unknown> = { ...this.#config };
    const given = checkData(patch, () => `The config of routine '${nameOf(this)}'`);
    for (const key of Object.keys(given)) setOwn(config, key, copyGiven(given[key], false));
    this.#config = config;
    return this;
  }

  /** A copy of one setting. */
  getConfig<T = unknown>(key: string, fallback?: T): T {
    return (Object.hasOwn(this.#config, key) ? copyPlain(this.#config[key]) : fallback) as T;
  }

  /**
   * Adds an input. Without a handler the slot only keeps what arrives.
   *
   * @throws FlowError `DUPLICATE_SLOT`, `BAD_NAME`, `BAD_OPTION`, `BAD_STRATEGY` for a merge that does not exist
   */
  defineSlot<A extends object = Data>(name: string, handler?: Handler<A, T>, options: SlotOptions<A> = {}): Slot<A> {
    checkName('slot', name);
    if (this.#slots.has(name)) throw flowError('DUPLICATE_SLOT', { routineId: this.id, routine: nameOf(this), slot: name });
    checkKnown<object>(options, SLOT_OPTIONS);
    const merge = checkMerge(options.merge) as Merge<never>;
    const [codec, emits, limit] = [checkCodec(options.codec), checkEventName('emits', options.emits), limitFrom(options)];
    const slot = new SlotOf<A, Routine>(this, name, checkHandler(handler), merge, codec, emits, limit, receive);
    this.#slots.set(name, slot);
    this.#changed();
    return slot;
  }

  /**
   * Adds an output. Names of parameters, or a codec, say what a payload of it holds; they are not checked when it
   * is emitted, but when it enters a slot.
   *
   * @throws FlowError `DUPLICATE_EVENT`, `BAD_NAME`
   */
  defineEvent<A extends object = Data>(name: string, payload: readonly string[] | Codec<A> = []): Event<A> {
    checkName('event', name);
    if (this.#events.has(name)) throw flowError('DUPLICATE_EVENT', { routineId: this.id, routine: nameOf(this), event: name });
    checkPayload(payload);
    const event = isCodec(payload)
      ? new EventOf<A, Routine>(this, name, [], payload)
      : new EventOf<A, Routine>(this, name, [...payload]);
    this.#events.set(name, event);
    this.#changed();
    return event;
  }

  /** The input of this name; undefined if there is none. */
  slot(name: string): AnySlot | undefined {
    return this.#slots.get(name);
  }

  /** The output of this name; undefined if there is none. */
  event(name: string): AnyEvent | undefined {
    return this.#events.get(name);
  }

  /**
   * Emits in the job whose handler is at work here, found by itself, also after an `await` if the platform can
   * (Node). Outside any job the targets run at once, in every flow that the routine is in, or in `flow` only. `delayMs` and `at` as in
   * `Context.emit`: only in a job.
   *
   * @throws FlowError `UNKNOWN_EVENT`, `BAD_PAYLOAD`, `NO_CONTEXT` if the job cannot be found; JobError
   * `EMIT_AFTER_END`, `STALE_CONTEXT`, `QUEUE_FULL`, `PAUSED_FULL`; FlowError `NOT_SERIALISABLE` with `emitMode: 'commit'`
   */
  emit(event: string, data?: object, options?: RoutineEmitOptions): void;
  emit<A extends object>(event: Event<A>, ...data: [...PayloadOf<NoInfer<A>>, options?: RoutineEmitOptions]): void;
  emit(event: string | AnyEvent, data: object = NO_DATA, options?: RoutineEmitOptions): void {
    const name = this.#nameOf(event);
    const only = options === undefined ? undefined : checkCopy(checkKnown(options, ROUTINE_EMIT_OPTIONS).flow);
    const attempt = currentAttempt();
    const routine = attempt?.run.parts.plan.routineOf.get(this);
    if (attempt !== undefined && routine !== undefined && (only === undefined || only === attempt.flow)) {
      attempt.emitFrom(routine, name, data, options);
    } else this.#emitDirectly(name, data, only, options);
  }

  #nameOf(event: string | AnyEvent): string {
    if (typeof event === 'string') return event;
    if (checkCopy(event).routine === this) return event.name;
    throw flowError('UNKNOWN_EVENT', {
      routineId: this.id,
      routine: nameOf(this),
      event: event.name,
      known: [...this.#events.keys()],
    });
  }

  #emitDirectly(event: string, data: object, only: Flow | undefined, options: EmitOptions | undefined): void {
    refuseDelay(event, options);
    if (!this.#events.has(event))
      throw flowError('UNKNOWN_EVENT', { routineId: this.id, routine: nameOf(this), event, known: [...this.#events.keys()] });
    const payload = checkData(data, () => `Event '${event}' of routine '${nameOf(this)}'`);
    for (const home of homesFor(this, event, only)) home.deliver(this, event, payload);
  }

  /**
   * What to do when a task of this routine fails, in place of what the flow does; for later runs.
   *
   * @throws FlowError `BAD_OPTION`
   */
  setErrorHandler(handler: ErrorHandler): this {
    this.#errorHandler = checkErrorHandler(handler);
    this.#changed();
    return this;
  }

  /** A failed task is retried; when its retries are spent, the job fails. */
  setAsCritical(options: Omit<ErrorHandlerOptions, 'strategy' | 'critical'> = {}): this {
    const given = checkKnown(options, RETRY_OPTIONS);
    return this.setErrorHandler(new ErrorHandler({ ...given, strategy: 'retry', critical: true }));
  }

  /** A failed task does not fail the job: it was tried (`continue`), or it was not needed (`skip`). */
  setAsOptional(strategy: 'continue' | 'skip' = 'continue'): this {
    return this.setErrorHandler(new ErrorHandler({ strategy: checkTolerant(strategy) }));
  }

  #changed(): void {
    for (const home of homesOf(this)) home.changed();
  }
}
