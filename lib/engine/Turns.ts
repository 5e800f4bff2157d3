import { RingBuffer } from '../prelude/RingBuffer.js';
import { Borrowers, type Lender } from './Borrowers.js';

/** A job as it takes its turns. */
export interface Turn {
  /** Whether it stands in the ring, or is at its turn. */
  inRing: boolean;
  /** Whether it may start a task now: one waits, its gate is open, and fewer than its cap are at work. */
  readonly isReady: boolean;
}

/** Who may lend a job a worker, if a handler has led to it. */
export type LenderOf<R> = (run: R) => Lender | undefined;

const NOBODY = (): undefined => undefined;

/** The jobs that have something to do stand in a ring and take turns, one task each; a job that becomes ready joins the end (D15). */
export class Turns<R extends Turn> {
  /** With a hole where one has been taken out before its turn; never at its front. */
  readonly #ring = new RingBuffer<R | undefined>();
  /** How many have left the ring at its front. */
  #gone = 0;
  readonly #borrowers = new Borrowers<R>();

  /** `wake` asks for a drain. */
  constructor(
    private readonly wake: () => void,
    private readonly lenderOf: LenderOf<R> = NOBODY,
  ) {}

  get isEmpty(): boolean {
    return this.#ring.length === 0;
  }

  /** Those that stand in the ring, in the order of their turns. */
  *[Symbol.iterator](): IterableIterator<R> {
    for (const run of this.#ring) if (run !== undefined) yield run;
  }

  /** A worker has become free. */
  wakeUp(): void {
    if (!this.isEmpty) this.wake();
  }

  add(run: R): void {
    if (run.inRing || !run.isReady) return;
    run.inRing = true;
    this.#ring.push(run);
    const lender = this.lenderOf(run);
    if (lender !== undefined) this.#borrowers.add({ run, lender, place: this.#gone + this.#ring.length - 1 });
    this.wake();
  }

  /** The job whose turn it is; it stays in the ring until `take`. */
  get first(): R | undefined {
    for (let run = this.#ring.at(0); run !== undefined; run = this.#ring.at(0)) {
      if (run.isReady) return run;
      run.inRing = false;
      this.take();
    }
    return undefined;
  }

  /** Takes the first job out for its turn. */
  take(): void {
    const run = this.#ring.shift();
    this.#gone++;
    if (run !== undefined) this.#borrowers.remove(run);
    this.#skip();
  }

  /** The first job to which the handler that led to it can lend its worker; it stays in the ring until `takeOnLoan`. */
  get firstOnLoan(): R | undefined {
    for (let run = this.#borrowers.first; run !== undefined; run = this.#borrowers.first) {
      if (run.isReady) return run;
      run.inRing = false;
      this.takeOnLoan(run);
    }
    return undefined;
  }

  /** Takes it out, wherever it stands, and gives who lends to it; the others keep their order. */
  takeOnLoan(run: R): Lender | undefined {
    const borrowing = this.#borrowers.remove(run);
    if (borrowing === undefined) return undefined;
    this.#ring.replace(borrowing.place - this.#gone, undefined);
    this.#skip();
    return borrowing.lender;
  }

  /** A job has had its turn. */
  done(run: R): void {
    run.inRing = false;
    this.add(run);
  }

  #skip(): void {
    for (; this.#ring.length > 0 && this.#ring.at(0) === undefined; this.#gone++) this.#ring.shift();
  }
}
