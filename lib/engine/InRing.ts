import { Held, type HeldParts } from './Held.js';

/** A job as it stands among those that take turns; written by `Turns` alone. */
export abstract class InRing<R, P extends HeldParts> extends Held<R, P> {
  /** Whether it stands in the ring, or is at its turn. */
  inRing = false;
  /** Those that stand in the ring right before and after it. */
  before: R | undefined = undefined;
  after: R | undefined = undefined;
}
