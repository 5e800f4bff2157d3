import type { Slot } from '../plan/Plan.js';
import { Arrival } from './Emission.js';
import type { Run } from './JobParts.js';
import { Task } from './Task.js';

/** A job begins at its entry. */
export const enter = (run: Run, entry: Slot): void => {
  const { engine, options } = run.parts;
  engine.task$.next(new Task(new Arrival<Run>(run, options.params, 0), entry.direct[0]));
};
