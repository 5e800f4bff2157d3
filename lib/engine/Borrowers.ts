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

/** A job as it waits for a worker. */
export interface Borrower {
  /** Which one it is of all that have come to the ring. */
  readonly place: number;
  /** The attempt that may lend it a worker. */
  readonly lender: Lender | undefined;
  /** Where it waits for that; written by its `Borrowers` alone. */
  line: Line<Borrower> | undefined;
}

/** The jobs that wait and that one attempt may lend its worker to, in the order in which they have come. */
export interface Line<R> {
  readonly lender: Lender;
  readonly waiting: RingBuffer<R>;
}

const canLend = ({ isAtWork, seat, lent }: Lender): boolean => isAtWork && seat !== undefined && !lent;

/**
 * The jobs in the ring that a handler has led to, by that handler: to find one to whom it lends its worker costs nothing for all the others
 * that wait (D46). A job leaves the ring in the order of its line, be it at its turn or on loan.
 */
export class Borrowers<R extends Borrower> {
  readonly #lines = new Map<Lender, Line<Borrower>>();

  /** A job has come to the ring. */
  add(run: R): void {
    const { lender } = run;
    if (lender?.isAtWork !== true) return;
    const line = this.#lines.get(lender) ?? { lender, waiting: new RingBuffer() };
    this.#lines.set(lender, line);
    line.waiting.push(run);
    run.line = line;
  }

  /** A job has left the ring. */
  remove(run: R): void {
    const { line } = run;
    if (line === undefined) return;
    run.line = undefined;
    line.waiting.shift();
    if (line.waiting.length === 0) this.#lines.delete(line.lender);
  }

  /** The first in the ring that can be lent a worker now. */
  get first(): R | undefined {
    let first: Borrower | undefined;
    for (const { lender, waiting } of this.#lines.values()) {
      const run = waiting.at(0);
      if (run !== undefined && canLend(lender) && (first === undefined || run.place < first.place)) first = run;
    }
    return first as R | undefined;
  }
}
