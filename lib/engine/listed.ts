import { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';
import type { Task } from './Task.js';

/** A task as it is listed, or dropped: it is not at work, so its routine is not noted among those that ran. */
export const listed = ({ origin, route }: Task<JobRun>): Attempt =>
  new Attempt(origin.run, origin, route, origin.run.cellSeen(route.target.node));
