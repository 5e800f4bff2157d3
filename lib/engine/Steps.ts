import { empty } from '../prelude/empty.js';

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
  /** Work to run after the step. A stack: work of an outer call stands below. Its array never shrinks. */
  readonly #after: (After<never> | undefined)[] = [];
  #size = 0;
  /** How many entries belong to outer calls. */
  #theirs = 0;
  readonly #untold: { deliver(): void }[] = [];
  /**
   * Whether the drain is at work, so that a handler may be on the stack: watchers hear of what happens when it has left. Written by the
   * drain alone.
   */
  isHeld = false;

  /** `outside` calls back outside every handler's context. */
  constructor(private readonly outside: <A>(work: (a: A) => void, a: A) => void = call) {}

  /** A step begins; what comes until its `end` is part of it. */
  begin(): void {
    this.#depth++;
  }

  end(): void {
    this.#depth--;
    if (this.#size > this.#theirs) this.#settleUp();
  }

  /** Applies a step; steps within it are part of it. */
  apply<A, B>(work: (a: A, b: B) => void, a: A, b: B): void {
    this.#depth++;
    try {
      work(a, b);
    } finally {
      this.#depth--;
    }
    if (this.#size > this.#theirs) this.#settleUp();
  }

  /** Runs user code when the step at hand has been applied; at once if there is none. */
  after(work: () => void): void;
  after<S>(work: (subject: S) => void, subject: S): void;
  after(work: (subject: never) => void, subject?: unknown): void {
    this.#after[this.#size++] = { work, subject: subject as never };
    this.#settleUp();
  }

  // User code that is run here may come back with a step of its own: what comes after that is run before its call returns, and no
  // more. If it ran the rest too, a thousand listeners that each cancel a job would stand on the stack, one on the other.
  #settleUp(): void {
    if (this.#depth > 0) return;
    const first = this.#theirs;
    let next = first;
    try {
      while (next < this.#size) this.#run(next++);
    } finally {
      // What throws leaves the rest to the next time.
      if (next < this.#size) this.#after.copyWithin(first, next, this.#size);
      this.#size -= next - first;
      this.#theirs = first;
    }
  }

  #run(place: number): void {
    const { work, subject } = this.#after[place] as After<never>;
    this.#after[place] = undefined;
    this.#theirs = this.#size;
    work(subject);
  }

  /** Watchers are told when no handler is on the stack and no step is half applied. */
  deliver(views: { deliver(): void }): void {
    this.#untold.push(views);
    if (!this.isHeld) this.catchUp();
  }

  /** Tells watchers what they have not heard yet. */
  catchUp(): void {
    if (this.#untold.length > 0) this.#tellUntold();
  }

  #tellUntold(): void {
    if (this.#depth === 0) this.outside(deliverAll, this.#untold);
  }
}

const deliverAll = (untold: { deliver(): void }[]): void => {
  // With an index: others join meanwhile, and V8 makes an object for each step of an iterator here.
  // eslint-disable-next-line @typescript-eslint/prefer-for-of
  for (let at = 0; at < untold.length; at++) untold[at]?.deliver();
  empty(untold);
};

const call = <A>(work: (a: A) => void, a: A): void => {
  work(a);
};
