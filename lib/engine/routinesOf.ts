import type { RoutinesById } from '../flow/placeIn.js';
import type { Routine } from '../plan/Plan.js';
import type { JobParts } from './JobParts.js';

/** The routines of a job, as its plan has them. */
export const routinesOf = ({ plan, ledger }: JobParts): RoutinesById<Routine> => ({
  flowId: ledger.data.flowId,
  byId: plan.routines,
  routineOf: ({ described }) => described,
});
