import { NO_DATA } from '../flow/Data.js';
import { emitted, timed } from '../job/fold.js';
import { enter } from './enter.js';
import { startClock, stopClock } from './stopClock.js';
import { keepCarriedWarm } from './ambient.js';
import { Emission } from './Emission.js';
import type { HandlerContext } from './HandlerContext.js';
import type { Run } from './JobParts.js';

/**
 * Fills a run that never begins with one of everything that a run makes for a task, so that its flow stays warm. V8 forgets
 * what the objects of a class look like when none of them has been alive at a few collections in a row, and throws away the code
 * that it has optimised for them: a service at rest would run its next job at a third of the speed (see decision 11).
 */
export const keepWarm = (run: Run): Run => {
  run.scope = undefined;
  run.forgetParent();
  const { plan, ledger, routines, engine } = run.parts;
  if (plan.carries) keepCarriedWarm();
  const [slot] = [...plan.routines.values()].flatMap(({ slots }) => [...slots.values()]);
  if (slot === undefined) return run;
  enter(run, slot);
  emitted(ledger.data, routines.of(slot.routine), 0, new Emission(run, undefined as never, NO_DATA, 0, 0));
  // This run has no deadline, so `take` gives an attempt.
  const attempt = run.take() as HandlerContext<Run>;
  startClock(attempt, engine.time);
  stopClock(attempt, engine.time);
  timed(attempt.routineData, 0.5);
  return run;
};
