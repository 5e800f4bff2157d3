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

/** An input of a routine. It holds no data itself: what it has gathered belongs to the job. `P` is the kind of its routine. */
export class Slot<in A extends object = Data, out P extends DescribedRoutine = DescribedRoutine> implements DescribedSlot {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** Only for the compiler: a slot takes an `A`. */
  declare readonly _A: (data: A) => void;

  constructor(
    readonly routine: P,
    readonly name: string,
    readonly handler: AnyHandler | undefined,
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
