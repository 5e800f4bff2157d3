import type { FlowSettings } from '../flow/FlowOptions.js';
import { RingBuffer } from '../prelude/RingBuffer.js';
import type { Attempt } from './Attempt.js';
import { craft, seatEvents } from './craft.js';
import { Drain, type Drained } from './Drain.js';
import { EventSubject } from './EventSubject.js';
import type { Toggle } from './gate.js';
import type { JobRun } from './JobRun.js';
import type { HandlerContext } from './HandlerContext.js';
import { LiveJobs } from './LiveJobs.js';
import { pipeline } from './pipeline.js';
import type { Plan } from './Plan.js';
import { Rest } from './Rest.js';
import { Scopes } from './Scopes.js';
import { Steps } from './Steps.js';
import { Into, TaskStream } from './taskStream.js';
import { Time } from './Time.js';
import { Turns } from './Turns.js';
import { WorkerPool } from './WorkerPool.js';

/** Runs the jobs of one flow: what flows into its pipeline, its workers, and the drain that drives them. */
export class Engine {
  /** Jobs that have not ended. */
  readonly jobs = new LiveJobs();
  readonly task$ = new TaskStream<JobRun>();
  readonly toggle$ = new EventSubject<Toggle<JobRun>>();
  readonly released$ = new EventSubject<JobRun>();
  readonly steps = new Steps();
  readonly time: Time;
  readonly drain: Drain;
  readonly turns: Turns<JobRun>;
  readonly #pool: WorkerPool<HandlerContext, JobRun>;
  readonly #scopes = new Scopes<JobRun>();
  #settings: FlowSettings;
  readonly #toBegin = new RingBuffer<JobRun>();
  /** Jobs that go on since the last drain: their timeouts are not armed yet. */
  readonly #toArm = new RingBuffer<JobRun>();
  /** Jobs whose followers are to be told of progress after this drain. */
  readonly #stirred = new RingBuffer<JobRun>();

  constructor(settings: FlowSettings) {
    const { steps } = this;
    this.#settings = settings;
    this.time = new Time(settings.scheduler);
    this.drain = new Drain(this.#drained, this.time, steps);
    this.turns = new Turns(() => {
      this.drain.soon();
    });
    const events = seatEvents(this.drain, this.#scopes, steps);
    this.#pool = new WorkerPool(craft(this.#scopes), events, this.time, steps, settings.maxWorkers);
    const { task$, toggle$, released$, turns } = this;
    pipeline({ task$, toggle$, released$, turns, pool: this.#pool }).subscribe(new Rest());
  }

  /** The connections of a plan flow in. */
  connect(plan: Plan): Plan {
    plan.task$.subscribe(new Into(this.task$));
    return plan;
  }

  /** Later runs of the flow follow these settings. */
  configure(settings: FlowSettings): void {
    this.#settings = settings;
    this.#recount();
  }

  // ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a job on; it begins after the caller's turn, so that whoever subscribes in it misses nothing. */
  admit(run: JobRun): void {
    this.jobs.add(run);
    if (run.options.cap > this.#pool.size) this.#pool.resize(run.options.cap);
    this.#toBegin.push(run);
    this.#scopes.admit(run, !(this.drain.isScheduled || this.drain.isActive || this.time.isVirtual));
    this.drain.soon();
  }

  /** A job goes on after a pause; its timeout is armed again when this stretch of work is over. */
  armSoon(run: JobRun): void {
    this.#toArm.push(run);
    this.drain.soon();
  }

  forget(run: JobRun): void {
    this.jobs.remove(run);
    run.part();
    if (this.jobs.size === 0) this.#pool.rest();
    if (run.options.cap === this.#pool.size && run.options.cap > this.#settings.maxWorkers) this.#recount();
  }

  #recount(): void {
    this.#pool.resize(Math.max(this.#settings.maxWorkers, this.jobs.widest));
  }

  /** The attempts of a job that are at work. */
  attemptsOf(run: JobRun): ReadonlySet<Attempt> {
    if (run.active === 0) return NO_ATTEMPTS;
    return new Set(this.#pool.attempts.filter((attempt) => attempt.run === run && attempt.outcome === undefined));
  }

  /** A job did something that its followers are told of at the end of this stretch of work. */
  stir(run: JobRun): void {
    if (run.stirred) return;
    run.stirred = true;
    this.#stirred.push(run);
  }

  // ── the drain ───────────────────────────────────────────────────────────────────────────────────────────────────

  readonly #drained: Drained = (() => {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- what the drain is told of the engine, and no more
    const engine = this;
    return {
      get waitsToBegin(): boolean {
        return engine.#toBegin.length > 0;
      },
      get waitsForTurn(): boolean {
        return !engine.turns.isEmpty || engine.#toArm.length > 0;
      },
      begin: () => {
        engine.#scopes.begin();
      },
      work: () => {
        engine.#work();
      },
      rest: () => {
        engine.#rest();
      },
    };
  })();

  #work(): void {
    // One that is to begin in its own async context does so in the drain that it has asked for.
    if (this.#toBegin.length > 0 && !this.#scopes.isAwaited) this.#begin();
    this.#pool.work(this.turns);
  }

  #begin(): void {
    // Those that are there now.
    for (let left = this.#toBegin.length; left > 0; left--) {
      const run = this.#toBegin.shift() as JobRun;
      this.steps.apply(begin, run, undefined);
      this.#toArm.push(run);
    }
    this.steps.catchUp();
  }

  #rest(): void {
    this.#scopes.leave();
    for (let run = this.#toArm.shift(); run !== undefined; run = this.#toArm.shift()) run.arm();
    // Those that are there now.
    for (let left = this.#stirred.length; left > 0; left--) this.#tellProgress(this.#stirred.shift() as JobRun);
  }

  #tellProgress(run: JobRun): void {
    run.stirred = false;
    if (!run.over) run.views.progress();
  }
}

const begin = (run: JobRun): void => {
  run.begin();
};

const NO_ATTEMPTS: ReadonlySet<Attempt> = new Set();
