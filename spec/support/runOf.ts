import type { Job } from '../../lib/index.js';
import type { JobRun } from '../../lib/engine/JobRun.js';
import { Engine } from '../../lib/engine/Engine.js';

const runs = new WeakMap<Job, JobRun>();
const { admit } = Engine.prototype;

Engine.prototype.admit = function (this: Engine, run: JobRun): void {
  runs.set(run.doors.job, run);
  admit.call(this, run);
};

/** The run behind a job, which only the engine holds; for jobs started after this file was loaded. */
export const runOf = (job: Job): JobRun => {
  const run = runs.get(job);
  if (run === undefined) throw new Error('this job was not started by an engine of this spec');
  return run;
};
