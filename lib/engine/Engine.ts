import { identity, type MonoTypeOperatorFunction } from 'rxjs';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { compilePlan, type CompileWith, type DescribedFlow } from '../plan/compile.js';
import type { Plan } from '../plan/Plan.js';
import { RingBuffer } from '../prelude/RingBuffer.js';
import type { Attempt } from './Attempt.js';
import { IN_MEMORY, type TaskActs, taskRunner, seatEvents } from './taskRunner.js';
import { platformCarriesContext, runOutside } from './ambient.js';
import { lenderOf } from './Borrowers.js';
import { Caps } from './Caps.js';
import { Drain, type Drained } from './Drain.js';
import { EventSubject } from './EventSubject.js';
import type { Toggle } from './gate.js';
import type { HeldJob, Run } from './JobParts.js';
import { JobSubject } from './JobSubject.js';
import type { HandlerContext } from './HandlerContext.js';
import { LiveJobs } from './LiveJobs.js';
import { pipeline } from './pipeline.js';
import { Places } from './Places.js';
import { isInside } from './refuseWaiting.js';
import { Rest } from './Rest.js';
import { Scopes } from './Scopes.js';
import { heldBy } from './Seat.js';
import { Starving } from './Starving.js';
import { Steps } from './Steps.js';
import { keepsStreams } from './streamKinds.js';
import { Into, tasksOf, TaskStream } from './taskStream.js';
import { Time } from './Time.js';
import { Turns } from './Turns.js';
import { WorkerPool } from './WorkerPool.js';

/** What an engine does otherwise whose jobs are durable. */
export interface Durably extends TaskActs {
  /** What has come of attempts is stored, before the job is at rest and what follows begins. */
  readonly stored?: (engine: Engine) => MonoTypeOperatorFunction<Run>;
  /** Those of open questions of all jobs that share them. */
  readonly tokens?: { has(token: string): boolean };
}

/** Runs the jobs of one flow: what flows into its pipeline, its workers, and the drain that drives them. */
export class Engine {
  /** Jobs that have not ended. */
  readonly jobs = new LiveJobs<HeldJob>();
  readonly task$ = new TaskStream<Run>();
  readonly toggle$ = new JobSubject<Toggle<Run>>();
  readonly released$ = new JobSubject<Run>();
  readonly steps = new Steps(runOutside);
  readonly time: Time;
  readonly drain: Drain;
  readonly turns: Turns<Run>;
  readonly places: Places<Run>;
  readonly starving: Starving<Run>;
  readonly tokens: Durably['tokens'];
  readonly #pool: WorkerPool<HandlerContext<Run>, Run>;
  readonly #scopes = new Scopes<Run>();
  readonly #caps = new Caps<Run>();
  #settings: FlowSettings;
  readonly #toBegin = new RingBuffer<Run>();
  /** Jobs that go on since the last drain: their timeouts are not armed yet. */
  readonly #toArm = new RingBuffer<Run>();
  /** Jobs whose followers are to be told of progress after this drain. */
  #progressed = new Set<Run>();

  constructor(settings: FlowSettings, acts: Durably = IN_MEMORY) {
    const { steps } = this;
    this.#settings = settings;
    this.tokens = acts.tokens;
    this.time = new Time(settings.scheduler);
    this.drain = new Drain(this.#drained, this.time, steps);
    this.turns = new Turns<Run>(
      () => {
        this.drain.soon();
      },
      (run) => lenderOf<HandlerContext>(run) as HandlerContext<Run> | undefined,
    );
    this.starving = new Starving(this.turns, !platformCarriesContext || settings.asyncContext === 'off');
    this.places = new Places(settings.maxJobs, (run) => {
      this.#hasPlace(run);
    });
    const events = seatEvents(this.drain, this.#scopes, steps, this.time, this.turns, acts);
    this.#pool = new WorkerPool(taskRunner(this.#scopes, acts), events, this.time, steps, settings.maxWorkers);
    const { task$, toggle$, released$, turns } = this;
    pipeline({ task$, toggle$, released$, turns, pool: this.#pool, stored: acts.stored?.(this) ?? identity }).subscribe(
      new Rest(),
    );
  }

  /** Compiles a flow as it stands; its connections flow in. */
  compile(settings: FlowSettings, flow: DescribedFlow): Plan {
    const plan = compilePlan(settings, flow, COMPILE_WITH);
    tasksOf<Run>(plan).subscribe(new Into(this.task$));
    return plan;
  }

  /** Later runs of the flow follow these settings. */
  configure(settings: FlowSettings): void {
    this.#settings = settings;
    for (const job of this.jobs.all) if (job.hasPlace && job.status !== 'paused') this.#widenFor(job.run);
    this.#fit();
    this.places.resize(settings.maxJobs);
  }

  // ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a job on; it begins after the caller's turn, so that whoever subscribes in it misses nothing, and once it has a place. */
  admit(run: Run): void {
    const asks = !(this.drain.isScheduled || this.drain.isActive || this.time.isVirtual);
    this.jobs.add(run);
    this.place(run);
    this.#scopes.admit(run, asks && run.hasPlace);
  }

  /** A job joins those that wait for a place; one that a handler may wait for gets one at once. */
  place(run: Run): void {
    if (isInside(run.parent) || run.parts.life.insteadOfBegin !== undefined) this.places.give(run);
    else this.places.join(run);
  }

  #hasPlace(run: Run): void {
    this.#widenFor(run);
    this.#toBegin.push(run);
    this.drain.soon();
  }

  /** A job goes on after a pause; its timeout is armed again when this stretch of work is over. */
  goesOn(run: Run): void {
    this.#widenFor(run);
    this.#toArm.push(run);
    this.drain.soon();
  }

  /** A job is paused: its cap widens the pool no more (D14), and one that has not begun holds up nobody, nor does any in a shutdown (D35). */
  stands(run: Run, hasBegun: boolean): void {
    this.#narrowAfter(run);
    if (!hasBegun || this.jobs.isClosing) this.places.leave(run);
  }

  forget(run: Run): void {
    this.jobs.remove(run);
    this.turns.drop(run);
    if (this.#progressed.size > 0) this.#progressed.delete(run);
    run.scope = undefined;
    run.forgetParent();
    if (this.jobs.size === 0) this.#pool.trim();
    this.#narrowAfter(run);
    this.places.leave(run);
  }

  #widenFor(run: Run): void {
    const { cap } = run.parts.options;
    if (cap <= this.#settings.maxWorkers) return;
    this.#caps.add(run, cap);
    this.#fit();
  }

  #narrowAfter(run: Run): void {
    if (this.#caps.size > 0 && this.#caps.remove(run)) this.#fit();
  }

  /** The pool has the number of the flow, or of the running job that may have more (D14). */
  #fit(): void {
    const size = Math.max(this.#settings.maxWorkers, this.#caps.widest);
    if (size !== this.#pool.size) this.#pool.resize(size);
  }

  /** The attempts of a job that are at work. */
  attemptsOf(run: Run): ReadonlySet<Attempt<Run>> {
    if (run.active === 0) return NO_ATTEMPTS;
    const attempts = new Set<Attempt<Run>>(heldBy(run));
    const { onStack } = this.#pool;
    if (onStack?.run === run && onStack.outcome === undefined) attempts.add(onStack);
    return attempts;
  }

  /** A job has made progress: its followers are told at the end of this stretch of work. */
  progressed(run: Run): void {
    this.#progressed.add(run);
  }

  // ── the drain ───────────────────────────────────────────────────────────────────────────────────────────────────

  // No getters, as in `slices`.
  readonly #drained: Drained = {
    waitsToBegin: () => this.#toBegin.length > 0,
    hasWork: () => !this.turns.isEmpty || this.#toArm.length > 0 || this.#progressed.size > 0,
    begin: () => {
      this.#scopes.begin();
    },
    work: () => {
      this.#work();
    },
    afterDrain: () => {
      this.#rest();
    },
  };

  #work(): void {
    // One that is to begin in its own async context does so in the drain that it has asked for.
    if (this.#toBegin.length > 0 && !this.#scopes.isAwaited) this.#begin();
    this.#pool.work(this.turns);
  }

  #begin(): void {
    // Those that are there now.
    for (let left = this.#toBegin.length; left > 0; left--) {
      const run = this.#toBegin.shift() as Run;
      // It may have been paused meanwhile.
      if (!run.hasPlace) continue;
      this.steps.apply(begin, run, undefined);
      this.#toArm.push(run);
    }
    this.steps.catchUp();
  }

  #rest(): void {
    this.#scopes.leave();
    for (let run = this.#toArm.shift(); run !== undefined; run = this.#toArm.shift()) run.parts.life.arm();
    if (this.#progressed.size > 0) this.#tellProgress();
    if (!this.turns.isEmpty && !this.time.isVirtual) this.starving.watch();
  }

  #tellProgress(): void {
    const progressed = this.#progressed;
    this.#progressed = new Set();
    for (const { parts } of progressed) if (!parts.life.isOver) parts.views?.progress();
  }
}

const begin = ({ parts }: Run): void => {
  parts.life.begin();
};

const COMPILE_WITH: CompileWith = { emission$: () => new EventSubject(), keepsStreams };

const NO_ATTEMPTS: ReadonlySet<Attempt<Run>> = new Set();
