/** A ledger that is told of what a teardown throws. */
interface Warned {
  warn(message: string, error: unknown): void;
}

/** Runs a teardown of the user's. One that throws makes a warning of its job, and holds up neither a task nor the end. */
export const tearDown = (job: { readonly ledger: Warned }, what: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    job.ledger.warn(`The teardown of ${what} threw`, error);
  }
};
