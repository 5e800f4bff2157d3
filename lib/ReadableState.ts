import { type JobState as State, withReader } from './JobState.js';
import { readJob } from './wire/readJob.js';

/** `JobState` as users name it. Whoever only runs flows has states too, but no way to one from JSON, and does not ship the reader. */
export const JobState = withReader(readJob);
export type JobState = State;
