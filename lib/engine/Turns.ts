import { RingBuffer } from '../prelude/RingBuffer.js';

/** A job as it takes its turns. */
export interface Turn {
  /** Whether it stands in the ring, or is at its turn. */
  inRing: boolean;
  /** Whether it may start a task now: one waits, its gate is open, and fewer than its cap are at work. */
  readonly isReady: boolean;
}

/** The jobs that have something to do stand in a ring and take turns, one task each; a job that becomes ready joins the end (D15). */
export class Turns<R extends Turn> {
  readonly #ring = new RingBuffer<R>();

  /** `wake` asks for a drain. */
  constructor(private readonly wake: () => void) {}

  get isEmpty(): boolean {
    return this.#ring.length === 0;
  }

  /** Those that stand in the ring, in the order of their turns. */
  get all(): readonly R[] {
    return [...this.#ring];
  }

  /** A worker has become free. */
  wakeUp(): void {
    if (!this.isEmpty) this.wake();
  }

  add(run: R): void {
    if (run.inRing || !run.isReady) return;
    run.inRing = true;
    this.#ring.push(run);
    this.wake();
  }

  /** The job whose turn it is; it stays in the ring until `take`. */
  get first(): R | undefined {
    for (let run = this.#ring.at(0); run !== undefined; run = this.#ring.at(0)) {
      if (run.isReady) return run;
      run.inRing = false;
      this.#ring.shift();
    }
    return undefined;
  }

  /** Takes the first job out for its turn. */
  take(): void {
    this.#ring.shift();
  }

  /** Takes the first job out for which a test holds; the others keep their order. */
  takeIf(test: (run: R) => boolean): R | undefined {
    let found: R | undefined;
    for (let left = this.#ring.length; left > 0; left--) {
      const run = this.#ring.shift() as R;
      if (found === undefined && run.isReady && test(run)) found = run;
      else this.#ring.push(run);
    }
    return found;
  }

  /** A job has had its turn. */
  done(run: R): void {
    run.inRing = false;
    this.add(run);
  }
}
