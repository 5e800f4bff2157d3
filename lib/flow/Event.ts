import type { Codec } from './Codec.js';
import type { Data } from './Data.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';

/**
 * An output of a routine: what it emits, and the names of its parameters. The type says what a payload of it holds,
 * so that `flow.connect(event, slot)` is checked by the compiler. `P` is the kind of its routine. `defineEvent` makes it.
 *
 * @example
 * const line = reader.defineEvent<{ text: string }>('line');
 * flow.connect(line, parser.input); // does not compile if the slot takes anything else
 */
export class Event<out A extends object = Data, out P extends DescribedRoutine = DescribedRoutine> {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  /** Only for the compiler: an event gives an `A`. */
  declare readonly _A: A;

  constructor(
    /** Whose output it is. */
    readonly routine: P,
    /** Its name, the only one of its kind in its routine. */
    readonly name: string,
    /** The names that are documented for it; keys that are not listed are delivered all the same. */
    readonly paramNames: readonly string[],
    /** What a payload of it holds, if it was defined by a codec; not asked when it is emitted. */
    readonly codec?: Codec<A>,
  ) {}
}

/** An event of whatever payload. */
export type AnyEvent = Event<object>;

/** The payload of an event as an argument: it may be left out if it may be empty. */
export type PayloadOf<A extends object> = Record<never, never> extends A ? [data?: A] : [data: A];
