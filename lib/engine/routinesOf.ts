import type { RoutinesById } from '../flow/placeIn.js';
import type { Plan, Routine } from '../plan/Plan.js';

/** The routines of a flow, as a plan has them. */
export const routinesOf = ({ plan }: { readonly plan: Pick<Plan, 'routines' | 'settings'> }): RoutinesById<Routine> => ({
  flowId: plan.settings.flowId,
  byId: plan.routines,
  routineOf: ({ described }) => described,
});
