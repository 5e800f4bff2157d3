/// <reference lib="esnext.disposable" preserve="true" />
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Observable } from 'rxjs';
import { Admission } from './engine/Admission.js';
import { platformCarriesContext } from './engine/ambient.js';
import { deliver } from './engine/direct.js';
import { Engine } from './engine/Engine.js';
import { JobControl, optionsForAll } from './engine/JobControl.js';
import { owned } from './engine/owned.js';
import type { Run } from './engine/JobParts.js';
import { refuseWaiting } from './engine/refuseWaiting.js';
import { resume } from './engine/resume.js';
import { start } from './engine/start.js';
import { type Data, NO_DATA } from './flow/Data.js';
import type { ExecuteOptions, ResumeOptions } from './flow/ExecuteOptions.js';
import { type Finding, findingsOn } from './flow/Finding.js';
import { FlowDescription } from './flow/FlowDescription.js';
import { flowError } from './flow/FlowError.js';
import { type FlowOptions, settingsFrom } from './flow/FlowOptions.js';
import type { PauseOptions } from './flow/TaskContext.js';
import type { Plan } from './plan/Plan.js';
import { Template } from './flow/Template.js';
import { eitherOf } from './job/eitherOf.js';
import type { JobError } from './job/JobError.js';
import type { JobRecord } from './job/JobRecord.js';
import { refusal } from './prelude/refusal.js';
import type { DecodeOptions } from './wire/decodeJson.js';
import type { FlowDefinition } from './wire/FlowDefinition.js';
import { wireFindings } from './wire/wireFindings.js';
import { writeFlow } from './wire/writeFlow.js';
import { Job } from './Job.js';
import { detached, JobState } from './JobState.js';
import type { Registry, Routine } from './Routine.js';

/** Platforms before `await using` lack the symbol; there the method is out of reach, and `shutdown` is the way. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

const stateOf = (job: unknown): JobState | undefined => {
  if (job instanceof Job) return job.state;
  return job instanceof JobState ? job : undefined;
};

// The flow has made them.
const jobOf = ({ parts }: Run): Job => parts.handles.job as Job;

/** What a flow from JSON needs beside it, and how much the JSON may ask for. */
export type FromJsonOptions = DecodeOptions & Pick<FlowOptions, 'scheduler' | 'asyncContext' | 'random' | 'newId'>;

/** A job without a first task, for what brings it some in this same turn: `feed`. */
export let openJob: (flow: Flow, entryRoutineId: string, options: ExecuteOptions) => Job;

/**
 * A template: routines, and connections from their events to their slots. Running it makes a job with a state of its
 * own; the flow keeps nothing of its runs, so it can be run any number of times, also at once.
 *
 * @example
 * const flow = new Flow();
 * flow.addRoutine(new Doubler(), 'double');
 * const state = await flow.execute('double', { n: 21 });
 */
export class Flow extends FlowDescription<Routine> {
  static {
    openJob = (flow, entryRoutineId, options) => jobOf(start(flow.#admission, entryRoutineId, NO_DATA, options, false));
  }

  readonly #template: Template<Routine, Plan>;
  readonly #engine: Engine;
  readonly #admission: Admission;
  readonly #control: JobControl<JobState, Job>;

  /** @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
  constructor(options: FlowOptions = {}) {
    const settings = settingsFrom(options);
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
    this.#admission = new Admission(template, engine, (run, state = new JobState(run.parts.ledger.data)) => ({
      flow: this,
      state,
      job: new Job(run.parts),
    }));
    this.#control = new JobControl<JobState, Job>(this, engine);
  }

  // ── written down ────────────────────────────────────────────────────────────────────────────────────────────────

  /** What looks wrong in this flow, errors first, and what would keep it from JSON and back with this registry; empty if nothing does. */
  validate(registry?: Registry): readonly Finding[] {
    const { graph } = this.#template;
    return [...(registry === undefined ? [] : wireFindings(this.#template, registry)), ...findingsOn(graph)];
  }

  /**
   * The flow as JSON: its settings, routines with their config, and connections; nothing of its jobs, and no code.
   *
   * @throws FlowError `NOT_SERIALISABLE`: a config that is not plain data, or a function that no registry has a name for
   */
  toJSON(): FlowDefinition {
    return writeFlow(this.#template);
  }

  /**
   * The flow that JSON, or its text, holds; the registry makes its routines. What JSON cannot say (the scheduler, …) is in
   * the options.
   *
   * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`, `NOT_CONSTRUCTIBLE`
   */
  static fromJSON(json: unknown, registry: Registry, options: FromJsonOptions = {}): Flow {
    return new Flow(options).deserialize(json, registry, options);
  }

  /** The same as `toJSON`. */
  serialize(): FlowDefinition {
    return this.toJSON();
  }

  /**
   * Fills this flow, which must be empty, from JSON or its text.
   *
   * @throws what `fromJSON` throws; FlowError `NOT_EMPTY`
   */
  deserialize(json: unknown, registry: Registry, options?: DecodeOptions): this {
    if (this.routines.size > 0 || this.jobs.length > 0) throw flowError('NOT_EMPTY', { flowId: this.flowId });
    // By what it has, so that a page without a registry does not ship one.
    if (typeof registry?.read !== 'function')
      throw flowError('BAD_OPTION', { option: 'registry', value: registry, expected: 'a Registry' });
    this.#template.fill(registry.read(json, options), this);
    return this;
  }

  // ── running ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Runs the flow from the slot `trigger` of one routine, and resolves at the end of everything, whatever the status.
   *
   * Rejects with FlowError `UNKNOWN_ROUTINE`, `NO_TRIGGER`, `BAD_PAYLOAD`, `BAD_OPTION`, `BAD_STRATEGY`, `DUPLICATE_JOB`,
   * `SHUT_DOWN`, before anything has run.
   */
  // Not an async function, which would wrap the promise of the run in another one.
  execute(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): Promise<JobState> {
    try {
      return start(this.#admission, entryRoutineId, entryParams, options).parts.life.done as Promise<JobState>;
    } catch (error) {
      return refusal(error);
    }
  }

  /** The same, lazily and with failure in the type: a job that did not complete, or could not start, is a `Left`. */
  executeTE(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): TaskEither<JobError, JobState> {
    return () => eitherOf(() => this.execute(entryRoutineId, entryParams, options));
  }

  /**
   * Runs the flow and gives the live job at once; its first task runs in a microtask, so whoever subscribes now misses
   * nothing.
   *
   * @throws what `execute` rejects with
   */
  start(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): Job {
    return jobOf(start(this.#admission, entryRoutineId, entryParams, options));
  }

  /** A run as a cold stream of its records: subscribing starts a job, unsubscribing cancels it. */
  run$(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): Observable<JobRecord> {
    return owned(() => this.start(entryRoutineId, entryParams, options));
  }

  // ── its jobs ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The jobs that have not come to their end, oldest first. */
  get jobs(): readonly Job[] {
    return this.#control.all;
  }

  /** Pauses one job, or with no job all that can be paused (see `Job.pause`). */
  pause(job: Job | JobState, options?: PauseOptions): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- `undefined`, a lookup that failed, must not mean all jobs
  pause(options: PauseOptions): Promise<readonly JobState[]>;
  pause(): Promise<readonly JobState[]>;
  async pause(...given: readonly [job?: unknown, options?: PauseOptions]): Promise<JobState | readonly JobState[]> {
    const [job, options] = given;
    const state = stateOf(job);
    return state === undefined
      ? this.#control.pauseAll(optionsForAll(given))
      : this.#control.jobWith(state, 'paused').pause(options);
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
    const held = this.#control.jobWith(state, 'running');
    held.resume();
    return held;
  }

  /** Cancels one job, or with no job all that run (see `Job.cancel`). */
  cancel(job: Job | JobState, reason?: string): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- as above
  cancel(options: { readonly reason?: string }): Promise<readonly JobState[]>;
  cancel(): Promise<readonly JobState[]>;
  async cancel(...given: readonly [job?: unknown, reason?: string]): Promise<JobState | readonly JobState[]> {
    const [job, reason] = given;
    const state = stateOf(job);
    return state === undefined ? this.#control.cancelAll(optionsForAll(given).reason) : this.#control.cancel(state, reason);
  }

  /**
   * Refuses new runs from now on. By default it resolves when every job has ended or is paused; with `wait: false` the
   * jobs are cancelled with the reason `shutdown`.
   *
   * Rejects with JobError `WOULD_DEADLOCK` in a handler of this flow that it would wait for.
   */
  async shutdown({ wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    if (wait) refuseWaiting('shutdown', ({ parts }) => parts.engine === this.#engine);
    this.#admission.close();
    if (wait) await this.#control.quiet();
    else this.#control.cancelAll('shutdown');
  }

  async [asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  // ── what its routines ask ───────────────────────────────────────────────────────────────────────────────────────

  override get carriesContext(): boolean {
    return platformCarriesContext && this.#template.settings.asyncContext === 'auto';
  }

  override jobsUsing(routine: Routine): readonly string[] {
    return this.#engine.jobs.all
      .filter(({ parts }) => parts.plan.routineOf.has(routine))
      .map(({ parts }) => parts.ledger.data.jobId);
  }

  override deliver(routine: Routine, event: string, data: Data): void {
    const { plan } = this.#template;
    const payload = plan.isolate(data);
    for (const connection of plan.routineOf.get(routine)?.events.get(event)?.connections ?? []) deliver(connection, payload);
  }
}
