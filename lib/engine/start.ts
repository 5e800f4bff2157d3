import { type ExecuteOptions, runOptionsFrom } from '../flow/ExecuteOptions.js';
import { checkName } from '../flow/names.js';
import { checkEntry } from '../flow/placeIn.js';
import { takeParams } from '../flow/takeParams.js';
import type { Admission } from './Admission.js';
import { enter } from './enter.js';
import type { Run } from './JobParts.js';
import type { Plan, Slot } from '../plan/Plan.js';

/** Starts a job at the slot `trigger` of a routine. If it does not enter, somebody else brings it a first task in this turn. */
export const start = (
  admission: Admission,
  entryRoutineId: string,
  entryParams: object,
  options: ExecuteOptions,
  enters = true,
): Run => {
  const plan = admission.open();
  const { settings } = plan;
  const wanted = runOptionsFrom(options, settings);
  const jobId = wanted.jobId ?? checkName('job', settings.newId());
  const params = takeParams(plan, entryParams, () => `The entry of routine '${entryRoutineId}'`);
  const entry = entryOf(plan, entryRoutineId);
  const { cap, limit, timeoutMs } = wanted;
  admission.lookAgain(jobId);
  const data = admission.newData(jobId, settings.history);
  const run = admission.newRun(plan, data, { entryRoutineId, params, cap, limit, timeoutMs, leftMs: timeoutMs });
  if (enters) enter(run, entry);
  return admission.admit(run, wanted);
};

/** @throws FlowError `UNKNOWN_ROUTINE`, `NO_TRIGGER` */
const entryOf = ({ routines, settings: { flowId } }: Plan, entryRoutineId: string): Slot => {
  checkEntry({ flowId, byId: routines }, entryRoutineId);
  return routines.get(entryRoutineId)?.slots.get('trigger') as Slot;
};
