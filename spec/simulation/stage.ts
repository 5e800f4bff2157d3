import { asyncScheduler, Observable, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import {
  type Context,
  type Data,
  ErrorHandler,
  Flow,
  type Handler,
  type Job,
  type JobRecord,
  type JobState,
  Routine,
} from '../../lib/index.js';
import {
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
  scribble,
  script,
  type SlotPlan,
  SLOTS,
  type World,
} from '../support/arbitrary.js';
import type { Account } from '../support/model.js';

/** A clock for the handlers of a world. */
export interface Time {
  readonly scheduler: SchedulerLike;
  /** Does something after some ms; gives the way to call it off. */
  readonly after: (ms: number, work: () => void) => () => void;
}

/** What was seen of one job while it ran. */
export interface Watched {
  readonly job: Job;
  readonly log: string[];
  readonly records: JobRecord[];
  readonly progress: { queued: number; active: number; status: string }[];
  /** Handlers that were called after the job's end. */
  late: number;
}

/** A world as it was played. */
export interface Show {
  readonly world: World;
  readonly flow: Flow;
  readonly watched: readonly (Watched | undefined)[];
  readonly turns: readonly number[];
  /** The most handlers at work at once, over all jobs. */
  readonly peak: number;
}

const text = (...parts: unknown[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');

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
  readonly watched: (Watched | undefined)[] = [];
  readonly turns: number[] = [];
  peak = 0;
  /** Called with each activation, before its handler does anything. */
  onActivation: ((ctx: Context, count: number) => void) | undefined;
  #atWork = 0;

  constructor(
    readonly world: World,
    readonly time: Time,
  ) {
    const { emitMode, isolation, asyncContext, unhandledErrors, workers, policy } = world;
    const options = { emitMode, isolation, asyncContext, unhandledErrors, scheduler: time.scheduler, random: draws() };
    this.flow = new Flow({ ...options, executionStrategy: workers > 1 ? 'concurrent' : 'sequential', maxWorkers: workers });
    if (policy !== undefined) this.flow.setErrorHandler(errorHandler(policy));
    for (const [place, plan] of world.routines.entries()) this.flow.addRoutine(this.#routine(plan), `r${place}`);
    for (const { from, event, to, slot, renames } of world.links) this.flow.connect(`r${from}`, event, `r${to}`, slot, renames);
  }

  /** Starts a job and watches everything of it. */
  start(place: number): Watched {
    const { fuel, n, cap, timeoutMs } = this.world.jobs[place] as JobPlan;
    const options = { jobId: `j${place}`, timeoutMs, ...(cap === undefined ? {} : { maxWorkers: cap }) };
    const job = this.flow.start('r0', { fuel, n }, options);
    const watched: Watched = { job, log: [], records: [], progress: [], late: 0 };
    this.watched[place] = watched;
    job.record$.subscribe((record) => {
      watched.records.push(record);
      if (record.type === 'taskStarted') this.turns.push(place);
    });
    job.progress$.subscribe((progress) => watched.progress.push(progress));
    return watched;
  }

  #routine({ slots, policy }: RoutinePlan): Routine {
    const made = new Routine();
    for (const event of EVENTS) made.defineEvent(event);
    for (const name of SLOTS) {
      const { merge, kind } = slots[name];
      const how = merge === 'override' || merge === 'append' ? merge : MERGES[merge];
      made.defineSlot(name, this.#handler(slots[name]), { merge: how, ...(kind === 'stream' ? { emits: 'o' } : {}) });
    }
    return policy === undefined ? made : made.setErrorHandler(errorHandler(policy));
  }

  #handler(plan: SlotPlan): Handler {
    const called = (data: Data, ctx: Context): number => {
      const place = Number(ctx.job.jobId.slice(1));
      const watched = this.watched[place] as Watched;
      if (watched.job.status !== 'running') watched.late++;
      const count = watched.log.push(text(ctx.routineId, ctx.slot, ctx.attempt, data));
      this.onActivation?.(ctx, count);
      return ordinalOf(count, place);
    };
    const enter = (): void => {
      this.peak = Math.max(this.peak, ++this.#atWork);
    };
    const leave = (): void => {
      this.#atWork--;
    };
    const { after } = this.time;
    return function (data, ctx) {
      const ordinal = called(data, ctx);
      if (plan.kind === 'stream') return streamed(plan, data, ctx, ordinal, after, enter, leave);
      const steps = script(plan, data, ctx.attempt, handsOf(this, ctx, ordinal, plan.kind === 'sync'));
      if (plan.kind === 'sync') whole(steps, enter, leave);
      else return plan.kind === 'promise' ? promised(steps, after, enter, leave) : observed(steps, after, enter, leave);
      return undefined;
    };
  }
}

const errorHandler = ({ strategy, maxRetries, delayMs, backoff, picky }: Policy): ErrorHandler =>
  new ErrorHandler({
    ...{ strategy, maxRetries, delayMs, backoff, maxDelayMs: MAX_DELAY, jitter: delayMs > 0 ? JITTER : 0 },
    ...(picky ? { retryOn: [RangeError] } : {}),
  });

const handsOf = (routine: Routine, ctx: Context, ordinal: number, onStack: boolean): Hands => ({
  ordinal,
  emit: (event, data, byRoutine) => {
    if (byRoutine && onStack) routine.emit(event, data);
    else ctx.emit(event, data);
    scribble(data);
  },
  defer: (event, data) => {
    ctx.emitDeferred(event, data);
    scribble(data);
  },
  count: () => {
    ctx.setState({ count: ((ctx.state()['count'] ?? 0) as number) + 1 });
  },
  output: (n) => {
    ctx.output('n', { n });
  },
  cancel: () => {
    ctx.cancel('by a handler');
  },
});

type Steps = Generator<number, void>;
type After = Time['after'];
type Hook = () => void;

const whole = (steps: Steps, enter: Hook, leave: Hook): void => {
  enter();
  try {
    while (steps.next().done !== true);
  } finally {
    leave();
  }
};

const promised = async (steps: Steps, after: After, enter: Hook, leave: Hook): Promise<void> => {
  enter();
  try {
    for (const ms of steps) await (ms === 0 ? undefined : new Promise<void>((resolve) => after(ms, resolve)));
  } finally {
    leave();
  }
};

const observed = (steps: Steps, after: After, enter: Hook, leave: Hook): Observable<never> =>
  new Observable((observer) => {
    let callOff: Hook | undefined;
    const advance = (): void => {
      try {
        const { done, value } = steps.next();
        if (done === true) observer.complete();
        else callOff = after(value, advance);
      } catch (error) {
        observer.error(error);
      }
    };
    observer.add(leave);
    enter();
    advance();
    return () => callOff?.();
  });

const streamed = (
  plan: SlotPlan,
  data: Data,
  ctx: Context,
  ordinal: number,
  after: After,
  enter: Hook,
  leave: Hook,
): Observable<Data> =>
  new Observable((observer) => {
    const emit = (_: EventName, value: Record<string, unknown>): void => {
      observer.next(value);
      scribble(value);
    };
    const hands = { ...handsOf(ctx.flow.routines.get(ctx.routineId) as Routine, ctx, ordinal, false), emit };
    observer.add(observed(script(plan, data, ctx.attempt, hands), after, enter, leave).subscribe(observer));
  });

// ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────────

const isOurs = (message: unknown): boolean => typeof message === 'string' && message.startsWith('boom');

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
    return { ...own, status, retryCount, error: dropped ? 'let go' : error };
  }),
  history: state
    .history()
    .map(({ routineId, eventName, data }) =>
      text(routineId, eventName, 'error_type' in data && !isOurs(data['error']) ? 'timeout' : data),
    ),
  metrics: eachOf(state, (id) => {
    const { total, completed, failed, skipped, retried, dropped, emitted } = state.metrics.routine(id) ?? {};
    return { total, completed, failed, skipped, retried, dropped, emitted };
  }),
  dropped: state.metrics.flow().droppedTasks,
  outputs: state.outputLog.map(({ routineId, data }) => text(routineId, data['n'])),
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

/** Plays a world in real time until each of its jobs has ended, and a little longer. */
export const playReally = async (world: World, onActivation?: Stage['onActivation']): Promise<Stage> => {
  const stage = new Stage(world, realTime);
  stage.onActivation = onActivation;
  await Promise.all(world.jobs.map((_, place) => stage.start(place).job.done));
  for (let more = 0; more < 3; more++) await turnOfTheLoop();
  return stage;
};

/** Plays a world in virtual time to its end. */
export const playVirtually = async (world: World): Promise<Stage> => {
  const scheduler = new VirtualTimeScheduler();
  const stage = new Stage(world, virtualTime(scheduler));
  world.jobs.forEach((plan, place) => {
    schedule(stage, scheduler, plan, place);
  });
  await runOut(scheduler, world);
  return stage;
};

const schedule = (stage: Stage, scheduler: VirtualTimeScheduler, { startAt, disturbances }: JobPlan, place: number): void => {
  if (startAt === 0) stage.start(place);
  else scheduler.schedule(() => void stage.start(place), startAt);
  for (const { at, kind } of disturbances) {
    scheduler.schedule(() => {
      disturb(stage.watched[place]?.job, kind);
    }, at);
  }
};

const disturb = (job: Job | undefined, kind: 'pause' | 'resume' | 'cancel'): void => {
  if (kind === 'resume') tryTo(() => job?.resume());
  else (kind === 'pause' ? job?.pause() : job?.cancel('at random'))?.catch(isIllegal);
};

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

/** Runs everything that is scheduled; where promises are at work, they settle between the frames. */
const runOut = async (scheduler: VirtualTimeScheduler, { routines }: World): Promise<void> => {
  const promises = routines.some(({ slots }) => SLOTS.some((slot) => slots[slot].kind === 'promise'));
  if (!promises) scheduler.flush();
  else
    for (let frame = 0; ; frame = (scheduler.actions[0] as { delay: number }).delay) {
      scheduler.maxFrames = frame;
      scheduler.flush();
      await turnOfTheLoop();
      if (scheduler.actions.length === 0) break;
    }
  await Promise.resolve();
};
