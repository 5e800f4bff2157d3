import type { Job } from '../../lib/index.js';
import type { JobRun } from '../../lib/engine/JobRun.js';
import { Pump } from '../../lib/engine/Pump.js';

const runs = new WeakMap<Job, JobRun>();
const { admit } = Pump.prototype;

Pump.prototype.admit = function (this: Pump, run: JobRun): void {
  runs.set(run.doors.job, run);
  admit.call(this, run);
};

/** The run behind a job, which only the engine holds; for jobs started after this file was loaded. */
export const runOf = (job: Job): JobRun => {
  const run = runs.get(job);
  if (run === undefined) throw new Error('this job was not started by a pump of this spec');
  return run;
};
