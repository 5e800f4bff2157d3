import type { Routine } from './Plan.js';

/** The routines that something emitted by this one may lead to, nearest first; itself only if it is in a cycle. */
export const reachableFrom = (routine: Routine): ReadonlySet<Routine> => {
  const reached = new Set(targetsOf(routine));
  // What is added meanwhile is visited too.
  for (const next of reached) for (const target of targetsOf(next)) reached.add(target);
  return reached;
};

/** The routines that its events are connected to. */
export const targetsOf = ({ events }: Routine): readonly Routine[] =>
  [...events.values()].flatMap(({ connections }) => connections.map(({ slot }) => slot.routine));
