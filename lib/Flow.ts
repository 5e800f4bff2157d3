/// <reference lib="esnext.disposable" preserve="true" />
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Observable } from 'rxjs';
import { Admission } from './engine/Admission.js';
import { platformCarriesContext } from './engine/ambient.js';
import { deliver } from './engine/direct.js';
import { Engine } from './engine/Engine.js';
import { JobControl, optionsForAll } from './engine/JobControl.js';
import { owned } from './engine/owned.js';
import type { Handles, HeldJob } from './engine/JobParts.js';
import { unlessWaiting } from './engine/refuseWaiting.js';
import { resume, resumeHeld } from './engine/resume.js';
import { start } from './engine/start.js';
import { type Data, NO_DATA } from './flow/Data.js';
import { type ExecuteOptions, NO_OPTIONS, type ResumeOptions } from './flow/ExecuteOptions.js';
import type { Entry, RunArguments } from './flow/Entry.js';
import { checkKnown, checkOptions } from './flow/checkOption.js';
import { flowError } from './flow/FlowError.js';
import { checkSwitch, FLOW_OPTIONS, type FlowOptions, settingsFrom } from './flow/FlowOptions.js';
import { PAUSE_OPTIONS, type PauseOptions } from './flow/TaskContext.js';
import type { Plan } from './plan/Plan.js';
import { Template } from './flow/Template.js';
import { completedOrThrow, eitherOf } from './job/eitherOf.js';
import type { JobData } from './job/JobData.js';
import type { JobError } from './job/JobError.js';
import type { JobRecord } from './job/JobRecord.js';
import { asyncDispose } from './prelude/asyncDispose.js';
import { refusal } from './prelude/refusal.js';
import { FROM_JSON_OPTIONS, type FromJsonOptions } from './wire/FromJsonOptions.js';
import { WrittenFlow } from './wire/WrittenFlow.js';
import { Job } from './Job.js';
import { detached, JobState } from './JobState.js';
import type { Registry, Routine } from './Routine.js';

const stateOf = (job: unknown): JobState | undefined => {
  if (job instanceof Job) return job.state;
  return job instanceof JobState ? job : undefined;
};

const jobOf = (held: HeldJob): Job => (held.job ??= new Job(held)) as Job;

type Given = readonly [params?: object, options?: ExecuteOptions];

/** What `execute` alone is asked for, and the rest, which runs check. */
const splitOff = (wanted: ExecuteOptions): { readonly orThrow: boolean; readonly options: ExecuteOptions } => {
  const { orThrow = false, ...options } = checkOptions(wanted);
  return { orThrow: checkSwitch('orThrow', orThrow), options };
};

const AS_USUAL = { orThrow: false, options: NO_OPTIONS };

/** A job without a first task, for what brings it some in this same turn: `feed`. */
export let openJob: (flow: Flow, entryRoutineId: string, options: ExecuteOptions) => Job;

/** What durable jobs of a flow are made of. */
export interface FlowParts {
  readonly template: Template<Routine, Plan>;
  /** Makes what users hold of a job; a state that comes from elsewhere is kept. */
  readonly handlesOf: (data: JobData, state: object | undefined) => Handles;
  /** The engines that run jobs of the flow. */
  readonly engines: Set<Engine>;
}

export let partsOf: (flow: Flow) => FlowParts;

/**
 * A template: routines, and connections from their events to their slots. Running it makes a job with a state of its
 * own; the flow keeps nothing of its runs, so it can be run any number of times, also at once.
 *
 * @example
 * const flow = new Flow();
 * flow.addRoutine(new Doubler(), 'double');
 * const state = await flow.execute('double', { n: 21 });
 */
export class Flow extends WrittenFlow<Routine> {
  static {
    openJob = (flow, entryRoutineId, options) => jobOf(start(flow.#admission, entryRoutineId, NO_DATA, options, false));
    partsOf = (flow) => ({ template: flow.#template, handlesOf: flow.#handlesOf, engines: flow.#engines });
  }

  readonly #template: Template<Routine, Plan>;
  readonly #engine: Engine;
  readonly #engines: Set<Engine>;
  readonly #admission: Admission;
  readonly #control: JobControl<JobState, Job>;

  /** @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
  constructor(options: FlowOptions = {}) {
    const settings = settingsFrom(checkKnown(options, FLOW_OPTIONS));
    const engine = new Engine(settings);
    const template = new Template<Routine, Plan>(settings, {
      compile: ({ settings, routines, connections }) => engine.compile(settings, { routines, connections }),
      configure: (changed) => {
        engine.configure(changed);
      },
    });
    super(template);
    this.#template = template;
    this.#engine = engine;
    this.#engines = new Set([engine]);
    this.#admission = new Admission(template, engine, this.#handlesOf);
    this.#control = new JobControl<JobState, Job>(this, engine, jobOf);
  }

  readonly #handlesOf = (data: JobData, state: object = new JobState(data)): Handles => ({ flow: this, state });

  // ── written down ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The flow that JSON, or its text, holds; the registry makes its routines. What JSON cannot say (the scheduler, …) is in
   * the options.
   *
   * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`, `NOT_CONSTRUCTIBLE`
   */
  static fromJSON(json: unknown, registry: Registry, options: FromJsonOptions = {}): Flow {
    const { maxDepth, maxString, ...others } = checkKnown(options, FROM_JSON_OPTIONS);
    return new Flow(others).deserialize(json, registry, { maxDepth, maxString });
  }

  // ── running ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Runs the flow from the slot `trigger` of a routine, or from the slot given, and resolves at the end of everything, whatever the
   * status; with `orThrow` it rejects with the JobError of a job that did not complete.
   *
   * Rejects with FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `NO_TRIGGER`, `BAD_PAYLOAD`, `BAD_OPTION`, `BAD_STRATEGY`, `DUPLICATE_JOB`,
   * `JOBS_FULL`, `SHUT_DOWN`, before anything has run.
   */
  // Not an async function, which would wrap the promise of the run in another one.
  execute<A extends object = object>(entry: Entry<A>, ...given: RunArguments<NoInfer<A>>): Promise<JobState> {
    const [params = NO_DATA, wanted = NO_OPTIONS] = given as readonly unknown[] as Given;
    try {
      const { orThrow, options } = wanted === NO_OPTIONS ? AS_USUAL : splitOff(wanted);
      const state = start(this.#admission, entry, params, options).done as Promise<JobState>;
      return orThrow ? state.then(completedOrThrow) : state;
    } catch (error) {
      return refusal(error);
    }
  }

  /** The same, lazily and with failure in the type: a job that did not complete, or could not start, is a `Left`. */
  executeTE<A extends object = object>(entry: Entry<A>, ...given: RunArguments<NoInfer<A>>): TaskEither<JobError, JobState> {
    return () => eitherOf(async () => this.start(entry, ...given).done);
  }

  /**
   * Runs the flow and gives the live job at once; its first task runs in a microtask, so whoever subscribes now misses
   * nothing.
   *
   * @throws what `execute` rejects with
   */
  start<A extends object = object>(entry: Entry<A>, ...given: RunArguments<NoInfer<A>>): Job {
    const [params = NO_DATA, options = NO_OPTIONS] = given as readonly unknown[] as Given;
    return jobOf(start(this.#admission, entry, params, options));
  }

  /** A run as a cold stream of its records: subscribing starts a job, unsubscribing cancels it. */
  run$<A extends object = object>(entry: Entry<A>, ...given: RunArguments<NoInfer<A>>): Observable<JobRecord> {
    return owned(() => this.start(entry, ...given));
  }

  // ── its jobs ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The jobs that have not come to their end, oldest first. */
  override get jobs(): readonly Job[] {
    return this.#control.all;
  }

  /** The job with this id, if it waits for its begin or has begun; undefined once it has ended. */
  job(jobId: string): Job | undefined {
    const held = this.#engine.jobs.get(jobId);
    return held && jobOf(held);
  }

  /**
   * Pauses one job, or with no job all that can be paused (see `Job.pause`). In a handler of this flow the promise rejects with JobError
   * `WOULD_DEADLOCK`: the jobs will pause all the same.
   */
  pause(job: Job | JobState, options?: PauseOptions): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- `undefined`, a lookup that failed, must not mean all jobs
  pause(options: PauseOptions): Promise<readonly JobState[]>;
  pause(): Promise<readonly JobState[]>;
  pause(...given: readonly [job?: unknown, options?: PauseOptions]): Promise<JobState | readonly JobState[]> {
    const [job, options] = given;
    const state = stateOf(job);
    try {
      if (state !== undefined) return this.#control.jobWith(state, 'paused').pause(options);
      return this.#control.pauseAll(optionsForAll(given, PAUSE_OPTIONS), this.#isMine);
    } catch (error) {
      return refusal(error);
    }
  }

  /**
   * Goes on with a paused job (see `Job.resume`). A state from elsewhere (`JobState.fromJSON`, or of another Flow instance)
   * becomes a job of this flow under the same id: what it had left to do is done here, and its history goes on. That it is
   * not at work in another process as well is for its keeper to know. The options are for a state from elsewhere only.
   *
   * @throws JobError `ILLEGAL_TRANSITION`; FlowError `WRONG_FLOW`, `UNKNOWN_JOB`, and for a state from elsewhere
   * `DUPLICATE_JOB`, `STRUCTURE_CHANGED`, `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `SHUT_DOWN`, `BAD_OPTION`
   */
  resume(job: Job | JobState, options: ResumeOptions = {}): Job {
    const state = stateOf(job);
    if (state === undefined) throw flowError('BAD_OPTION', { option: 'job', value: job, expected: 'a Job or a JobState' });
    if (!(job instanceof Job || this.#control.holds(state))) return jobOf(resume(this.#admission, detached, state, options));
    return resumeHeld(this.#control.jobWith(state, 'running'), options);
  }

  /** Cancels one job, or with no job all that run (see `Job.cancel`). */
  cancel(job: Job | JobState, reason?: string): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- as above
  cancel(options: { readonly reason?: string | undefined }): Promise<readonly JobState[]>;
  cancel(): Promise<readonly JobState[]>;
  async cancel(...given: readonly [job?: unknown, reason?: string]): Promise<JobState | readonly JobState[]> {
    const [job, reason] = given;
    const state = stateOf(job);
    return state === undefined
      ? this.#control.cancelAll(optionsForAll<Pick<PauseOptions, 'reason'>>(given, { reason: true }).reason)
      : this.#control.cancel(state, reason);
  }

  /**
   * Refuses new runs from now on. By default it resolves when every job has ended or is paused; one whose tasks all wait for their time
   * (`delayMs`, `at`) is paused with the reason `shutdown`, and may go on elsewhere. With `wait: false` the jobs are cancelled with that
   * reason.
   *
   * Rejects with FlowError `BAD_OPTION`, and with JobError `WOULD_DEADLOCK` in a handler of this flow that it would wait for; nothing is
   * done then.
   */
  shutdown(options: { readonly wait?: boolean | undefined } = {}): Promise<void> {
    try {
      const { wait = true } = checkKnown(options, { wait: true });
      if (checkSwitch('wait', wait)) return unlessWaiting('shutdown', this.#isMine, () => this.#shutDown());
      this.#admission.close();
      this.#control.cancelAll('shutdown');
      return Promise.resolve();
    } catch (error) {
      return refusal(error);
    }
  }

  async #shutDown(): Promise<void> {
    this.#admission.close();
    await this.#control.quiet();
  }

  readonly #isMine = ({ parts }: { readonly parts: { readonly engine: object } }): boolean => parts.engine === this.#engine;

  /** The same as `shutdown()`, for `await using flow = new Flow()`. */
  [asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  // ── what its routines ask ───────────────────────────────────────────────────────────────────────────────────────

  override get carriesContext(): boolean {
    return platformCarriesContext && this.#template.settings.asyncContext === 'auto';
  }

  override jobsUsing(routine: Routine): readonly string[] {
    return [...this.#engines].flatMap(({ jobs }) =>
      jobs.all.filter(({ parts }) => parts.plan.routineOf.has(routine)).map(({ jobId }) => jobId),
    );
  }

  override deliver(routine: Routine, event: string, data: Data): void {
    const { plan } = this.#template;
    const found = plan.routineOf.get(routine)?.events.get(event);
    if (found === undefined) return;
    const payload = plan.isolate(data, found);
    for (const connection of found.connections) deliver(connection, payload);
  }
}
