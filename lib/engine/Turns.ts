import { Borrowers, type Lender } from './Borrowers.js';

/** A job as it takes its turns. */
export interface Turn<R> {
  /** Whether it stands in the ring, or is at its turn. */
  inRing: boolean;
  /** Those that stand in the ring right before and after it. */
  before: R | undefined;
  after: R | undefined;
  /** Whether it may start a task now: one waits, its gate is open, and fewer than its cap are at work. */
  readonly isReady: boolean;
}

/** Who may lend a job a worker, if a handler has led to it. */
export type LenderOf<R> = (run: R) => LenderTo<R> | undefined;

/** An attempt that may lend its worker, and its job. */
export interface LenderTo<R> extends Lender {
  readonly run: R;
}

const NOBODY = (): undefined => undefined;

/**
 * The jobs that have something to do stand in a ring and take turns, one task each; a job that becomes ready joins the end (D15). Each knows
 * who stands next to it: one that leaves before its turn leaves nothing behind (D46).
 */
export class Turns<R extends Turn<R>> {
  #first: R | undefined = undefined;
  #last: R | undefined = undefined;
  /** How many have come. */
  #come = 0;
  readonly #borrowers = new Borrowers<R>();

  /** `wake` asks for a drain. */
  constructor(
    private readonly wake: () => void,
    private readonly lenderOf: LenderOf<R> = NOBODY,
  ) {}

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Those that stand in the ring, in the order of their turns. */
  *[Symbol.iterator](): IterableIterator<R> {
    for (let run = this.#first; run !== undefined; run = run.after) yield run;
  }

  /** A worker has become free. */
  wakeUp(): void {
    if (!this.isEmpty) this.wake();
  }

  add(run: R): void {
    if (run.inRing || !run.isReady) return;
    run.inRing = true;
    this.#join(run);
    const lender = this.lenderOf(run);
    if (lender !== undefined) this.#borrowers.add(run, this.#come, lender);
    this.wake();
  }

  /** The job whose turn it is; it stays in the ring until `take`. */
  get first(): R | undefined {
    while (this.#first?.isReady === false) this.drop(this.#first);
    return this.#first;
  }

  /** The first job to which the handler that led to it can lend its worker; it stays in the ring until `take`. */
  get firstOnLoan(): R | undefined {
    for (let run = this.#borrowers.first; run !== undefined; run = this.#borrowers.first) {
      if (run.isReady) return run;
      this.drop(run);
    }
    return undefined;
  }

  /** Takes a job out for its turn, wherever it stands, and gives who may lend to it; the others keep their order. */
  take(run: R): Lender | undefined {
    this.#leave(run);
    return this.#borrowers.remove(run);
  }

  /** A job has had its turn. */
  done(run: R): void {
    run.inRing = false;
    this.add(run);
  }

  /** A job has nothing to do any more; it may stand in no ring, or be at its turn. */
  drop(run: R): void {
    if (!this.#holds(run)) return;
    run.inRing = false;
    this.take(run);
  }

  /** Whether an attempt can lend its worker has changed. Those who wait for one that has ended may borrow of whoever has led to its job. */
  lending(lender: LenderTo<R>): void {
    if (!this.#borrowers.waitFor(lender)) return;
    if (lender.isAtWork) this.#borrowers.changed(lender);
    else this.#borrowers.passOn(lender, this.lenderOf(lender.run));
  }

  // ── the ring ────────────────────────────────────────────────────────────────────────────────────────────────────

  #holds(run: R): boolean {
    return run.before !== undefined || run === this.#first;
  }

  #join(run: R): void {
    this.#come++;
    run.before = this.#last;
    if (this.#last === undefined) this.#first = run;
    else this.#last.after = run;
    this.#last = run;
  }

  #leave(run: R): void {
    const { before, after } = run;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    run.before = run.after = undefined;
  }
}
