import { NO_DATA } from '../flow/Data.js';
import { renamingFrom, type ResumeOptions, runOptionsFrom, type Wanted } from '../flow/ExecuteOptions.js';
import { flowError } from '../flow/FlowError.js';
import { rebased } from '../job/fold.js';
import type { JobData } from '../job/JobData.js';
import { checkTransition, isFinal } from '../job/JobStatus.js';
import type { RemainingWork } from '../job/RemainingWork.js';
import type { Admission } from './Admission.js';
import { checkFlow, type ControlledState } from './JobControl.js';
import type { Run, RunOptions } from './JobParts.js';
import type { Plan } from '../plan/Plan.js';
import { taskMakersIn, type Rename, takeUp } from './takeUp.js';

/** A state that no other flow works on, and what is behind it. */
type Detach<S> = (state: S) => readonly [S, JobData];

/** Goes on here with a job from elsewhere, under the same id. */
export const resume = <S extends ControlledState>(
  admission: Admission,
  detach: Detach<S>,
  given: S,
  options: ResumeOptions,
): Run => {
  const plan = admission.open();
  const { jobId, status } = given;
  checkFlow(plan.settings.flowId, given);
  if (isFinal(status)) checkTransition(jobId, status, 'running');
  admission.check(jobId);
  const [state, data] = detach(given);
  const work = workOf(data, plan, options);
  const rename = renamingFrom(options.remap);
  const makers = taskMakersIn(plan, data, work, rename);
  const wanted = runOptionsFrom({ timeoutMs: work.timeoutMs, ...options }, plan.settings);
  admission.lookAgain(jobId);
  rebased(data, admission.base);
  const run = admission.newRun(plan, data, goingOn(work, options, wanted, rename), state);
  takeUp(run, work, makers, rename);
  return admission.admit(run, wanted);
};

/** @throws FlowError `UNKNOWN_JOB`, `STRUCTURE_CHANGED` */
const workOf = ({ jobId, source }: JobData, plan: Plan, { remap }: ResumeOptions): RemainingWork => {
  const { flowId } = plan.settings;
  const work = source?.remaining();
  if (work === undefined) throw flowError('UNKNOWN_JOB', { flowId, jobId });
  if (remap === undefined && work.structure !== plan.structure) throw flowError('STRUCTURE_CHANGED', { flowId, jobId });
  return work;
};

/** What the run goes on with: what its job had left, unless the caller asks for something else. */
const goingOn = (work: RemainingWork, asked: ResumeOptions, wanted: Wanted, rename: Rename): RunOptions => ({
  limit: asked.maxQueued === undefined && asked.overflow === undefined ? work.limit : wanted.limit,
  entryRoutineId: rename(work.entryRoutineId),
  // If it has not begun yet, its entry is all that waits.
  params: work.tasks[0]?.data ?? NO_DATA,
  cap: asked.maxWorkers === undefined && asked.executionStrategy === undefined ? work.cap : wanted.cap,
  timeoutMs: wanted.timeoutMs,
  leftMs: asked.timeoutMs ?? work.leftMs,
});
