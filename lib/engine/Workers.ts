import type { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';

/** Who stands for whom: an attempt whose handler waits for a run that it has started lends that run its worker. */
export interface Loan {
  holdsWorker: boolean;
  lender: Attempt | undefined;
  borrower: Attempt | undefined;
}

const loanOf = (attempt: Attempt): Loan => (attempt.loan ??= { holdsWorker: true, lender: undefined, borrower: undefined });

/** The workers of one flow: how many there may be, and who holds them. */
export class Workers {
  #busy = 0;

  constructor(public limit: number) {}

  get isFree(): boolean {
    return this.#busy < this.limit;
  }

  /** A free worker takes the attempt on; where there is none, the one of whoever has started its run does. */
  hire(attempt: Attempt): void {
    if (this.#busy < this.limit) this.#busy++;
    else this.#borrow(attempt, lenderOf(attempt.run));
  }

  #borrow(attempt: Attempt, lender: Attempt | undefined): void {
    attempt.loan = { holdsWorker: false, lender, borrower: undefined };
    if (lender !== undefined) loanOf(lender).borrower = attempt;
  }

  /** An attempt is done with its worker; one that is lent out stays with its borrower. */
  release({ loan }: Attempt): void {
    if (loan === undefined) this.free();
    else this.#settle(loan);
  }

  /** One that was neither borrowed nor lent is free. */
  free(): void {
    this.#busy--;
  }

  #settle({ borrower, lender, holdsWorker }: Loan): void {
    if (borrower !== undefined) Object.assign(loanOf(borrower), { holdsWorker, lender });
    else if (holdsWorker) this.#busy--;
    if (lender !== undefined) loanOf(lender).borrower = borrower;
  }
}

/** The attempt that can lend a run its worker: the nearest of this flow that led to it, while it is at work and has not lent it. */
export const lenderOf = (run: JobRun): Attempt | undefined => {
  let { parent } = run;
  while (parent !== undefined && parent.run.pump !== run.pump) ({ parent } = parent.run);
  return parent?.isAtWork === true && parent.loan?.borrower === undefined ? parent : undefined;
};
