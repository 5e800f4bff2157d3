import { type JobState as State, withReader } from './JobState.js';
import { readJob } from './wire/readJob.js';

/**
 * Everything that one run is and was, as users name it: the class of the states of jobs, with the way from JSON to one. Whoever only
 * runs flows has states too, but does not ship what reads JSON.
 *
 * @example
 * const state = JobState.fromJSON(await readFile('job.json', 'utf8'));
 * console.log(state.status, state.pendingTasks.length);
 */
export const JobState = withReader(readJob);
/** Everything that one run is and was; whatever it gives is a copy, so nothing read changes the job. */
export type JobState = State;
