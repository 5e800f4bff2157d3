import { slices } from './slices.js';
import type { Steps } from './Steps.js';
import type { Time } from './Time.js';

const soon = Promise.resolve();

/** What a drain runs. */
export interface Drained {
  /** Begins what is to begin, and has the workers take tasks as long as `time.isLeft`. */
  work(): void;
  /** Whether a job waits to begin, or for its turn. */
  waitsToBegin(): boolean;
  hasWork(): boolean;
  /** Told before a drain that somebody has asked for, and after each. */
  begin(): void;
  afterDrain(): void;
}

/**
 * One loop with a flag is the trampoline: a task that ends at once, or one that emits, comes back to the loop and never deepens the
 * stack. It is entered from a microtask, a macrotask, a timer or the end of an asynchronous attempt, never from `emit`, `start`,
 * `cancel` or `resume`.
 */
export class Drain {
  #isScheduled = false;

  constructor(
    private readonly drained: Drained,
    private readonly time: Time,
    private readonly steps: Steps,
  ) {}

  get isScheduled(): boolean {
    return this.#isScheduled;
  }

  /** Whether it is at work: steps are applied at once then, and watchers are told later. */
  get isActive(): boolean {
    return this.steps.isHeld;
  }

  /** Reads the clock again, unless the drain does so itself. */
  refresh(): void {
    if (!this.isActive) this.time.look();
  }

  /** Asks for a drain. */
  soon(): void {
    if (this.#isScheduled || this.isActive) return;
    this.#isScheduled = true;
    if (this.time.isVirtual) this.steps.after(this.#schedule);
    else void soon.then(this.#run);
  }

  readonly #schedule = (): void => {
    this.time.scheduler.schedule(this.#run);
  };

  readonly #run = (): void => {
    this.#isScheduled = false;
    if (this.isActive) return;
    this.drained.begin();
    this.time.look();
    this.#drain();
  };

  /** An asynchronous attempt, a timer or a tracked promise goes on: applies what follows, and drains. */
  enter<A, B>(work: (a: A, b: B) => void, a: A, b: B): void {
    if (this.#do(work, a, b)) this.#drain();
  }

  /** A user changes jobs, as one step; the drain follows after the turn of the user, never on the same stack. */
  change(work: () => void): void {
    if (this.#do(this.#step, work, undefined) && this.#waits) this.soon();
  }

  readonly #step = (work: () => void): void => {
    this.steps.apply(work, undefined, undefined);
  };

  /** Says whether a drain has to follow; a drain at work sees to that itself. */
  #do<A, B>(work: (a: A, b: B) => void, a: A, b: B): boolean {
    if (this.isActive) {
      work(a, b);
      return false;
    }
    this.time.look();
    this.#guarded(work, a, b);
    this.steps.catchUp();
    return true;
  }

  #guarded<A, B>(work: (a: A, b: B) => void, a: A, b: B): void {
    this.steps.isHeld = true;
    try {
      work(a, b);
    } finally {
      this.steps.isHeld = false;
    }
  }

  /** Right after a look at the clock. */
  #drain(): void {
    this.time.begin();
    this.#guarded(this.#work, undefined, undefined);
    // A job past its deadline ends without an attempt: its watchers are told here.
    this.steps.catchUp();
    this.drained.afterDrain();
    // With time left, jobs stay in the ring because all workers are busy: one that comes free asks for the next drain.
    if (this.time.isLeft ? this.drained.waitsToBegin() : this.#waits) this.#goOn();
  }

  get #waits(): boolean {
    return this.drained.hasWork() || this.drained.waitsToBegin();
  }

  readonly #work = (): void => {
    this.drained.work();
  };

  /** Without time left the event loop turns first. */
  #goOn(): void {
    if (this.time.isLeft) this.soon();
    else this.#later();
  }

  #later(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    slices.later(this.#run);
  }
}
