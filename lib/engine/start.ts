import { EXECUTE_OPTIONS, type ExecuteOptions, NO_OPTIONS } from '../flow/ExecuteOptions.js';
import { checkKnown, checkOption } from '../flow/checkOption.js';
import type { Entry } from '../flow/Entry.js';
import { checkName } from '../flow/names.js';
import { checkEntry, slotIn } from '../flow/placeIn.js';
import { takeParams } from '../flow/takeParams.js';
import { type Admission, runOptionsOf } from './Admission.js';
import { currentAttempt } from './ambient.js';
import { adopt } from './children.js';
import { enter } from './enter.js';
import { HandlerContext } from './HandlerContext.js';
import type { HeldJob, Run } from './JobParts.js';
import { routinesOf } from './routinesOf.js';
import type { Plan, Slot } from '../plan/Plan.js';

/** Starts a job at its entry. If it does not enter, somebody else brings it a first task in this turn. */
export const start = (
  admission: Admission,
  entry: Entry<never>,
  entryParams: object,
  options: ExecuteOptions,
  enters = true,
): HeldJob => {
  const plan = admission.open();
  const { settings } = plan;
  if (options !== NO_OPTIONS) checkStart(options);
  const wanted = admission.wanted(options, settings);
  const jobId = wanted.jobId ?? checkName('job', settings.newId());
  const slot = entryOf(plan, entry);
  const params = takeParams(plan, entryParams, () => `The entry of routine '${slot.routine.id}'`);
  const starter = starterOf(wanted.parent);
  admission.lookAgain(jobId, starter);
  if (enters && admission.canOnlyWait(starter, wanted)) return admission.keepWaiting(jobId, plan, slot, params, wanted);
  const data = admission.newData(jobId, settings.history);
  const run = admission.newRun(plan, data, runOptionsOf(slot, params, wanted), starter);
  if (starter !== undefined && !wanted.detached) adoptInto(starter, run);
  if (enters) enter(run, slot);
  return admission.admit(run, wanted);
};

const checkStart = (options: ExecuteOptions): void => {
  const { orThrow } = checkKnown(options, EXECUTE_OPTIONS);
  checkOption('orThrow', orThrow, orThrow === undefined, 'it to execute, which alone has it');
};

const starterOf = (parent: unknown): HandlerContext | undefined =>
  parent === undefined
    ? currentAttempt()
    : checkOption('parent', parent as HandlerContext, parent instanceof HandlerContext, 'the ctx of a handler');

/** A run is the child of its attempt, or of its job if that has succeeded; of nobody if it counts no more. */
const adoptInto = (starter: HandlerContext, run: Run): void => {
  const { outcome, stale, rare } = starter;
  const { parts } = starter.run as Run;
  if (parts.life.isOver) return;
  if (outcome === 'completed' && (rare.tracking ?? 0) === 0) adopt(parts, run.parts);
  else if (!stale) adopt(starter.more, run.parts);
};

const isEntry = (entry: unknown): boolean =>
  typeof entry === 'string' || typeof (entry as { routine?: unknown } | null | undefined)?.routine === 'object';

/** @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `NO_TRIGGER`, `BAD_OPTION` */
const entryOf = (plan: Plan, entry: Entry<never>): Slot => {
  const parts = routinesOf({ plan });
  checkOption('entry', entry, isEntry(entry), 'the id of a routine, or one of its slots');
  if (typeof entry !== 'object') checkEntry(parts, entry);
  const { routineId, name } = typeof entry === 'object' ? slotIn(parts, entry) : { routineId: entry, name: 'trigger' };
  return plan.routines.get(routineId)?.slots.get(name) as Slot;
};
