import { targetsOf } from './reachableFrom.js';
import type { Routine } from './Plan.js';

/** Routines that lead to one another, as one; a routine that is in no cycle is alone. */
export interface Knot {
  readonly routines: readonly Routine[];
  /** The knots that it leads to at once. */
  readonly next: ReadonlySet<Knot>;
  /** How many knots lead to it at once. */
  readonly before: number;
}

type Growing = { routines: Routine[]; next: Set<Knot>; before: number };

/** All knots of a flow, each before those that it leads to. (Kosaraju: twice through the flow, whatever its size.) */
export const knotsOf = (routines: Iterable<Routine>): readonly Knot[] => {
  const left: Routine[] = [];
  const seen = new Set<Routine>();
  for (const routine of routines) walk(routine, targetsOf, seen, (each) => left.push(each));
  return linked(tied(left.reverse(), sourcesIn(left)));
};

/** Goes everywhere that a routine leads to and nobody has seen; by a list and not by calls. Leaves a routine behind all that it leads to. */
const walk = (first: Routine, from: Neighbours, seen: Set<Routine>, leave: (routine: Routine) => void): void => {
  if (seen.has(first)) return;
  seen.add(first);
  const path = [{ routine: first, ahead: from(first)[Symbol.iterator]() }];
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const step = here.ahead.next();
    if (step.done === true) leave((path.pop() as typeof here).routine);
    else if (!seen.has(step.value)) {
      seen.add(step.value);
      path.push({ routine: step.value, ahead: from(step.value)[Symbol.iterator]() });
    }
  }
};

type Neighbours = (routine: Routine) => Iterable<Routine>;

const sourcesIn = (routines: readonly Routine[]): Neighbours => {
  const sources = new Map(routines.map((routine) => [routine, new Set<Routine>()]));
  for (const routine of routines) for (const target of targetsOf(routine)) sources.get(target)?.add(routine);
  return (routine) => sources.get(routine) ?? [];
};

const tied = (routines: readonly Routine[], sourcesOf: Neighbours): readonly Growing[] => {
  const seen = new Set<Routine>();
  return routines.flatMap((routine) => {
    const knot: Growing = { routines: [], next: new Set(), before: 0 };
    walk(routine, sourcesOf, seen, (each) => knot.routines.push(each));
    return knot.routines.length > 0 ? [knot] : [];
  });
};

const linked = (knots: readonly Growing[]): readonly Knot[] => {
  const knotOf = new Map(knots.flatMap((knot) => knot.routines.map((routine) => [routine, knot])));
  for (const knot of knots)
    for (const target of knot.routines.flatMap(targetsOf)) {
      const next = knotOf.get(target) as Growing;
      if (next === knot || knot.next.has(next)) continue;
      knot.next.add(next);
      next.before++;
    }
  return knots;
};
