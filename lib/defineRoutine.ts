import type { Context } from './flow/Context.js';
import type { Codec } from './flow/Codec.js';
import type { Data } from './flow/Data.js';
import { checkKnown, checkOption, checkOptions, type Known } from './flow/checkOption.js';
import { checkName } from './flow/names.js';
import type { Limit } from './flow/Limit.js';
import type { Merge } from './flow/merge.js';
import type { AnyOutputs, RoutineTypes } from './flow/RoutineTypes.js';
import { SLOT_OPTIONS } from './flow/Slot.js';
import type { EmitOptions, WaitForOptions } from './flow/TaskContext.js';
import { isPlainObject } from './prelude/plainObject.js';
import { type Event, Routine, type Slot } from './Routine.js';

type Payloads = Record<string, object>;

/** A context whose `emit` and `waitFor` know the events of its routine; `T` is what that declares of its state and its outputs. */
export interface TypedContext<E extends Payloads, T extends RoutineTypes = RoutineTypes> extends Omit<
  Context<T>,
  'emit' | 'waitFor'
> {
  emit<K extends keyof E & string>(event: K, data: E[K], options?: EmitOptions): void;
  waitFor(to: (keyof E & string) | { readonly slot: string }, options?: WaitForOptions): string;
}

/** What a slot takes; one with neither a codec nor a typed handler takes anything. */
type PayloadOf<A> = A extends object ? A : Data;

/** A slot in a definition; the type of `data` is what its codec reads. */
export interface SlotDefinition<A, E extends Payloads, T extends RoutineTypes = RoutineTypes> extends Limit {
  /** What happens to input that the slot already holds. @default 'override' */
  readonly merge?: Merge<PayloadOf<A>> | undefined;
  /** Checks a payload when it enters the slot, and types it; a mismatch fails the task. @default none */
  readonly codec?: Codec<A> | undefined;
  /** The event that takes what the handler hands back (see `SlotOptions`). @default none */
  readonly emits?: (keyof E & string) | undefined;
  /** What is done with a payload; without it the slot only keeps what arrives. @default none */
  readonly handler?: ((this: Routine, data: PayloadOf<A>, ctx: TypedContext<E, T>) => unknown) | undefined;
}

/**
 * A routine as `defineRoutine` takes it. `S` has the payloads of its slots by name, `E` those of its events, `St` its state, `O` its outputs.
 */
export interface RoutineDefinition<S, E extends Payloads, St extends object = Data, O extends object = AnyOutputs> {
  /** The name of its kind in a `Registry`. */
  readonly type: string;
  /** Codecs of its outputs, or only the names of their parameters. @default none */
  readonly events?: { readonly [K in keyof E]: Codec<E[K]> | readonly string[] };
  /** Its inputs. @default none */
  readonly slots?: { readonly [K in keyof S]: SlotDefinition<S[K], E, { state: St; outputs: O }> };
  /** Its static settings. @default {} */
  readonly config?: Data;
  /**
   * The type of its state, as `ctx.state()` and `ctx.setState()` have it, and no more: `{} as { n?: number }`. A value that holds
   * anything is refused, since nothing would be done with it. @default any keys
   */
  readonly state?: St | undefined;
  /** The types of its outputs by name, as `ctx.output` takes them, and no more: `{} as { total: { n: number } }`. @default any */
  readonly outputs?: O | undefined;
}

/** A routine that knows the payloads of its slots and events, so that a wrong `flow.connect` does not compile. */
export interface DefinedRoutine<S, E extends Payloads> extends Routine {
  /** The input of this name, with its type; undefined if there is none. */
  slot<K extends keyof S & string>(name: K): Slot<PayloadOf<S[K]>>;
  slot(name: string): Slot<never> | undefined;
  /** The output of this name, with its type; undefined if there is none. */
  event<K extends keyof E & string>(name: K): Event<E[K]>;
  event(name: string): Event<object> | undefined;
}

/**
 * A routine without a class.
 *
 * @example
 * const doubler = defineRoutine({
 *   type: 'doubler',
 *   events: { output: t.type({ n: t.number }) },
 *   slots: { trigger: { codec: t.type({ n: t.number }), handler: ({ n }, ctx) => ctx.emit('output', { n: n * 2 }) } },
 * });
 *
 * @throws FlowError `BAD_NAME`, `BAD_OPTION`, `BAD_STRATEGY`
 */
export const defineRoutine = <
  S = Record<never, never>,
  E extends Payloads = Record<never, never>,
  St extends object = Data,
  O extends object = AnyOutputs,
>(
  definition: RoutineDefinition<S, E, St, O>,
): DefinedRoutine<S, E> => {
  const { events = {}, slots = {}, config, state, outputs } = checkKnown(definition, DEFINITION, 'definition');
  const type = checkName('type', definition.type);
  for (const [name, value] of Object.entries({ state, outputs })) checkTypeOnly(name, value);
  const routine = new (class extends Routine {
    static override readonly type = type;
  })();
  for (const [name, payload] of partsOf<Codec<object> | readonly string[]>('events', events)) routine.defineEvent(name, payload);
  for (const [name, slot] of partsOf<SlotDefinition<object, E>>('slots', slots)) {
    const { handler, ...options } = checkKnown(slot, SLOT_DEFINITION, `slots.${name}`);
    routine.defineSlot(name, handler, options);
  }
  if (config !== undefined) routine.setConfig(config);
  return routine as unknown as DefinedRoutine<S, E>;
};

const DEFINITION: Known<RoutineDefinition<unknown, Payloads>> = {
  type: true,
  events: true,
  slots: true,
  config: true,
  state: true,
  outputs: true,
};
const SLOT_DEFINITION: Known<SlotDefinition<unknown, Payloads>> = { ...SLOT_OPTIONS, handler: true };

/** What is there for the compiler alone. */
const checkTypeOnly = (name: string, value: object | undefined): void => {
  const isFine = value === undefined || (isPlainObject(value) && Object.keys(value).length === 0);
  checkOption(name, value, isFine, 'its type alone, as in {} as { n: number }');
};

const partsOf = <T>(kind: string, parts: object): readonly [string, T][] => Object.entries(checkOptions(parts, kind));
