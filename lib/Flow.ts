/// <reference lib="esnext.disposable" preserve="true" />
import { left, right } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { Observable, type Observer } from 'rxjs';
import { platformCarriesContext } from './engine/ambient.js';
import { cancelOn } from './engine/cancelOn.js';
import { deliver } from './engine/direct.js';
import { JobRun, type RunOptions } from './engine/JobRun.js';
import { compilePlan, type Inlet, type Plan } from './engine/Plan.js';
import { Engine } from './engine/Engine.js';
import { refuseWaiting } from './engine/refuseWaiting.js';
import { pose } from './engine/specimen.js';
import { placesIn, type Rename, takeUp } from './engine/takeUp.js';
import type { Connection, Renamed } from './flow/Connection.js';
import { checkData, type Data, NO_DATA } from './flow/Data.js';
import type { ErrorHandler } from './flow/ErrorHandler.js';
import { connectionFrom } from './flow/ends.js';
import type { AnyEvent, Event } from './flow/Event.js';
import {
  type ExecuteOptions,
  type OutputObserver,
  renamingFrom,
  type ResumeOptions,
  runOptionsFrom,
  type Wanted,
} from './flow/ExecuteOptions.js';
import { type Finding, findingsOn } from './flow/Finding.js';
import { checkSerialisable, flowError } from './flow/FlowError.js';
import {
  checkErrorHandler,
  checkStrategy,
  type ExecutionStrategy,
  type FlowOptions,
  type FlowSettings,
  settingsFrom,
  workersFor,
} from './flow/FlowOptions.js';
import { Graph } from './flow/Graph.js';
import { type Home, isRoutine, settle } from './flow/Home.js';
import type { ParamMapping, Renames } from './flow/mapping.js';
import { checkName } from './flow/names.js';
import type { OutputRecord } from './flow/OutputRecord.js';
import { checkEntry } from './flow/placeIn.js';
import type { Slot } from './flow/Slot.js';
import type { PauseOptions } from './flow/TaskContext.js';
import { rebased } from './job/fold.js';
import { JobData } from './job/JobData.js';
import { type JobError, notStarted, whyNot } from './job/JobError.js';
import type { JobRecord } from './job/JobRecord.js';
import { checkTransition, isFinal, type JobStatus } from './job/JobStatus.js';
import type { Remainder } from './job/Remainder.js';
import { describeError } from './prelude/describeError.js';
import { isPlainObject } from './prelude/plainObject.js';
import { refusal } from './prelude/refusal.js';
import type { DecodeOptions } from './wire/decodeJson.js';
import type { FlowDefinition } from './wire/FlowDefinition.js';
import type { FlowParts } from './wire/FlowParts.js';
import { readFlow } from './wire/readFlow.js';
import { wireFindings } from './wire/wireFindings.js';
import { writeFlow } from './wire/writeFlow.js';
import { abandon, Job, quiet } from './Job.js';
import { detached, JobState } from './JobState.js';
import { Registry, type Routine } from './Routine.js';

/** Platforms before `await using` lack the symbol; there the method is out of reach, and `shutdown` is the way. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

const checkRoutine = (routine: Routine): void => {
  if (!isRoutine(routine))
    throw flowError('BAD_OPTION', { option: 'routine', value: routine, expected: 'an instance of Routine or a subclass' });
};

const toObserver = (output: OutputObserver): Partial<Observer<OutputRecord>> =>
  typeof output === 'function' ? { next: output } : output;

const takeParams = (plan: Plan, params: object, where: () => string): Data => {
  const checked = checkData(params, where);
  if (plan.settings.emitMode === 'commit') checkSerialisable(checked, where);
  try {
    return plan.isolate(checked);
  } catch (error) {
    throw flowError('NOT_CLONABLE', { where: where(), reason: describeError(error).message }, error);
  }
};

/** What a run goes on with: what its job had left, where the caller does not say otherwise. */
const goingOn = (rest: Remainder, asked: ResumeOptions, wanted: Wanted, rename: Rename): RunOptions => ({
  limit: asked.maxQueued === undefined && asked.overflow === undefined ? rest.limit : wanted.limit,
  entryRoutineId: rename(rest.entryRoutineId),
  // Where it has not begun yet, its entry is all that waits.
  params: rest.tasks[0]?.data ?? NO_DATA,
  cap: asked.maxWorkers === undefined && asked.executionStrategy === undefined ? rest.cap : wanted.cap,
  timeoutMs: wanted.timeoutMs,
  leftMs: asked.timeoutMs ?? rest.leftMs,
});

/** What is wished of all jobs. Anything else (a lookup that found nothing, a snapshot) must not be taken for all of them. */
const checkWish = (value: unknown): PauseOptions => {
  if (isPlainObject(value) && Object.keys(value).every((key) => key === 'reason' || key === 'checkpoint')) return value;
  throw flowError('BAD_OPTION', { option: 'job', value, expected: 'a Job or a JobState, or nothing to mean all jobs' });
};

const isJob = (job: unknown): job is Job | JobState => job instanceof Job || job instanceof JobState;

const stateOf = (job: Job | JobState): JobState => (job instanceof Job ? job.state : job);

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
export class Flow implements Home {
  static {
    openJob = (flow, entryRoutineId, options) => flow.#start(entryRoutineId, NO_DATA, options, false).doors.job;
  }

  #graph: Graph<Routine>;
  readonly #engine: Engine;
  #settings: FlowSettings;
  #plan: Plan | undefined;
  /** Of the runs of the present plan (see `pose`). */
  #specimen: JobRun | undefined;
  #shutDown = false;

  /** @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
  constructor(options: FlowOptions = {}) {
    this.#settings = settingsFrom(options);
    this.#graph = new Graph(this.#settings.flowId);
    this.#engine = new Engine(this.#settings);
  }

  // ── what it is made of ──────────────────────────────────────────────────────────────────────────────────────────

  get flowId(): string {
    return this.#settings.flowId;
  }

  get routines(): ReadonlyMap<string, Routine> {
    return this.#graph.routines;
  }

  get connections(): readonly Connection[] {
    return this.#graph.connections;
  }

  get executionStrategy(): ExecutionStrategy {
    return this.#settings.executionStrategy;
  }

  get maxWorkers(): number {
    return this.#settings.maxWorkers;
  }

  get executionTimeoutMs(): number {
    return this.#settings.executionTimeoutMs;
  }

  get errorHandler(): ErrorHandler | undefined {
    return this.#settings.errorHandler;
  }

  /** Whether `routine.emit` finds its job also after an `await`. */
  get carriesContext(): boolean {
    return platformCarriesContext && this.#settings.asyncContext === 'auto';
  }

  /**
   * Adds a routine under an id of its own in this flow. A routine may be in several flows, but only once in each.
   *
   * @returns the id
   * @throws FlowError `DUPLICATE_ROUTINE`, `ROUTINE_TWICE`, `BAD_NAME`
   */
  addRoutine(routine: Routine, routineId?: string): string {
    checkRoutine(routine);
    return this.#add(routine, routineId ?? routine.id);
  }

  #add(routine: Routine, routineId: string): string {
    this.#graph.add(routine, routineId);
    settle(this, routine);
    this.changed();
    return routineId;
  }

  /**
   * Links an event to a slot: by ids and names, or by the event and the slot themselves, which the compiler checks.
   * Events go to their slots in the order of these calls. The same link twice is one link.
   *
   * @example
   * flow.connect('reader', 'line', 'parser', 'input', { text: 'line' }); // renames `text` to `line`
   * flow.connect('reader.line', 'parser.input'); // the same ends, written short
   * flow.connect(reader.line, parser.input, ({ text }) => ({ line: text.trim() }));
   *
   * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `UNKNOWN_SLOT`, `BAD_OPTION`
   */
  connect(sourceId: string, sourceEvent: string, targetId: string, targetSlot: string, paramMapping?: ParamMapping): Connection;
  connect(source: string, target: string, paramMapping?: ParamMapping): Connection;
  connect(source: AnyEvent, target: Slot): Connection;
  connect<A extends B, B extends object>(source: Event<A>, target: Slot<B>): Connection;
  connect<A extends object, B extends object>(source: Event<A>, target: Slot<B>, paramMapping: (data: A) => B): Connection;
  connect<A extends object, B extends object, const M extends Partial<Record<keyof A, string>> & Renames>(
    source: Event<A>,
    target: Slot<B>,
    paramMapping: M & (Renamed<A, M> extends B ? unknown : never),
  ): Connection;
  connect(...ends: readonly unknown[]): Connection {
    const connection = this.#graph.connect(connectionFrom(ends, (routine) => this.#graph.idOf(routine)));
    this.changed();
    return connection;
  }

  /** Takes a link away, for later runs; one that is not there is no error. */
  disconnect(connection: Connection): void {
    this.#graph.disconnect(connection);
    this.changed();
  }

  /** For later runs: what to do when a task of a routine without an error handler of its own fails. */
  setErrorHandler(handler: ErrorHandler): this {
    return this.#configure({ ...this.#settings, errorHandler: checkErrorHandler(handler) });
  }

  /**
   * For later runs: how many tasks at once. Concurrent without a number keeps the present one, or takes 5.
   *
   * @throws FlowError `BAD_STRATEGY`, `BAD_OPTION`
   */
  setExecutionStrategy(strategy: ExecutionStrategy, { maxWorkers }: { readonly maxWorkers?: number } = {}): this {
    const executionStrategy = checkStrategy(strategy);
    return this.#configure({
      ...this.#settings,
      executionStrategy,
      maxWorkers: workersFor(executionStrategy, maxWorkers, this.#settings),
    });
  }

  #configure(settings: FlowSettings): this {
    this.#settings = settings;
    this.#engine.configure(settings);
    this.changed();
    return this;
  }

  /** For every routine the routines that feed it. */
  dependencyGraph(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#graph.dependencies();
  }

  /** What looks wrong in this flow, errors first, and what would keep it from JSON and back with this registry; empty where nothing does. */
  validate(registry?: Registry): readonly Finding[] {
    return [...(registry === undefined ? [] : wireFindings(this.#parts, registry)), ...findingsOn(this.#graph)];
  }

  // ── written down ────────────────────────────────────────────────────────────────────────────────────────────────

  get #parts(): FlowParts {
    return { settings: this.#settings, routines: this.routines, connections: this.connections };
  }

  /**
   * The flow as JSON: its settings, routines with their config, and connections; nothing of its jobs, and no code.
   *
   * @throws FlowError `NOT_SERIALISABLE`: a config that is not plain data, or a function that no registry has a name for
   */
  toJSON(): FlowDefinition {
    return writeFlow(this.#parts);
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
    if (!(registry instanceof Registry))
      throw flowError('BAD_OPTION', { option: 'registry', value: registry, expected: 'a Registry' });
    const { settings, routines, connections } = readFlow(json, registry, options);
    this.#graph = new Graph(settings.flowId);
    this.#configure(settingsFrom({ ...this.#settings, ...settings }));
    for (const [id, routine] of routines) this.#add(routine, id);
    for (const connection of connections) this.#graph.connect(connection);
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
      return this.#start(entryRoutineId, entryParams, options).done;
    } catch (error) {
      return refusal(error);
    }
  }

  /** The same, lazily and with failure in the type: a job that did not complete, or could not start, is a `Left`. */
  executeTE(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): TaskEither<JobError, JobState> {
    return async () => {
      try {
        const state = await this.execute(entryRoutineId, entryParams, options);
        return state.status === 'completed' ? right(state) : left(whyNot(state));
      } catch (error) {
        return left(notStarted(error));
      }
    };
  }

  /**
   * Runs the flow and gives the live job at once; its first task runs in a microtask, so whoever subscribes now misses
   * nothing.
   *
   * @throws what `execute` rejects with
   */
  start(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): Job {
    return this.#start(entryRoutineId, entryParams, options).doors.job;
  }

  /** A run as a cold stream of its records: subscribing starts a job, unsubscribing cancels it. */
  run$(entryRoutineId: string, entryParams: object = NO_DATA, options: ExecuteOptions = {}): Observable<JobRecord> {
    return new Observable((observer) => {
      const job = this.start(entryRoutineId, entryParams, options);
      const records = job.record$.subscribe(observer);
      return () => {
        records.unsubscribe();
        abandon(job);
      };
    });
  }

  #start(entryRoutineId: string, entryParams: object, options: ExecuteOptions, enters = true): JobRun {
    const plan = this.#openPlan();
    const { settings } = plan;
    const wanted = runOptionsFrom(options, settings);
    const jobId = wanted.jobId ?? checkName('job', settings.newId());
    const params = takeParams(plan, entryParams, () => `The entry of routine '${entryRoutineId}'`);
    const entry = this.#entry(plan, entryRoutineId);
    const { cap, limit, timeoutMs } = wanted;
    this.#engine.drain.refresh();
    this.#checkOpen(jobId);
    const data = new JobData(jobId, this.flowId, this.#engine.time.now, settings.history, this.#engine.time.base);
    const run = this.#newRun(plan, new JobState(data), data, {
      entryRoutineId,
      params,
      cap,
      limit,
      timeoutMs,
      leftMs: timeoutMs,
    });
    if (enters) run.enter(entry);
    return this.#admit(run, wanted);
  }

  #openPlan(): Plan {
    this.#checkOpen(undefined);
    const plan = this.#compiled();
    if (this.#specimen?.plan !== plan) this.#specimen = this.#newSpecimen(plan);
    return plan;
  }

  /** Asked again right before a job is made: ids, getters, the clock are the user's (D31). */
  #checkOpen(jobId: string | undefined): void {
    const { flowId } = this;
    if (this.#shutDown) throw flowError('SHUT_DOWN', { flowId });
    if (jobId !== undefined && this.#engine.jobs.get(jobId) !== undefined) throw flowError('DUPLICATE_JOB', { flowId, jobId });
  }

  #newRun(plan: Plan, state: JobState, data: JobData, options: RunOptions): JobRun {
    const run = new JobRun(plan, this.#engine, data, options);
    run.doors = { flow: this, state, job: new Job(run) };
    return run;
  }

  #admit(run: JobRun, { output, signal }: Wanted): JobRun {
    if (output !== undefined) run.views.sink(toObserver(output));
    this.#engine.admit(run);
    if (signal !== undefined) cancelOn(signal, run);
    return run;
  }

  #entry({ nodes }: Plan, entryRoutineId: string): Inlet {
    checkEntry({ flowId: this.flowId, byId: nodes }, entryRoutineId);
    return nodes.get(entryRoutineId)?.slots.get('trigger') as Inlet;
  }

  #compiled(): Plan {
    return (this.#plan ??= this.#engine.connect(compilePlan(this.#settings, this.#graph.routines, this.#graph.connections)));
  }

  #newSpecimen(plan: Plan): JobRun {
    const data = new JobData('', this.flowId, this.#engine.time.now, 2, this.#engine.time.base);
    const options = { ...runOptionsFrom({}, plan.settings), entryRoutineId: '', params: NO_DATA, leftMs: Infinity };
    return pose(this.#newRun(plan, new JobState(data), data, options));
  }

  // ── its jobs ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The jobs that have not come to their end, oldest first. */
  get jobs(): readonly Job[] {
    return this.#engine.jobs.all.map((run) => run.doors.job);
  }

  /** Pauses one job, or with no job all that can be paused (see `Job.pause`). */
  pause(job: Job | JobState, options?: PauseOptions): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- `undefined`, a lookup that failed, must not mean all jobs
  pause(options: PauseOptions): Promise<readonly JobState[]>;
  pause(): Promise<readonly JobState[]>;
  async pause(...given: readonly [job?: unknown, options?: PauseOptions]): Promise<JobState | readonly JobState[]> {
    const [job, options] = given;
    if (isJob(job)) return this.#held(job, 'paused').pause(options);
    const wish = given.length === 0 ? {} : checkWish(job);
    return Promise.all(this.#pausable.map((each) => each.pause(wish)));
  }

  /** Not those that a handler at work waits for: its own job would never be quiet. */
  get #pausable(): readonly Job[] {
    const runs = this.#engine.jobs.all;
    return runs.filter(({ data, parent }) => data.status !== 'paused' && parent?.isAtWork !== true).map(({ doors }) => doors.job);
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
    if (!isJob(job)) throw flowError('BAD_OPTION', { option: 'job', value: job, expected: 'a Job or a JobState' });
    if (job instanceof Job || this.#engine.jobs.get(job.jobId)?.doors.state === job) {
      const held = this.#held(job, 'running');
      held.resume();
      return held;
    }
    return this.#takeUp(job, options);
  }

  #takeUp(given: JobState, options: ResumeOptions): Job {
    const plan = this.#openPlan();
    this.#checkMine(given);
    if (isFinal(given.status)) checkTransition(given.jobId, given.status, 'running');
    this.#checkOpen(given.jobId);
    const [state, data] = detached(given);
    const rest = this.#restOf(data, plan, options);
    const rename = renamingFrom(options.remap);
    const places = placesIn(plan, data, rest, rename);
    const wanted = runOptionsFrom({ timeoutMs: rest.timeoutMs, ...options }, plan.settings);
    this.#engine.drain.refresh();
    this.#checkOpen(given.jobId);
    rebased(data, this.#engine.time.base);
    const run = this.#newRun(plan, state, data, goingOn(rest, options, wanted, rename));
    takeUp(run, rest, places, rename);
    return this.#admit(run, wanted).doors.job;
  }

  #restOf({ jobId, source }: JobData, plan: Plan, { remap }: ResumeOptions): Remainder {
    const { flowId } = this;
    const rest = source?.remainder();
    if (rest === undefined) throw flowError('UNKNOWN_JOB', { flowId, jobId });
    if (remap === undefined && rest.structure !== plan.structure) throw flowError('STRUCTURE_CHANGED', { flowId, jobId });
    return rest;
  }

  /** Cancels one job, or with no job all that run (see `Job.cancel`). */
  cancel(job: Job | JobState, reason?: string): Promise<JobState>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- as above
  cancel(options: { readonly reason?: string }): Promise<readonly JobState[]>;
  cancel(): Promise<readonly JobState[]>;
  async cancel(...given: readonly [job?: unknown, reason?: string]): Promise<JobState | readonly JobState[]> {
    const [job, reason] = given;
    if (!isJob(job)) return this.#cancelAll(given.length === 0 ? undefined : checkWish(job).reason);
    this.#checkMine(stateOf(job));
    return job.status === 'cancelled' ? stateOf(job) : this.#held(job, 'cancelled').cancel(reason);
  }

  /** In one step, so that no job starts a task while the others are being cancelled. */
  #cancelAll(reason: string | undefined): readonly JobState[] {
    const { jobs } = this;
    this.#engine.drain.change(() => {
      for (const job of jobs) if (!isFinal(job.status)) void job.cancel(reason);
    });
    return jobs.map(({ state }) => state);
  }

  #checkMine({ jobId, flowId: jobFlowId }: JobState): void {
    const { flowId } = this;
    if (jobFlowId !== flowId) throw flowError('WRONG_FLOW', { flowId, jobId, jobFlowId });
  }

  #held(job: Job | JobState, to: JobStatus): Job {
    const state = stateOf(job);
    const { flowId } = this;
    const { jobId, status } = state;
    this.#checkMine(state);
    if (isFinal(status)) checkTransition(jobId, status, to);
    const held = this.#engine.jobs.get(jobId)?.doors;
    if (held?.state !== state) throw flowError('UNKNOWN_JOB', { flowId, jobId });
    return held.job;
  }

  /**
   * Refuses new runs from now on. By default it resolves when every job has ended or is paused; with `wait: false` the
   * jobs are cancelled with the reason `shutdown`.
   *
   * Rejects with JobError `WOULD_DEADLOCK` in a handler of this flow that it would wait for.
   */
  async shutdown({ wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    if (wait) refuseWaiting('shutdown', (run) => run.engine === this.#engine);
    this.#shutDown = true;
    if (wait) await Promise.all(this.jobs.map(quiet));
    else this.#cancelAll('shutdown');
  }

  async [asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  // ── what its routines ask ───────────────────────────────────────────────────────────────────────────────────────

  changed(): void {
    this.#plan = undefined;
  }

  jobsUsing(routine: Routine): readonly string[] {
    return this.#engine.jobs.all.filter(({ plan }) => plan.nodeOf.has(routine)).map(({ data }) => data.jobId);
  }

  deliver(routine: Routine, event: string, data: Data): void {
    const plan = this.#compiled();
    const payload = plan.isolate(data);
    for (const route of plan.nodeOf.get(routine)?.events.get(event)?.routes ?? []) deliver(route, payload);
  }
}
