import { Heap, type Ordered } from '../prelude/Heap.js';

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

/** The attempt that may lend its worker to a job: the nearest of this flow at work that led to it. */
export const lenderOf = <A extends { readonly run: Started<A>; readonly isAtWork: boolean }>(run: Started<A>): A | undefined => {
  let { parent } = run;
  while (parent !== undefined && !(parent.isAtWork && parent.run.parts.engine === run.parts.engine)) ({ parent } = parent.run);
  return parent;
};

const canLend = ({ isAtWork, seat, lent }: Lender): boolean => isAtWork && seat !== undefined && !lent;

/** The jobs that one attempt may lend its worker to; its place is that of the first of them. */
class Line<R> implements Ordered {
  at: number | undefined = undefined;
  readonly waiting = new Heap<Borrowing<R>>();

  constructor(public lender: Lender) {}

  get place(): number {
    return this.waiting.first?.place ?? Infinity;
  }

  take(borrowing: Borrowing<R>): void {
    borrowing.line = this;
    this.waiting.push(borrowing);
  }
}

/** A job as it waits for a worker that somebody may lend it. */
class Borrowing<R> implements Ordered {
  at: number | undefined = undefined;
  declare line: Line<R>;

  constructor(
    readonly run: R,
    readonly place: number,
  ) {}
}

/**
 * The jobs in the ring that a handler has led to, by that handler: to find the first to whom one can lend its worker costs nothing for all
 * the others that wait, nor for those that can lend nothing (D46).
 */
export class Borrowers<R> {
  readonly #lines = new Map<Lender, Line<R>>();
  readonly #byRun = new Map<R, Borrowing<R>>();
  /** The lines whose attempt can lend. */
  readonly #able = new Heap<Line<R>>();

  /** A job has come to the ring; `place` is higher than that of all who have come before. */
  add(run: R, place: number, lender: Lender): void {
    const borrowing = new Borrowing(run, place);
    this.#byRun.set(run, borrowing);
    const line = this.#lines.get(lender) ?? new Line(lender);
    this.#close(line);
    line.take(borrowing);
    this.#open(line);
  }

  /** A job has left the ring; gives who would have lent to it, if anybody. */
  remove(run: R): Lender | undefined {
    const borrowing = this.#byRun.size === 0 ? undefined : this.#byRun.get(run);
    if (borrowing === undefined) return undefined;
    const { line } = borrowing;
    this.#byRun.delete(run);
    this.#close(line);
    line.waiting.remove(borrowing);
    this.#open(line);
    return line.lender;
  }

  /** An attempt that somebody waits for has got a worker, has lent it, or has got it back. */
  changed(lender: Lender): void {
    const line = this.#lines.get(lender) as Line<R>;
    this.#close(line);
    this.#open(line);
  }

  /** Whether somebody waits for a loan of an attempt. */
  waitFor(lender: Lender): boolean {
    return this.#lines.has(lender);
  }

  /** An attempt is at work no more: those who have waited for it wait for another, or for nobody. */
  passOn(from: Lender, to: Lender | undefined): void {
    const line = this.#lines.get(from) as Line<R>;
    this.#close(line);
    if (to === undefined) for (const { run } of line.waiting) this.#byRun.delete(run);
    else this.#join(line, this.#lines.get(to) ?? new Line(to));
  }

  /** The first in the ring that can be lent a worker now. */
  get first(): R | undefined {
    for (let line = this.#able.first; line !== undefined; line = this.#able.first) {
      if (line.lender.isAtWork) return line.waiting.first?.run;
      this.#able.remove(line);
    }
    return undefined;
  }

  // The shorter goes into the longer: each job changes its line as often as its line doubles, at most.
  #join(line: Line<R>, other: Line<R>): void {
    const [short, long] = line.waiting.size < other.waiting.size ? [line, other] : [other, line];
    this.#close(other);
    long.lender = other.lender;
    for (const borrowing of short.waiting) long.take(borrowing);
    this.#open(long);
  }

  /** Before anything of a line changes. */
  #close(line: Line<R>): void {
    this.#lines.delete(line.lender);
    if (line.at !== undefined) this.#able.remove(line);
  }

  /** And after it. */
  #open(line: Line<R>): void {
    if (line.waiting.size === 0) return;
    this.#lines.set(line.lender, line);
    if (canLend(line.lender)) this.#able.push(line);
  }
}
