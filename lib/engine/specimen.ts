import { NO_DATA } from '../flow/Data.js';
import { emitted, timed } from '../job/fold.js';
import { poseCarried } from './ambient.js';
import { Emission } from './Emission.js';
import type { JobRun } from './JobRun.js';

/**
 * Makes a run the specimen of its flow: one that never begins, with something of everything that a run makes for a task. V8 forgets
 * what the objects of a class look like when none of them has been alive at a few collections in a row, and throws away the code
 * that it has optimised for them: a service at rest would run its next job at a third of the speed (see decision 11).
 */
export const pose = (run: JobRun): JobRun => {
  run.scope = run.parent = undefined;
  if (run.carries) poseCarried();
  const [inlet] = [...run.plan.nodes.values()].flatMap(({ slots }) => [...slots.values()]);
  if (inlet === undefined) return run;
  run.enter(inlet);
  emitted(run.data, run.cellOf(inlet.node), 0, new Emission(run, undefined as never, NO_DATA, 0, 0));
  const attempt = run.take();
  attempt.startClock();
  attempt.stopClock();
  timed(attempt.cell, 0.5);
  return run;
};
