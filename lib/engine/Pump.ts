import type { SchedulerLike } from 'rxjs';
import type { Data } from '../flow/Data.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { type Clock, clockOf } from '../prelude/Clock.js';
import { macrotask } from '../prelude/macrotask.js';
import { RingBuffer } from '../prelude/RingBuffer.js';
import { activate } from './activate.js';
import { LiveJobs } from './LiveJobs.js';
import type { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';
import { fail, succeed } from './settle.js';
import { ignore, type Unfinished, unfinished } from './unfinished.js';
import { workerPool } from './workerPool.js';
import { lenderOf, Workers } from './Workers.js';

/** After this much synchronous work, in ms, timers and I/O get their turn. */
const SLICE_MS = 5;
/** Tasks between two looks at the clock; a look costs as much as a quick task. After a slow task every one looks. */
const LOOK_EVERY = 32;
const SLOW_MS = 1;

const soon = Promise.resolve();

/** A whole number that V8 keeps in the object that has it, not as one more object, as it does with what came of doubles. */
const toWhole = (ms: number): number => (ms < 2 ** 31 ? ms | 0 : ms);

const isVirtual = (scheduler: SchedulerLike): boolean => 'flush' in scheduler && 'maxFrames' in scheduler;

/**
 * Runs the tasks of all jobs of one flow. The jobs that have something to do stand in a ring and take turns, one task
 * each; a task leaves its queue only when a worker is free; and one loop with a `draining` flag is the trampoline: a
 * task that ends at once, or one that emits, comes back to the loop and never deepens the stack.
 */
export class Pump {
  readonly clock: Clock;
  /** When it was made, epoch ms. */
  readonly base: number;
  /** Jobs that have not come to their end. */
  readonly jobs = new LiveJobs();
  readonly #ring = new RingBuffer<JobRun>();
  readonly #virtual: boolean;
  readonly #pool = workerPool({
    value: (attempt, value) => {
      this.#hear(passOn, attempt, value, false);
    },
    finished: (attempt, scoped) => {
      this.#hear(succeed, attempt, undefined, scoped);
    },
    failed: (attempt, error, scoped) => {
      this.#hear(fail, attempt, error, scoped);
    },
  });
  #settings: FlowSettings;
  readonly #workers: Workers;
  #draining = false;
  /** The job in whose async context it is. */
  #inside: JobRun | undefined = undefined;
  /** The job whose start has asked for the drain to come. */
  #starter: JobRun | undefined = undefined;
  #scheduled = false;
  /** The attempt whose handler is on the stack. */
  #onStack: Attempt | undefined;
  /** Jobs whose watchers are to be told at the end of this step. */
  readonly #untold: JobRun[] = [];
  /** Jobs that did something since their followers were told of progress. */
  readonly #stirred = new RingBuffer<JobRun>();
  /** Live jobs that a handler has started: only they may borrow a worker. */
  #nested = 0;
  /** Jobs that began since the last drain: their timeouts are not armed yet. */
  readonly #fresh = new RingBuffer<JobRun>();
  readonly #toBegin = new RingBuffer<JobRun>();
  #reading = 0;
  #now = 0;
  #tick = 0;
  #sliceEnd = -Infinity;
  /** Whether the last reading was before the end of the slice. */
  #inTime = false;
  /** Whether the event loop has not turned since the slice began. */
  #unturned = false;
  #untilLook = 0;

  constructor(settings: FlowSettings) {
    this.#settings = settings;
    this.#workers = new Workers(settings.maxWorkers);
    this.#virtual = isVirtual(settings.scheduler);
    this.clock = clockOf(settings.scheduler);
    this.base = this.clock.epoch(this.clock.elapsed());
    this.#look();
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Epoch ms, read once per stretch of work. */
  now(): number {
    return this.#now;
  }

  /** The same, in ms since the pump was made. */
  get tick(): number {
    return this.#tick;
  }

  /** The last reading of the clock, in ms. */
  get reading(): number {
    return this.#reading;
  }

  /** Reads the clock again, unless the pump is at work and does so itself. */
  refresh(): void {
    if (!this.#draining) this.#look();
  }

  #look(): void {
    const before = this.#reading;
    this.#reading = this.clock.elapsed();
    this.#untilLook = this.#reading - before > SLOW_MS ? 1 : LOOK_EVERY;
    this.#inTime = this.#reading < this.#sliceEnd;
    this.#now = this.clock.epoch(this.#reading);
    this.#tick = toWhole(this.#now - this.base);
  }

  // ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Later runs of the flow follow these settings. */
  configure(settings: FlowSettings): void {
    this.#settings = settings;
    this.#recount();
  }

  /** Takes a job on; it begins after the caller's turn, so that whoever subscribes in it misses nothing. */
  admit(run: JobRun): void {
    this.jobs.add(run);
    if (run.parent !== undefined) this.#nested++;
    if (run.options.cap > this.#workers.limit) this.#workers.limit = run.options.cap;
    this.#toBegin.push(run);
    // What a microtask of this moment does is done in the async context of this moment: most jobs end there, and need no more.
    if (this.#scheduled || this.#draining || this.#virtual) run.keepScope();
    else this.#starter = run;
    this.#drainSoon();
  }

  /** A job goes on after a pause; its timeout is armed again when this stretch of work is over. */
  resume(run: JobRun): void {
    this.#fresh.push(run);
    this.#drainSoon();
  }

  forget(run: JobRun): void {
    this.jobs.remove(run);
    if (run.parent !== undefined) this.#nested--;
    run.part();
    if (this.jobs.size === 0) this.#pool.close();
    if (run.options.cap === this.#workers.limit && this.#workers.limit > this.#settings.maxWorkers) this.#recount();
  }

  #recount(): void {
    this.#workers.limit = this.#settings.maxWorkers;
    for (const { options } of this.jobs.all) this.#workers.limit = Math.max(this.#workers.limit, options.cap);
  }

  /** A job may have something to do: it joins the end of the ring. */
  ready(run: JobRun): void {
    if (run.inRing || !run.isReady) return;
    run.inRing = true;
    this.#ring.push(run);
    this.#drainSoon();
  }

  // ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether the pump is at work: what is done to its jobs now is done at once, and its watchers are told later. */
  get isDraining(): boolean {
    return this.#draining;
  }

  /** Work has come to an end: what follows from it is done, and what became possible is run. */
  enter(work: () => void): void {
    if (this.#apply(work, undefined, undefined)) this.#drainNow();
  }

  /** Something unfinished goes on, or has ended; `scoped` where this is the async context of its job. */
  #hear(note: (attempt: Attempt, what: unknown) => void, attempt: Attempt, what: unknown, scoped: boolean): void {
    if (!this.#apply(note, attempt, what)) return;
    this.#inside = scoped ? attempt.run : undefined;
    this.#drainNow();
  }

  /** A user changes jobs: it is done, and what became possible is run after the user's turn, never on his stack. */
  change(work: () => void): void {
    if (!this.#apply(work, undefined, undefined)) return;
    if (this.#ring.length > 0 || this.#fresh.length > 0 || this.#toBegin.length > 0) this.#drainSoon();
  }

  /** Does something to the jobs, and says whether that is all; where the pump is at work, it will see to the rest itself. */
  #apply<A>(work: (subject: A, what: unknown) => void, subject: A, what: unknown): boolean {
    if (this.#draining) {
      work(subject, what);
      return false;
    }
    this.#look();
    this.#guarded(work, subject, what);
    this.#tell();
    return true;
  }

  /** The watchers of a job are told when no job is half way through a step, and no handler on the stack. */
  deliver(run: JobRun): void {
    if (this.#draining) this.#untold.push(run);
    else run.views.deliver();
  }

  #tell(): void {
    if (this.#untold.length === 0) return;
    for (const run of this.#untold) run.views.deliver();
    this.#untold.length = 0;
  }

  /** A job did something that its followers are told of at the end of this stretch of work. */
  stir(run: JobRun): void {
    if (run.stirred) return;
    run.stirred = true;
    this.#stirred.push(run);
  }

  /** The attempts of a job that are at work: those that hold a worker, and the one on the stack. */
  attemptsOf(run: JobRun): ReadonlySet<Attempt> {
    if (run.active === 0) return NO_ATTEMPTS;
    const all = this.#onStack === undefined ? this.#pool.attempts : [...this.#pool.attempts, this.#onStack];
    return new Set(all.filter((attempt) => attempt.run === run && attempt.outcome === undefined));
  }

  #drainSoon(): void {
    if (this.#scheduled || this.#draining) return;
    this.#scheduled = true;
    if (this.#virtual) this.#settings.scheduler.schedule(this.#scheduledDrain);
    else void soon.then(this.#scheduledDrain);
  }

  readonly #scheduledDrain = (): void => {
    this.#scheduled = false;
    this.#inside = this.#starter;
    this.#starter = undefined;
    this.drain();
  };

  drain(): void {
    if (this.#draining) return;
    this.#look();
    this.#drainNow();
  }

  /** Drains right after a look at the clock. */
  #drainNow(): void {
    try {
      if (this.#hasTime()) this.#guarded(this.#slice, undefined, undefined);
    } finally {
      // From here on its context is anybody's.
      this.#inside?.keepScope();
      this.#inside = undefined;
    }
    this.#settleDown();
  }

  // A slice goes on over microtasks, or handlers that only await what is there already would never let a timer run.
  #hasTime(): boolean {
    if (this.#inTime) return true;
    if (this.#unturned) return false;
    this.#sliceEnd = this.#reading + SLICE_MS;
    this.#inTime = true;
    if (this.#virtual) return true;
    this.#unturned = true;
    macrotask(this.#turned);
    return true;
  }

  readonly #turned = (): void => {
    this.#unturned = false;
  };

  #guarded<A>(work: (subject: A, what: unknown) => void, subject: A, what: unknown): void {
    this.#draining = true;
    try {
      work(subject, what);
    } finally {
      this.#draining = false;
    }
  }

  readonly #slice = (): void => {
    // One that is to begin in its own async context does so in the drain that it has asked for.
    if (this.#toBegin.length > 0 && this.#starter === undefined) this.#begin();
    let run: JobRun | undefined;
    while (this.#inTime && (run = this.#next()) !== undefined) {
      const { scope } = run;
      if (scope === undefined || run === this.#inside) this.#stretch(run);
      else scope.runInAsyncScope(this.#stretch, this, run);
    }
  };

  /** What follows a slice: timeouts are armed, progress is told, and the rest of the work gets another slice. */
  #settleDown(): void {
    if (this.#fresh.length > 0) this.#arm();
    if (this.#ring.length > 0 || this.#toBegin.length > 0) {
      if (!this.#inTime) this.#yield();
      else if (this.#toBegin.length > 0) this.#drainSoon();
    }
    if (this.#stirred.length > 0) this.#tellProgress();
  }

  #arm(): void {
    for (let run = this.#fresh.shift(); run !== undefined; run = this.#fresh.shift()) run.arm();
  }

  #tellProgress(): void {
    // Those that are there now.
    for (let left = this.#stirred.length; left > 0; left--) {
      const run = this.#stirred.shift() as JobRun;
      run.stirred = false;
      if (!run.over) run.views.progress();
    }
  }

  #yield(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    macrotask(this.#scheduledDrain);
  }

  #begin(): void {
    // Those that are there now.
    for (let left = this.#toBegin.length; left > 0; left--) {
      const run = this.#toBegin.shift() as JobRun;
      run.begin();
      this.#fresh.push(run);
    }
    this.#tell();
  }

  /** The job whose turn it is, if a worker is free for it. */
  #next(): JobRun | undefined {
    if (!this.#workers.isFree) return this.#nextBorrower();
    for (let run = this.#ring.shift(); run !== undefined; run = this.#ring.shift()) {
      if (run.isReady) return run;
      run.inRing = false;
    }
    return undefined;
  }

  // A run that a handler has started may always run one task, on that handler's worker: nobody waits for itself.
  #nextBorrower(): JobRun | undefined {
    if (this.#nested === 0) return undefined;
    let found: JobRun | undefined;
    for (let left = this.#ring.length; left > 0; left--) {
      const run = this.#ring.shift() as JobRun;
      if (found === undefined && run.isReady && lenderOf(run) !== undefined) found = run;
      else this.#ring.push(run);
    }
    return found;
  }

  /** Tasks of one job, as long as it is the only one that waits; it counts as in the ring meanwhile, so that an emit costs no turn. */
  #stretch(run: JobRun): void {
    do {
      this.#turn(run);
      if (--this.#untilLook <= 0) this.#look();
    } while (run.isReady && this.#ring.length === 0 && this.#workers.isFree && this.#inTime);
    run.inRing = false;
    this.ready(run);
  }

  #turn(run: JobRun): void {
    const attempt = run.take();
    this.#onStack = attempt;
    this.#workers.hire(attempt);
    if (this.#untold.length > 0) this.#tell();
    if (!attempt.stale) this.#work(attempt);
    this.#onStack = undefined;
    if (this.#untold.length > 0) this.#tell();
  }

  #work(attempt: Attempt): void {
    let left: Unfinished | undefined;
    try {
      left = unfinished(activate(attempt));
    } catch (error) {
      if (!attempt.stale) fail(attempt, error);
      return;
    }
    if (left === undefined) {
      if (!attempt.stale) succeed(attempt);
    } else if (attempt.stale) ignore(left);
    else this.#pool.give(attempt, left);
  }

  /** An attempt is done with its worker. */
  release(attempt: Attempt): void {
    if (attempt.isPlain) this.#workers.free();
    else this.#workers.release(attempt);
  }
}

const NO_ATTEMPTS: ReadonlySet<Attempt> = new Set();

/** A value of a returned stream goes out on the event that the slot names, if it names one. */
const passOn = (attempt: Attempt, value: unknown): void => {
  const { emits } = attempt.route.target;
  if (emits === undefined) return;
  try {
    attempt.emit(emits.name, value as Data);
  } catch (error) {
    fail(attempt, error);
  }
};
