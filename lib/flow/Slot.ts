import type { Known } from './checkOption.js';
import type { Codec } from './Codec.js';
import type { Data } from './Data.js';
import type { FixedLimit, Limit } from './Limit.js';
import type { Merge } from './merge.js';
import type { AnyHandler, DescribedSlot, DescribedRoutine } from './DescribedRoutine.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';

/** How a slot takes its input; `maxQueued` and `overflow` are meant for its tasks in each job. */
export interface SlotOptions<A extends object = Data> extends Limit {
  /** What happens to input that the slot already holds. @default 'override' */
  readonly merge?: Merge<A> | undefined;
  /** Checks (and may change) a payload when it enters the slot; a mismatch fails the task. @default none */
  readonly codec?: Codec<A> | undefined;
  /**
   * The event on which is emitted what the handler hands back, or its promise comes to: a plain object, or each value of an observable, an async
   * or a sync iterable. Anything else is a warning. @default none: a value is ignored, a stream that gives one is a warning
   */
  readonly emits?: string | undefined;
}

export const SLOT_OPTIONS: Known<SlotOptions> = { merge: true, codec: true, emits: true, maxQueued: true, overflow: true };

/**
 * An input of a routine. It holds no data itself: what it has gathered belongs to the job. `P` is the kind of its routine. `defineSlot`
 * makes it.
 *
 * @example
 * const input = parser.defineSlot('input', ({ text }: { text: string }) => text.length);
 * input.receive({ text: 'abc' }); // 3, at once: outside any job
 */
export class Slot<in A extends object = Data, out P extends DescribedRoutine = DescribedRoutine> implements DescribedSlot {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** Only for the compiler: a slot takes an `A`. */
  declare readonly _A: (data: A) => void;

  constructor(
    /** Whose input it is. */
    readonly routine: P,
    /** Its name, the only one of its kind in its routine; a run begins at `trigger` by default. */
    readonly name: string,
    /** What is done with a payload; undefined if it is only kept. */
    readonly handler: AnyHandler | undefined,
    /** What happens to what the slot holds already. */
    readonly merge: Merge<never>,
    /** What checks a payload that comes in. */
    readonly codec: Codec<object> | undefined,
    /** The event that takes what the handler hands back. */
    readonly emits: string | undefined,
    /** How many of its tasks may wait in a job, and what happens to more. */
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
