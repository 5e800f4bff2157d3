import type { Plan, Routine } from '../plan/Plan.js';
import { reachableFrom } from '../plan/reachableFrom.js';

/** From so many tasks on, a routine that leads back to itself is told as a loop. */
const MANY = 1_000;

/** A job, as its loop is looked for. */
interface Looping {
  readonly plan: Pick<Plan, 'routines'>;
  readonly ledger: { readonly data: { readonly routines: ReadonlyMap<string, Counted> } };
}

interface Counted {
  readonly routineId: string;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A routine that has run very often and leads back to itself: its loop may have no end. */
export interface Loop {
  readonly routineId: string;
  readonly runs: number;
}

/** The loop that a job is in, by the routine that has run most. */
export const loopIn = ({ plan, ledger }: Looping): Loop | undefined => {
  const loops = [...ledger.data.routines.values()]
    .map(({ routineId, completed, failed, skipped }) => ({ routineId, runs: completed + failed + skipped }))
    .filter(({ routineId, runs }) => runs >= MANY && isInCycle(plan.routines.get(routineId)));
  return loops.sort((one, other) => other.runs - one.runs)[0];
};

const isInCycle = (routine: Routine | undefined): boolean => routine !== undefined && reachableFrom(routine).has(routine);
