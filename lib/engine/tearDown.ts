import type { JobRun } from './JobRun.js';

/** Lets go of something of the user's: what that throws is told, and holds up neither a task nor the end of a job. */
export const tearDown = (run: JobRun, what: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    run.views.warn(`The teardown of ${what} threw`, error);
  }
};
