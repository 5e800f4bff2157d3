import { RingBuffer } from '../prelude/RingBuffer.js';

interface After<S> {
  readonly work: (subject: S) => void;
  readonly subject: S;
}

/**
 * A step is applied whole, and user code never runs inside it (D31): what a step has to tell (signals, teardowns, timers of the
 * user's scheduler, watchers) comes after it, in order.
 */
export class Steps {
  #depth = 0;
  readonly #after = new RingBuffer<After<never>>();
  readonly #untold: { deliver(): void }[] = [];
  /** Whether a handler may be on the stack: watchers hear of what happens when it has left. */
  isHeld = false;

  /** A step begins; what comes until its `end` is part of it. */
  begin(): void {
    this.#depth++;
  }

  end(): void {
    this.#depth--;
    if (this.#after.length > 0) this.#settleUp();
  }

  /** Applies a step; steps within it are part of it. */
  apply<A, B>(work: (a: A, b: B) => void, a: A, b: B): void {
    this.#depth++;
    try {
      work(a, b);
    } finally {
      this.#depth--;
    }
    if (this.#after.length > 0) this.#settleUp();
  }

  /** Runs user code when the step at hand has been applied; at once if there is none. */
  after(work: () => void): void;
  after<S>(work: (subject: S) => void, subject: S): void;
  after(work: (subject: never) => void, subject?: unknown): void {
    this.#after.push({ work, subject: subject as never });
    this.#settleUp();
  }

  // Whoever runs user code here may be called by it again: the rest is run then, before that call returns.
  #settleUp(): void {
    if (this.#depth > 0) return;
    for (let each = this.#after.shift(); each !== undefined; each = this.#after.shift()) each.work(each.subject);
  }

  /** Watchers are told when no handler is on the stack and no step is half applied. */
  deliver(views: { deliver(): void }): void {
    this.#untold.push(views);
    if (!this.isHeld) this.catchUp();
  }

  /** Tells watchers what they have not heard yet. */
  catchUp(): void {
    if (this.#untold.length === 0 || this.#depth > 0) return;
    for (const views of this.#untold) views.deliver();
    this.#untold.length = 0;
  }
}
