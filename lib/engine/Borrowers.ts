import { RingBuffer } from '../prelude/RingBuffer.js';

/** A job that a handler may have started. */
export interface Started<A> {
  /** The attempt of that handler. */
  readonly parent: A | undefined;
  /** Who works on its tasks: the same for all jobs of a flow. */
  readonly parts: { readonly engine: unknown };
}

/** An attempt that may lend its worker. */
export interface Lender {
  readonly isAtWork: boolean;
  /** The seat that holds it, if it holds a worker. */
  readonly seat: object | undefined;
  readonly lent: boolean;
}

/** The attempt that may lend its worker to a job: the nearest of this flow that led to it. */
export const lenderOf = <A extends { readonly run: Started<A> }>(run: Started<A>): A | undefined => {
  let { parent } = run;
  while (parent !== undefined && parent.run.parts.engine !== run.parts.engine) ({ parent } = parent.run);
  return parent;
};

/** A job as it waits for a worker that somebody may lend it. */
export interface Borrowing<R> {
  readonly run: R;
  readonly lender: Lender;
  /** Which one it is of all that have come to the ring. */
  readonly place: number;
}

const canLend = ({ isAtWork, seat, lent }: Lender): boolean => isAtWork && seat !== undefined && !lent;

/**
 * The jobs in the ring that a handler has led to, by that handler: to find one to whom it lends its worker costs nothing for all the others
 * that wait (D46). The jobs of one handler leave the ring in the order in which they have come, be it at their turns or on loan.
 */
export class Borrowers<R> {
  readonly #byLender = new Map<Lender, RingBuffer<Borrowing<R>>>();
  readonly #byRun = new Map<R, Lender>();

  /** A job has come to the ring. */
  add(borrowing: Borrowing<R>): void {
    const { run, lender } = borrowing;
    if (!lender.isAtWork) return;
    const line = this.#byLender.get(lender) ?? new RingBuffer();
    this.#byLender.set(lender, line);
    this.#byRun.set(run, lender);
    line.push(borrowing);
  }

  /** A job has left the ring; gives it, if it was here. */
  remove(run: R): Borrowing<R> | undefined {
    const lender = this.#byRun.size === 0 ? undefined : this.#byRun.get(run);
    if (lender === undefined) return undefined;
    this.#byRun.delete(run);
    const line = this.#byLender.get(lender) as RingBuffer<Borrowing<R>>;
    const first = line.shift();
    if (line.length === 0) this.#byLender.delete(lender);
    return first;
  }

  /** The first in the ring that can be lent a worker now. */
  get first(): R | undefined {
    let found: Borrowing<R> | undefined;
    for (const [lender, line] of this.#byLender) {
      const first = canLend(lender) ? line.at(0) : undefined;
      if (first !== undefined && (found === undefined || first.place < found.place)) found = first;
    }
    return found?.run;
  }
}
