import { asyncScheduler, Observable, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import {
  type Context,
  type Data,
  type ErrorHandler,
  Flow,
  type Handler,
  type Job,
  type JobRecord,
  type JobSnapshot,
  JobState,
  Routine,
  type RoutineMetrics,
  type SlotOptions,
  type StandardSchema,
} from '../../lib/index.js';
import {
  type Disturbing,
  draws,
  type EventName,
  EVENTS,
  type Hands,
  JITTER,
  type JobPlan,
  MAX_DELAY,
  MERGES,
  ordinalOf,
  type Policy,
  type RoutinePlan,
  readWith,
  REFUSED,
  scribble,
  script,
  type SlotPlan,
  SLOTS,
  type StreamLink,
  text,
  type World,
} from '../support/arbitrary.js';
import type { Account } from '../support/model.js';
import { Activation, type Glimpse } from './Activation.js';
import { streaming } from './streaming.js';
import { handlerOf } from '../support/handlers.js';

/** A clock for the handlers of a world. */
export interface Time {
  readonly scheduler: SchedulerLike;
  /** Does something after some ms; gives the way to call it off. */
  readonly after: (ms: number, work: () => void) => () => void;
}

/** What was seen of one job while it ran in one flow. */
export interface Watched {
  readonly job: Job;
  readonly place: number;
  /** What it was when it was taken up from JSON. */
  readonly taken: Taken | undefined;
  /** Every handler call, also those before it was taken up. */
  readonly log: string[];
  /** The handler calls of this stretch. */
  readonly activations: Activation[];
  readonly records: JobRecord[];
  readonly progress: { queued: number; active: number; done: number; status: string; pausing: boolean }[];
  /** Handlers that were called after the job's end. */
  late: number;
}

/** What a job from JSON had behind it and before it. */
export interface Taken {
  /** The handler calls of all stretches before, each as it was when its stretch was written down. */
  readonly behind: readonly Glimpse[];
  /** The tasks that were told as queued, with their attempts. */
  readonly queued: readonly string[];
  /** Those that waited for their time. */
  readonly late: readonly string[];
  /** By routine. */
  readonly metrics: Readonly<Record<string, RoutineMetrics>>;
}

/** A world as it was played. */
export interface Show {
  readonly world: World;
  readonly flow: Flow;
  /** Each stretch of a job in one flow; those before a move, too. */
  readonly segments: readonly Watched[];
  /** The last stretch of each job. */
  readonly watched: readonly (Watched | undefined)[];
  readonly turns: readonly number[];
  /** The most handlers at work at once in one flow, over all jobs. */
  readonly peak: number;
}

/** Where code of the user is called: there a job can be written down. */
export type Spot =
  'started' | 'handler' | 'tracked' | 'merge' | 'codec' | 'filter' | 'random' | 'record' | 'output' | 'progress' | 'instant';

/** What else a stage can do. */
export interface StageOptions {
  /** Called at every spot, with the job that is at work there. */
  readonly onSpot?: (spot: Spot, watched: Watched, now: number) => void;
  /** Changes a job as it is written down. */
  readonly tamper?: Tamper | undefined;
  /** Spots at instants of their own, in ms. */
  readonly instants?: readonly number[];
}

export type Tamper = (written: JobSnapshot, watched: Watched) => JobSnapshot;

export const virtualTime = (scheduler: VirtualTimeScheduler): Time => ({
  scheduler,
  after: (ms, work) => {
    const timer = scheduler.schedule(() => {
      work();
    }, ms);
    return () => {
      timer.unsubscribe();
    };
  },
});

/** Real time: microtasks, macrotasks and short timers, in a mix that the durations decide. */
export const realTime: Time = {
  scheduler: asyncScheduler,
  after: (ms, work) => {
    const how = Math.round(ms * 1_000) % 3;
    if (how === 0) void Promise.resolve().then(work);
    else if (how === 1) setImmediate(work);
    else setTimeout(work, 0);
    return () => undefined;
  },
};

/** Plays a world on the engine. */
export class Stage implements Show {
  readonly flow: Flow;
  readonly segments: Watched[] = [];
  readonly watched: (Watched | undefined)[] = [];
  readonly turns: number[] = [];
  peak = 0;
  /** Called with each activation, before its handler does anything. */
  onActivation: ((ctx: Context, count: number) => void) | undefined;
  readonly #atWork = new Map<Flow, number>();

  constructor(
    readonly world: World,
    readonly time: Time,
    private readonly options: StageOptions = {},
  ) {
    this.flow = this.newFlow();
  }

  /** A flow of its own, with the structure of the world. */
  newFlow(): Flow {
    const { emitMode, isolation, asyncContext, unhandledErrors, workers, policy, routines, links, streams = [] } = this.world;
    const draw = draws();
    const random = this.#passing('random', draw);
    const options = {
      flowId: 'world',
      emitMode,
      isolation,
      asyncContext,
      unhandledErrors,
      scheduler: this.time.scheduler,
      random,
    };
    const flow = new Flow({ ...options, executionStrategy: workers > 1 ? 'concurrent' : 'sequential', maxWorkers: workers });
    if (policy !== undefined) flow.setErrorHandler(this.#errorHandler(policy));
    for (const [place, plan] of routines.entries()) flow.addRoutine(this.#routine(plan), `r${place}`);
    for (const { from, event, to, slot, renames } of links) flow.connect(`r${from}`, event, `r${to}`, slot, renames);
    for (const [place, link] of streams.entries()) this.#addStream(flow, `s${place}`, link);
    return flow;
  }

  #addStream(flow: Flow, id: string, { from, event, to, slot, kind }: StreamLink): void {
    const [routine, input] = streaming(kind);
    flow.addRoutine(routine, id);
    flow.connect(`r${from}`, event, id, input);
    flow.connect(id, 'output', `r${to}`, slot);
  }

  /** Starts a job and watches everything of it. */
  start(place: number): Watched {
    const { fuel, n, cap, timeoutMs, limit } = this.world.jobs[place] as JobPlan;
    const options = { jobId: `j${place}`, timeoutMs, ...limit, ...(cap === undefined ? {} : { maxWorkers: cap }) };
    const job = this.flow.start('r0', { fuel, n }, options);
    const watched = this.#watch(job, place);
    this.at('started', place);
    return watched;
  }

  /** Takes a job up from its JSON, in a flow of its own. */
  takeUp(json: string, place = 0, log: readonly string[] = [], behind: readonly Glimpse[] = []): Watched {
    const state = JobState.fromJSON(json);
    const taken = takenOf(state, behind);
    const watched = this.#watch(this.newFlow().resume(state), place, taken, [...log]);
    this.at('started', place);
    return watched;
  }

  /** Writes a job down as it is, and goes on with it elsewhere. */
  move(watched: Watched, behind = glimpsesOf(watched)): void {
    const { job, place, log } = watched;
    const written = job.snapshot();
    const json = JSON.stringify(this.options.tamper?.(written, watched) ?? written);
    this.takeUp(json, place, log, behind);
  }

  #watch(job: Job, place: number, taken?: Taken, log: string[] = []): Watched {
    const watched: Watched = { job, place, taken, log, activations: [], records: [], progress: [], late: 0 };
    this.segments.push(watched);
    this.watched[place] = watched;
    job.record$.subscribe((record) => {
      watched.records.push(record);
      if (record.type === 'taskStarted' && this.watched[place] === watched) this.turns.push(place);
      this.at('record', place);
    });
    job.progress$.subscribe((progress) => {
      watched.progress.push(progress);
      this.at('progress', place);
    });
    job.output$.subscribe(() => this.at('output', place));
    return watched;
  }

  // Merges, codecs and the like are not told which job is at work: it is the only one where that matters.
  at(spot: Spot, place = 0): void {
    const watched = this.watched[place];
    if (watched !== undefined) this.options.onSpot?.(spot, watched, this.time.scheduler.now());
  }

  #passing<A extends unknown[], B>(spot: Spot, work: (...args: A) => B): (...args: A) => B {
    return (...args) => {
      this.at(spot);
      return work(...args);
    };
  }

  #errorHandler({ strategy, maxRetries, delayMs, backoff, picky }: Policy): ErrorHandler {
    const retryOn = this.#passing('filter', (error: unknown) => !picky || error instanceof RangeError);
    const jitter = delayMs > 0 ? JITTER : 0;
    return handlerOf({ strategy, maxRetries, delayMs, backoff, maxDelayMs: MAX_DELAY, jitter, retryOn });
  }

  #routine({ slots, policy }: RoutinePlan): Routine {
    const made = new Routine();
    for (const event of EVENTS) made.defineEvent(event);
    for (const name of SLOTS) made.defineSlot(name, this.#handler(slots[name]), this.#slotOptions(slots[name]));
    return policy === undefined ? made : made.setErrorHandler(this.#errorHandler(policy));
  }

  #slotOptions({ merge, codec, kind, limit }: SlotPlan): SlotOptions {
    return {
      ...limit,
      merge: merge === 'override' || merge === 'append' ? merge : this.#passing('merge', MERGES[merge]),
      ...(codec === undefined ? {} : { codec: schema(this.#passing('codec', (data: Data) => readWith(codec, data))) }),
      ...(kind === 'stream' ? { emits: 'o' } : {}),
    };
  }

  #handler(plan: SlotPlan): Handler {
    const called = (data: Data, ctx: Context): Work => this.#called(plan, data, ctx);
    return function (data, ctx) {
      const work = called(data, ctx);
      if (plan.kind === 'stream') return streamed(plan, data, ctx, work);
      const steps = script(plan, data, ctx.attempt, handsOf(this, ctx, plan.kind === 'sync', work));
      if (plan.kind === 'sync') whole(steps, work);
      else return plan.kind === 'promise' ? promised(steps, work) : observed(steps, work);
      return undefined;
    };
  }

  #called({ kind }: SlotPlan, data: Data, ctx: Context): Work {
    const watched = this.segments.find(({ job }) => job.state === ctx.job) as Watched;
    if (watched.job.status !== 'running') watched.late++;
    const line = text(ctx.routineId, ctx.slot, ctx.attempt, data);
    const activation = new Activation(`${ctx.taskId}#${ctx.attempt}`, line, kind);
    const count = watched.log.push(line);
    watched.activations.push(activation);
    this.onActivation?.(ctx, count);
    this.at('handler', watched.place);
    return {
      ordinal: ordinalOf(count, watched.place),
      after: this.time.after,
      activation,
      at: (spot) => {
        this.at(spot, watched.place);
      },
      enter: () => {
        this.peak = Math.max(this.peak, this.#count(ctx.flow, 1));
      },
      leave: () => {
        this.#count(ctx.flow, -1);
      },
    };
  }

  #count(flow: Flow, change: 1 | -1): number {
    const atWork = (this.#atWork.get(flow) ?? 0) + change;
    this.#atWork.set(flow, atWork);
    return atWork;
  }
}

/** Every handler call of a job up to now, over all its stretches. */
export const glimpsesOf = ({ taken, activations }: Watched): readonly Glimpse[] => [
  ...(taken?.behind ?? []),
  ...activations.map((activation) => activation.glimpse()),
];

const takenOf = (state: JobState, behind: readonly Glimpse[]): Taken => ({
  behind,
  // What it begins with is told at its start, and a retry in its delay when it is due.
  queued:
    state.history().length === 0
      ? []
      : state.pendingTasks.flatMap(({ taskId, attempt, dueAt }) => (dueAt === undefined ? [`${taskId}#${attempt}`] : [])),
  late: state.pendingTasks.flatMap(({ taskId, attempt, dueAt }) => (dueAt === undefined ? [] : [`${taskId}#${attempt}`])),
  metrics: Object.fromEntries(Object.keys(state.routineStates).map((id) => [id, state.metrics.routine(id) as RoutineMetrics])),
});

/** A codec of the Standard Schema kind. */
const schema = (read: (data: Data) => Data | 'refused'): StandardSchema<Data> => ({
  '~standard': {
    version: 1,
    vendor: 'world',
    validate: (value) => {
      const data = read(value as Data);
      return data === 'refused' ? { issues: [{ message: REFUSED, path: ['n'] }] } : { value: data };
    },
  },
});

/** What a handler of a world needs of its stage. */
interface Work {
  readonly ordinal: number;
  readonly activation: Activation;
  readonly after: Time['after'];
  readonly enter: () => void;
  readonly leave: () => void;
  readonly at: (spot: Spot) => void;
}

const handsOf = (routine: Routine, ctx: Context, onStack: boolean, { ordinal, activation, after, at }: Work): Hands => ({
  ordinal,
  emit: (event, data, byRoutine, delayMs) => {
    if (byRoutine && onStack) routine.emit(event, data, { delayMs });
    else ctx.emit(event, data, { delayMs });
    scribble(data);
    at('handler');
  },
  defer: (event, data) => {
    ctx.emitDeferred(event, data);
    scribble(data);
  },
  count: () => {
    ctx.setState({ count: ((ctx.state()['count'] ?? 0) as number) + 1 });
    at('handler');
  },
  output: (n) => {
    ctx.output('n', { n });
    at('handler');
  },
  share: (n) => {
    const key = `k${n % 3}`;
    ctx.shared.set(key, ctx.shared.get(key, 0) + 1);
    at('handler');
    ctx.shared.log({ n });
  },
  track: (ms, work) => {
    const settled = new Promise<void>((resolve, reject) => {
      after(ms, () => {
        at('tracked');
        try {
          work();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    activation.track(settled);
    ctx.track(settled);
  },
  late: (ms, work) => {
    after(ms, () => {
      if (activation.state !== 'failed') unlessOver(work);
    });
  },
  ask: (to, timeoutMs, answered) => {
    const place = (SLOTS as readonly string[]).includes(to) ? { slot: to } : to;
    const token = ctx.waitFor(place, { question: { to }, data: { to }, timeoutMs });
    const job = ctx.flow.job(ctx.job.jobId);
    if (answered)
      after(timeoutMs / 2, () => {
        if (job?.waits.some((wait) => wait.token === token) === true) job.answer(token, to);
      });
  },
  emitTracked: (event, data, delayMs) => {
    ctx.emit(event, data, { delayMs });
    scribble(data);
  },
  pause: () => {
    void ctx.pause();
  },
  cancel: () => {
    ctx.cancel('by a handler');
  },
});

/** Does what is refused where the job has ended, or the attempt was aborted, or if there is no room. */
const unlessOver = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!OVER.includes((error as { code?: unknown }).code)) throw error;
  }
};

const OVER: readonly unknown[] = ['EMIT_AFTER_END', 'STALE_CONTEXT', 'QUEUE_FULL'];

type Steps = Generator<number, void>;

const whole = (steps: Steps, { activation, enter, leave }: Work): void => {
  enter();
  try {
    while (steps.next().done !== true);
    activation.end('done');
  } catch (error) {
    activation.end('failed');
    throw error;
  } finally {
    leave();
  }
};

const promised = async (steps: Steps, { activation, after, enter, leave, at }: Work): Promise<void> => {
  enter();
  try {
    for (const ms of steps) {
      await (ms === 0 ? undefined : new Promise<void>((resolve) => after(ms, resolve)));
      at('handler');
    }
    activation.end('done');
  } catch (error) {
    activation.end('failed');
    throw error;
  } finally {
    leave();
  }
};

const observed = (steps: Steps, { activation, after, enter, leave }: Work): Observable<never> =>
  new Observable((observer) => {
    let callOff: (() => void) | undefined;
    const advance = (): void => {
      try {
        const { done, value } = steps.next();
        if (done !== true) callOff = after(value, advance);
        else {
          activation.end('done');
          observer.complete();
        }
      } catch (error) {
        activation.end('failed');
        observer.error(error);
      }
    };
    observer.add(leave);
    enter();
    advance();
    return () => callOff?.();
  });

const streamed = (plan: SlotPlan, data: Data, ctx: Context, work: Work): Observable<Data> =>
  new Observable((observer) => {
    const emit = (_: EventName, value: Record<string, unknown>): void => {
      observer.next(value);
      scribble(value);
    };
    const hands = { ...handsOf(ctx.flow.routines.get(ctx.routineId) as Routine, ctx, false, work), emit };
    observer.add(observed(script(plan, data, ctx.attempt, hands), work).subscribe(observer));
  });

// ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────────

const isOurs = (message: unknown): boolean => typeof message === 'string' && message.startsWith('boom');

/** What a codec refuses is told with many words. */
const inShort = (message: unknown): unknown => (typeof message === 'string' && message.includes(REFUSED) ? REFUSED : message);

const toldOf = (data: Data): unknown => {
  if (!('error_type' in data)) return data;
  const error = inShort(data['error']);
  return isOurs(error) ? { ...data, error } : 'timeout';
};

/** The account of a job, in the words of the model. */
export const accountOf = ({ job: { state }, log }: Watched): Account => ({
  status: state.status,
  code: state.error?.code,
  log,
  states: eachOf(state, (id) => {
    const {
      status,
      retryCount,
      error,
      executionTimeMs: _,
      errorTime: __,
      ...own
    } = state.routineState(id) as Record<string, unknown>;
    const dropped = (state.metrics.routine(id)?.dropped ?? 0) > 0;
    return { ...own, status, retryCount, error: dropped ? 'let go' : inShort(error) };
  }),
  history: state.history().map(({ routineId, eventName, data }) => text(routineId, eventName, toldOf(data))),
  metrics: eachOf(state, (id) => {
    const { total, completed, failed, skipped, retried, dropped, emitted } = state.metrics.routine(id) ?? {};
    return { total, completed, failed, skipped, retried, dropped, emitted };
  }),
  dropped: state.metrics.flow().droppedTasks,
  outputs: state.outputLog.map(({ routineId, data }) => text(routineId, data['n'])),
  shared: Object.entries(state.sharedData)
    .sort()
    .map(([key, count]) => text(key, count)),
  sharedLog: state.sharedLog.map(({ n }) => n),
  pending: state.pendingTasks.map(({ routineId, slot, attempt }) => text(routineId, slot, attempt)),
  deferred: state.deferredEvents.map(({ routineId, event, data }) => text(routineId, event, data)),
  pausePoints: state.pausePoints.length,
});

const eachOf = (state: JobState, view: (routineId: string) => unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(state.routineStates)
      .sort()
      .map((id) => [id, view(id)]),
  );

/** Plays a world in real time until each of its jobs has ended, wherever it was moved to, and a little longer. */
export const playReally = async (
  world: World,
  onActivation?: (ctx: Context, count: number, stage: Stage) => void,
): Promise<Stage> => {
  const stage = new Stage(world, realTime);
  stage.onActivation = (ctx, count) => onActivation?.(ctx, count, stage);
  await Promise.all(world.jobs.map((_, place) => endOf(stage, stage.start(place))));
  for (let more = 0; more < 3; more++) await turnOfTheLoop();
  return stage;
};

const endOf = async (stage: Stage, { job, place }: Watched): Promise<void> => {
  await job.done;
  const now = stage.watched[place];
  if (now !== undefined && now.job !== job) await endOf(stage, now);
};

/** Plays a world in virtual time to its end. */
export const playVirtually = async (world: World, options?: StageOptions): Promise<Stage> => {
  const scheduler = new VirtualTimeScheduler();
  const stage = new Stage(world, virtualTime(scheduler), options);
  world.jobs.forEach((plan, place) => {
    schedule(stage, scheduler, plan, place);
  });
  for (const instant of options?.instants ?? [])
    scheduler.schedule(() => {
      stage.at('instant');
    }, instant);
  await runOut(scheduler, world);
  return stage;
};

/** Takes a job up from its JSON, in a world that knows nothing else of it, and plays that to its end, over every pause. */
export const playOn = async (world: World, json: string, at: number, behind: readonly Glimpse[]): Promise<Stage> => {
  const scheduler = new VirtualTimeScheduler();
  scheduler.frame = at;
  const stage = new Stage(world, virtualTime(scheduler));
  const { job } = stage.takeUp(json, 0, [], behind);
  await runOut(scheduler, world);
  while (job.status === 'paused') {
    job.resume();
    await runOut(scheduler, world);
  }
  return stage;
};

const schedule = (stage: Stage, scheduler: VirtualTimeScheduler, { startAt, disturbances }: JobPlan, place: number): void => {
  if (startAt === 0) stage.start(place);
  else scheduler.schedule(() => void stage.start(place), startAt);
  for (const { at, kind } of disturbances) {
    scheduler.schedule(() => {
      const watched = stage.watched[place];
      if (watched !== undefined) disturb(stage, watched, kind);
    }, at);
  }
};

const disturb = (stage: Stage, watched: Watched, kind: Disturbing): void => {
  const { job } = watched;
  if (kind === 'pause') job.pause().catch(isIllegal);
  else if (kind === 'cancel') job.cancel('at random').catch(isIllegal);
  else if (kind === 'resume') tryTo(() => job.resume());
  else if (kind === 'carry' ? job.status === 'paused' : isAlive(job)) {
    stage.move(watched);
    if (kind !== 'leave') void job.cancel('moved');
  }
};

export const isAlive = ({ status }: Job): boolean => status === 'running' || status === 'paused';

const tryTo = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    isIllegal(error);
  }
};

const isIllegal = (error: unknown): void => {
  if ((error as { code?: unknown }).code !== 'ILLEGAL_TRANSITION') throw error;
};

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const promises = ({ kind, steps }: SlotPlan): boolean => kind === 'promise' || steps.some((step) => step.do === 'track');

/** Runs everything that is scheduled; where promises are at work, they settle between the frames. */
const runOut = async (scheduler: VirtualTimeScheduler, { routines }: World): Promise<void> => {
  if (!routines.some(({ slots }) => SLOTS.some((slot) => promises(slots[slot])))) scheduler.flush();
  else
    for (let frame = 0; ; frame = (scheduler.actions[0] as { delay: number }).delay) {
      scheduler.maxFrames = frame;
      scheduler.flush();
      await turnOfTheLoop();
      if (scheduler.actions.length === 0) break;
    }
  await Promise.resolve();
};
