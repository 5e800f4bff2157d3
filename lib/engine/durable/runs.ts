import type { Entry } from '../../flow/Entry.js';
import type { ExecuteOptions, ResumeOptions } from '../../flow/ExecuteOptions.js';
import { slotIn } from '../../flow/placeIn.js';
import type { JobData } from '../../job/JobData.js';
import type { Plan } from '../../plan/Plan.js';
import { runOutside } from '../ambient.js';
import type { ControlledState } from '../JobControl.js';
import { unlessWaiting } from '../refuseWaiting.js';
import { resume } from '../resume.js';
import { routinesOf } from '../routinesOf.js';
import { start } from '../start.js';
import type { DurableAdmission } from './DurableEngine.js';
import type { DurableRun } from './DurableRun.js';

/** Starts a durable job: nobody's child, also in a handler. @throws as `flow.start` */
export const startRun = (admission: DurableAdmission, entry: Entry<never>, params: object, options: ExecuteOptions): DurableRun =>
  admission.madeBy(() => runOutside(() => start(admission, entry, params, options), undefined));

/** Goes on with one that was stored, whose tasks were claimed so often without an end. @throws as `flow.resume` */
export const takeUpRun = (
  admission: DurableAdmission,
  state: ControlledState,
  data: JobData,
  deliveries: ReadonlyMap<string, number>,
  options: ResumeOptions,
): DurableRun => {
  const run = admission.madeBy(() =>
    runOutside(() => resume(admission, () => [state, data] as const, state, options), undefined),
  );
  run.claims.takeUp(deliveries);
  return run;
};

/**
 * Waits for something that cannot be before these jobs have ended, or are quiet: in one of their handlers that is refused (D34).
 *
 * Rejects with JobError `WOULD_DEADLOCK`.
 */
export const unlessInside = <T>(call: string, runs: readonly DurableRun[], wait: () => Promise<T>): Promise<T> =>
  unlessWaiting(call, ({ parts }) => runs.some((run) => run.parts === parts), wait);

/** Where a run begins: the routine, and the slot unless it is `trigger`. @throws FlowError `UNKNOWN_SLOT` */
export const placeOf = (plan: Plan, entry: Entry<never>): readonly string[] => {
  if (typeof entry === 'string') return [entry];
  const { routineId, name } = slotIn(routinesOf({ plan }), entry);
  return [routineId, name];
};
