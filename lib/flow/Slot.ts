import type { Context } from '../engine/Context.js';
import type { Routine } from '../Routine.js';
import type { Codec } from './Codec.js';
import type { Data } from './Data.js';
import type { FixedLimit, Limit } from './Limit.js';
import type { Merge } from './merge.js';

/**
 * What a slot does with its input. A promise, an observable or an async iterable that it returns is awaited and holds
 * its worker; anything else that it returns is ignored.
 */
export type Handler<A extends object = Data> = (this: Routine, data: A, ctx: Context) => unknown;

/** How a slot takes its input; `maxQueued` and `overflow` are meant for its tasks in each job. */
export interface SlotOptions<A extends object = Data> extends Limit {
  /** What happens to input that the slot already holds. @default 'override' */
  readonly merge?: Merge<A> | undefined;
  /** Checks (and may change) a payload where it enters the slot; a mismatch fails the task. @default none */
  readonly codec?: Codec<A> | undefined;
  /** The event on which the values of a returned observable or async iterable are emitted. @default none: they are ignored */
  readonly emits?: string | undefined;
}

/** An input of a routine. It holds no data itself: what it has gathered belongs to the job. */
export class Slot<in A extends object = Data> {
  /** Only for the compiler: a slot takes an `A`. */
  declare readonly _A: (data: A) => void;

  constructor(
    readonly routine: Routine,
    readonly name: string,
    readonly handler: Handler<never> | undefined,
    readonly merge: Merge<never>,
    readonly codec: Codec<object> | undefined,
    readonly emits: string | undefined,
    readonly limit: FixedLimit,
    private readonly deliver: (slot: AnySlot, data: Data) => unknown,
  ) {}

  /**
   * Hands a payload to the handler at once, outside any job: no connection, so no mapping, and nothing held before.
   * Gives what the handler returns; what it throws is thrown here.
   */
  receive(data: A): unknown {
    return this.deliver(this, data as unknown as Data);
  }
}

/** A slot of whatever payload. */
export type AnySlot = Slot<never>;
