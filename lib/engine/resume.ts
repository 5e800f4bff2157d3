import { NO_DATA } from '../flow/Data.js';
import { checkKnown, checkOption } from '../flow/checkOption.js';
import { renamingFrom, RESUME_OPTIONS, type ResumeOptions, type Wanted, wantedFrom } from '../flow/ExecuteOptions.js';
import { flowError } from '../flow/FlowError.js';
import { checkSwitch } from '../flow/FlowOptions.js';
import type { FixedLimit } from '../flow/Limit.js';
import { rebased } from '../job/fold.js';
import type { JobData } from '../job/JobData.js';
import { checkTransition, isFinal } from '../job/JobStatus.js';
import type { RemainingWork } from '../job/RemainingWork.js';
import type { Admission } from './Admission.js';
import { currentAttempt } from './ambient.js';
import { checkFlow, type ControlledState } from './JobControl.js';
import type { Run, RunOptions } from './JobParts.js';
import type { Plan } from '../plan/Plan.js';
import { hasStructure } from '../plan/structure.js';
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
  const { paused: asked = false } = checkKnown(options, RESUME_OPTIONS);
  const { jobId, status } = given;
  checkFlow(plan.settings.flowId, given);
  if (isFinal(status)) checkTransition(jobId, status, 'running');
  admission.check(jobId);
  const [state, data] = detach(given);
  const work = workOf(data, plan, options);
  const rename = renamingFrom(options.remap);
  const makers = taskMakersIn(plan, data, work, rename);
  const paused = checkSwitch('paused', asked);
  const wanted = wantedFrom(options, plan.settings);
  const starter = currentAttempt();
  admission.lookAgain(jobId, starter, paused);
  rebased(data, admission.baseFor(data), plan.settings.history);
  const run = admission.newRun(plan, data, goingOn(work, options, wanted, rename), starter, state);
  takeUp(run, work, makers, rename);
  return admission.keep(run, wanted, paused);
};

/** Goes on with a job that the flow holds. @throws FlowError `BAD_OPTION`; JobError `ILLEGAL_TRANSITION` */
export const resumeHeld = <J extends { resume(): void }>(job: J, options: ResumeOptions): J => {
  const given = Object.entries(checkKnown(options, RESUME_OPTIONS)).find(([, value]) => value !== undefined && value !== false);
  checkOption(
    given?.[0] ?? '',
    given?.[1],
    given === undefined,
    'it for a state from elsewhere only: this flow holds the job already',
  );
  job.resume();
  return job;
};

/** @throws FlowError `UNKNOWN_JOB`, `STRUCTURE_CHANGED` */
const workOf = ({ jobId, source }: JobData, plan: Plan, { remap }: ResumeOptions): RemainingWork => {
  const { flowId } = plan.settings;
  const work = source?.remaining();
  if (work === undefined) throw flowError('UNKNOWN_JOB', { flowId, jobId });
  if (remap === undefined && !hasStructure(plan, work.structure)) throw flowError('STRUCTURE_CHANGED', { flowId, jobId });
  return work;
};

/**
 * What the run goes on with: what its job had left, unless the caller asks for something else. What was written down may lower what
 * the flow allows, and never raise it (D36).
 */
const goingOn = (work: RemainingWork, asked: ResumeOptions, wanted: Wanted, rename: Rename): RunOptions => ({
  limit: asked.maxQueued === undefined && asked.overflow === undefined ? lowerOf(work.limit, wanted.limit) : wanted.limit,
  entryRoutineId: rename(work.entryRoutineId),
  // If it has not begun yet, its entry is all that waits.
  params: work.tasks[0]?.data ?? NO_DATA,
  cap: asked.maxWorkers === undefined && asked.executionStrategy === undefined ? Math.min(work.cap, wanted.cap) : wanted.cap,
  detached: false,
  timeoutMs: asked.timeoutMs ?? Math.min(work.timeoutMs, wanted.timeoutMs),
  leftMs: asked.timeoutMs ?? Math.min(work.leftMs, wanted.timeoutMs),
});

const lowerOf = (written: FixedLimit, here: FixedLimit): FixedLimit => (written.maxQueued > here.maxQueued ? here : written);
