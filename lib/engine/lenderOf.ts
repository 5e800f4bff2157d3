import type { HandlerContext } from './HandlerContext.js';
import type { JobRun } from './JobRun.js';

/** The attempt that can lend its worker to a job: the nearest of this flow that led to it, while it is at work and has not lent it. */
export const lenderOf = (run: JobRun): HandlerContext | undefined => {
  let { parent } = run;
  while (parent !== undefined && parent.run.engine !== run.engine) ({ parent } = parent.run);
  return parent?.isAtWork === true && parent.seat !== undefined && !parent.lent ? parent : undefined;
};
