/** A ledger that is told of what a teardown throws. */
interface Warned {
  warn(message: string, error: unknown): void;
}

/** Lets go of something of the user's: what that throws is told, and holds up neither a task nor the end of a job. */
export const tearDown = (job: { readonly ledger: Warned }, what: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    job.ledger.warn(`The teardown of ${what} threw`, error);
  }
};
