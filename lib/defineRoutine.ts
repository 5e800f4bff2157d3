import type { Context } from './flow/Context.js';
import type { Codec } from './flow/Codec.js';
import type { Data } from './flow/Data.js';
import { checkKnown, checkOptions, type Known } from './flow/checkOption.js';
import { checkName } from './flow/names.js';
import type { Limit } from './flow/Limit.js';
import type { Merge } from './flow/merge.js';
import { SLOT_OPTIONS } from './flow/Slot.js';
import { type Event, Routine, type Slot } from './Routine.js';

type Payloads = Record<string, object>;

/** A context whose `emit` knows the events of its routine. */
export interface TypedContext<E extends Payloads> extends Omit<Context, 'emit'> {
  emit<K extends keyof E & string>(event: K, data: E[K]): void;
}

/** What a slot takes; one with neither a codec nor a typed handler takes anything. */
type PayloadOf<A> = A extends object ? A : Data;

/** A slot in a definition; the type of `data` is what its codec reads. */
export interface SlotDefinition<A, E extends Payloads> extends Limit {
  /** What happens to input that the slot already holds. @default 'override' */
  readonly merge?: Merge<PayloadOf<A>> | undefined;
  /** Checks a payload when it enters the slot, and types it; a mismatch fails the task. @default none */
  readonly codec?: Codec<A> | undefined;
  /** The event that takes what the handler hands back (see `SlotOptions`). @default none */
  readonly emits?: (keyof E & string) | undefined;
  /** What is done with a payload; without it the slot only keeps what arrives. @default none */
  readonly handler?: ((this: Routine, data: PayloadOf<A>, ctx: TypedContext<E>) => unknown) | undefined;
}

/** A routine as `defineRoutine` takes it. `S` has the payloads of its slots by name, `E` those of its events. */
export interface RoutineDefinition<S, E extends Payloads> {
  /** The name of its kind in a `Registry`. */
  readonly type: string;
  /** Codecs of its outputs, or only the names of their parameters. @default none */
  readonly events?: { readonly [K in keyof E]: Codec<E[K]> | readonly string[] };
  /** Its inputs. @default none */
  readonly slots?: { readonly [K in keyof S]: SlotDefinition<S[K], E> };
  /** Its static settings. @default {} */
  readonly config?: Data;
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
export const defineRoutine = <S = Record<never, never>, E extends Payloads = Record<never, never>>(
  definition: RoutineDefinition<S, E>,
): DefinedRoutine<S, E> => {
  const { events = {}, slots = {}, config } = checkKnown(definition, DEFINITION, 'definition');
  const type = checkName('type', definition.type);
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

const DEFINITION: Known<RoutineDefinition<unknown, Payloads>> = { type: true, events: true, slots: true, config: true };
const SLOT_DEFINITION: Known<SlotDefinition<unknown, Payloads>> = { ...SLOT_OPTIONS, handler: true };

const partsOf = <T>(kind: string, parts: object): readonly [string, T][] => Object.entries(checkOptions(parts, kind));
