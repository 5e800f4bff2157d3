import { filter, firstValueFrom, merge, type Observable, skip } from 'rxjs';
import { checkKnown, checkOption, checkText, type Known } from '../flow/checkOption.js';
import { flowError } from '../flow/FlowError.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import { checkTransition, isFinal, type JobStatus } from '../job/JobStatus.js';
import { copyDeep, isPlainObject } from '../prelude/plainObject.js';
import type { HeldJob, Run } from './JobParts.js';
import { readPause } from './Pausing.js';
import { isAwaited, unlessWaiting, type WaitedFor } from './refuseWaiting.js';

/** The state of a job, as far as a flow looks at it. */
export interface ControlledState {
  readonly jobId: string;
  readonly flowId: string;
  readonly status: JobStatus;
}

/** A job that the flow holds. */
interface Controlled<S> {
  readonly state: S;
  readonly status: JobStatus;
  readonly progress$: Observable<unknown>;
  pause(options?: PauseOptions): Promise<S>;
  resume(): void;
  cancel(reason?: string): Promise<S>;
}

/** The engine that runs them. */
interface Running {
  readonly jobs: { readonly all: readonly HeldJob[]; isClosing: boolean; get(jobId: string): HeldJob | undefined };
  readonly places: { leave(run: Run): void };
  readonly drain: { change(work: () => void): void };
}

/** What a flow does to the jobs that it holds: to one, or to all of them. */
export class JobControl<S extends ControlledState, J extends Controlled<S>> {
  readonly #flow: { readonly flowId: string };
  readonly #engine: Running;

  readonly #jobOf: (held: HeldJob) => J;

  constructor(flow: { readonly flowId: string }, engine: Running, jobOf: (held: HeldJob) => J) {
    this.#flow = flow;
    this.#engine = engine;
    this.#jobOf = jobOf;
  }

  /** Oldest first. */
  get all(): readonly J[] {
    return this.#engine.jobs.all.map(this.#jobOf);
  }

  /** Whether the state is that of a job which has not ended. */
  holds(state: S): boolean {
    return this.#engine.jobs.get(state.jobId)?.parts.handles.state === state;
  }

  /** In one step: all but those that stand, and the jobs that a handler at work waits for: the job of that handler would never be quiet. */
  pauseAll(options: PauseOptions, isMine: WaitedFor): Promise<readonly S[]> {
    const { jobs, drain } = this.#engine;
    const { reason, checkpoint } = readPause(
      options,
      jobs.all.find(({ run }) => canPause(run) && run.parts.plan.commits)?.run.parts.plan,
    );
    const quiet: Promise<object>[] = [];
    drain.change(() => {
      for (const { parts } of jobs.all.filter(({ run }) => canPause(run)))
        quiet.push(parts.life.pausing.ask({ reason, checkpoint: copyDeep(checkpoint) }));
    });
    return unlessWaiting('Waiting for flow.pause()', isMine, () => Promise.all(quiet as Promise<S>[]));
  }

  cancel(state: S, reason: string | undefined): S | Promise<S> {
    checkFlow(this.#flow.flowId, state);
    return state.status === 'cancelled' ? state : this.jobWith(state, 'cancelled').cancel(reason);
  }

  /** In one step, so that no job starts a task while the others are being cancelled. */
  cancelAll(reason: string | undefined): readonly S[] {
    const { all } = this;
    checkText('reason', reason);
    this.#engine.drain.change(() => {
      for (const job of all) if (!isFinal(job.status)) void job.cancel(reason);
    });
    return all.map(({ state }) => state);
  }

  /** Resolves when every present job has ended or is paused, and none has been resumed meanwhile; those that are parked are paused. */
  async quiet(): Promise<void> {
    const { jobs, drain } = this.#engine;
    jobs.isClosing = true;
    drain.change(() => {
      for (const job of jobs.all)
        if (job.status === 'paused') this.#engine.places.leave(job.run);
        else if (job.status === 'running') job.parts.life.parking?.leaveToOthers();
    });
    await this.#allQuiet();
    jobs.isClosing = false;
  }

  async #allQuiet(): Promise<void> {
    const { all } = this;
    for (let busy = all.filter(isBusy); busy.length > 0; busy = all.filter(isBusy)) {
      // One after the other: a job that is watched costs more than one that waits for its place.
      for (const job of busy) if (isBusy(job)) await this.#quietOrParked(job);
      // What a handler of another flow may wait for.
      if (busy.every((job) => isBusy(job) && this.#parked(job) !== undefined)) await change(busy);
      // Who has heard of the last one as well may go on with others.
      await Promise.resolve();
    }
  }

  #parked({ state }: J): HeldJob['parts']['life']['parking'] {
    const held = this.#engine.jobs.get(state.jobId);
    return held?.status === 'running' && held.parts.life.parking?.isParked === true ? held.parts.life.parking : undefined;
  }

  /** A parked job is paused, unless a handler may wait for it: then that comes to its end before. */
  async #quietOrParked(job: J): Promise<void> {
    const isAtRest = (): boolean => !isBusy(job) || this.#parked(job) !== undefined;
    await firstValueFrom(job.progress$.pipe(filter(isAtRest)), { defaultValue: undefined });
    this.#parked(job)?.leaveToOthers();
  }

  /** The job with this state, which is to become `to`. @throws FlowError `WRONG_FLOW`, `UNKNOWN_JOB`; JobError `ILLEGAL_TRANSITION` */
  jobWith(state: S, to: JobStatus): J {
    const { flowId } = this.#flow;
    const { jobId, status } = state;
    checkFlow(flowId, state);
    if (isFinal(status)) checkTransition(jobId, status, to);
    const held = this.#engine.jobs.get(jobId);
    if (held?.parts.handles.state !== state) throw flowError('UNKNOWN_JOB', { flowId, jobId });
    return this.#jobOf(held);
  }
}

/** @throws FlowError `WRONG_FLOW` */
export const checkFlow = (flowId: string, { jobId, flowId: jobFlowId }: Pick<ControlledState, 'jobId' | 'flowId'>): void => {
  if (jobFlowId !== flowId) throw flowError('WRONG_FLOW', { flowId, jobId, jobFlowId });
};

const canPause = (run: Run): boolean => {
  const { status } = run.parts.ledger.data;
  return status !== 'paused' && !isFinal(status) && !isAwaited(run);
};

const isBusy = ({ status }: Pick<ControlledState, 'status'>): boolean => status === 'pending' || status === 'running';

/** The options of a call that means all jobs. A lookup that found nothing, or a snapshot, must not be taken for all of them. */
export const optionsForAll = <O extends object>(given: readonly unknown[], known: Known<O>): O => {
  const value = given.length === 0 ? {} : given[0];
  const isFine = isPlainObject(value) && !Object.hasOwn(value, 'jobId');
  checkOption('job', value, isFine, 'a Job or a JobState, or nothing to mean all jobs');
  return checkKnown(value as O, known);
};

/** Resolves when one of these jobs has something to do again, or has ended. */
const change = (jobs: readonly { readonly progress$: Observable<unknown> }[]): Promise<unknown> =>
  firstValueFrom(merge(...jobs.map(({ progress$ }) => progress$.pipe(skip(1)))), { defaultValue: undefined });
