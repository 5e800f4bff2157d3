import type { FixedLimit } from '../flow/Limit.js';
import type { Data } from '../flow/Data.js';
import type { Input } from '../flow/merge.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import { doneIn, type JobData } from '../job/JobData.js';
import type { JobStatus } from '../job/JobStatus.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { Scope } from '../prelude/Scope.js';
import type { Plan } from '../plan/Plan.js';
import type { Attempt } from './Attempt.js';
import { RoutineTable } from './RoutineTable.js';
import type { Child, Parent } from './children.js';
import type { DelayedTasks } from './DelayedTasks.js';
import type { Drain } from './Drain.js';
import { Emissions } from './Emissions.js';
import type { Gated, Toggle } from './gate.js';
import type { HandlerContext } from './HandlerContext.js';
import type { Resting } from './idle.js';
import type { JobStreams } from './JobStreams.js';
import { JobLedger } from './JobLedger.js';
import { Limits } from './Limits.js';
import { LiveWork } from './LiveWork.js';
import type { Placed } from './Places.js';
import { Questions } from './Questions.js';
import type { Sitting } from './Seat.js';
import type { Settling } from './settle.js';
import type { Steps } from './Steps.js';
import type { Task } from './Task.js';
import type { TaskQueue } from './TaskQueue.js';
import type { Time } from './Time.js';
import { Tracker } from './Tracker.js';
import type { Turn } from './Turns.js';
import type { Progress, Views } from './Views.js';

/** What one run asks for, with every default filled in. */
export interface RunOptions {
  readonly entryRoutineId: string;
  readonly params: Data;
  /** Tasks of this job at work at once. */
  readonly cap: number;
  /** Whether it is nobody's child, though a handler has started it. */
  readonly detached: boolean;
  /** In ms of running time, and what is left of it; `Infinity` for none. */
  readonly timeoutMs: number;
  readonly leftMs: number;
  /** How many of its tasks may wait. */
  readonly limit: FixedLimit;
}

/** What users hold of a job beside its Job: its Flow and JobState. */
export interface Handles {
  readonly flow: object;
  readonly state: object;
}

/** A job as its users hold it. */
export interface HeldJob {
  /** Its Job, once somebody has asked for it. */
  job: object | undefined;
  readonly jobId: string;
  readonly status: JobStatus;
  readonly hasPlace: boolean;
  /** Resolves with the state of the job at its end. */
  readonly done: Promise<object>;
  /** The job in the pipeline, and what is behind it; made when somebody looks, if it waits for its place. */
  readonly run: Run;
  readonly parts: JobParts;
}

/** A job as it goes through the pipeline. */
export interface Run
  extends HeldJob, Gated<Task<Run>>, Placed, Turn<Run>, Settling<HandlerContext<Run>>, Sitting<HandlerContext<Run>>, Resting {
  isOpen: boolean;
  inRing: boolean;
  hasPlace: boolean;
  /** Tasks of it that hold or borrow a worker. */
  active: number;
  /** What waits behind the gate. */
  readonly queue: TaskQueue<Run>;
  readonly parts: JobParts;
  /** The async context of whoever started it, once it has to be kept. */
  scope: Scope | undefined;
  keepScope(): void;
  /** The reading of the clock at which its time is up; Infinity while its clock stands. */
  endsAt: number;
  /** The attempt that started it, if a handler did. */
  readonly parent: HandlerContext | undefined;
  /** It is over: from now on it is nobody's child, and does not keep who started it in memory. */
  forgetParent(): void;
  /** Resolves `done`. */
  answer(state: object): void;
  /** Takes the oldest task off the queue, at work from here on, unless the job has run longer than it may: then it has failed (D32). */
  take(): HandlerContext<Run> | undefined;
  /** What the slot of a task that waits has made of its payload, if it has taken it in. */
  inputOf(task: Task<Run>): Input | undefined;
  /** A task that was queued is dropped: there is no room for it. */
  shed(task: Task<Run>): void;
  /** It is at rest. */
  rest(): void;
}

/** How a job begins and ends. */
export interface Life {
  /** Whether the job has come to its end, and whether that has been told. */
  readonly isOver: boolean;
  readonly isTold: boolean;
  /** Whether its start has been recorded. */
  readonly hasBegun: boolean;
  /** Called instead of a begin when the engine takes the job on, if it is set. */
  insteadOfBegin: (() => void) | undefined;
  readonly deadline: { readonly left: number; start(from?: number): void; end(): void } | undefined;
  readonly pausing: {
    readonly isAsked: boolean;
    pause(options: PauseOptions): Promise<object>;
    ask(options: PauseOptions): Promise<object>;
    resume(): void;
  };
  /** Calls back at the end of the job, in the same step. */
  atEnd(work: () => void): void;
  /** The engine has taken the job on; it may have been paused, or ended, meanwhile. */
  begin(): void;
  /** A job from elsewhere stands here; `begun` if it had begun there. */
  comeFromElsewhere(begun: boolean): void;
  /** Whether and how it is parked; none if it never was. */
  readonly parking: { readonly isParked: boolean; leave(): void; leaveToOthers(): void } | undefined;
  /** Arms the timer of the execution timeout. */
  arm(): void;
  /** The job is idle: a pause that waits takes hold; else its operators flush, or the job has completed. */
  rest(): void;
  timeOut(): void;
  fail(error: RoutiluxError): void;
  /** @throws JobError `ILLEGAL_TRANSITION` */
  cancel(reason?: string): void;
  /** The same as completed. @throws JobError `ILLEGAL_TRANSITION` */
  complete(reason?: string): void;
}

/** What a job needs of the engine of its flow. */
export interface JobEngine {
  readonly steps: Steps;
  readonly time: Time;
  readonly drain: Drain;
  readonly task$: { next(task: Task<Run>): void };
  readonly toggle$: { next(toggle: Toggle<Run>): void };
  readonly released$: { next(run: Run): void };
  readonly turns: { add(run: Run): void };
  readonly jobs: { readonly isClosing: boolean };
  /** Those of open questions of all jobs that share them. */
  readonly tokens: { has(token: string): boolean } | undefined;
  readonly starving: { readonly first: Run | undefined };
  /** A job is to begin once it has a place. */
  place(run: Run): void;
  /** A job goes on after a pause; its timeout is armed again when this stretch of work is over. */
  goesOn(run: Run): void;
  /** A job is paused; it may not have begun here. */
  stands(run: Run, hasBegun: boolean): void;
  /** A job has ended. */
  forget(run: Run): void;
  /** A job has made progress: its followers are told at the end of this stretch of work. */
  progressed(run: Run): void;
  /** The attempts of a job that are at work. */
  attemptsOf(run: Run): ReadonlySet<Attempt<Run>>;
}

/** The parts of one job. A part that only some jobs need is made when it is first needed: most jobs are short, unwatched and never fail. */
export class JobParts implements Parent, Child {
  /** Set by whoever makes the run. */
  declare life: Life;
  /** Set by the flow. */
  declare handles: Handles;
  readonly ledger: JobLedger;
  readonly routines: RoutineTable;
  readonly emissions: Emissions<Run>;
  limits: Limits<Run> | undefined;
  delayed: DelayedTasks<Run> | undefined = undefined;
  private questions: Questions<Run> | undefined = undefined;
  tracker: Tracker<Run> | undefined = undefined;
  streams: JobStreams<Run> | undefined = undefined;
  views: Views | undefined = undefined;
  /** Runs that its handlers have started and that go on. */
  children: Set<Child> | undefined = undefined;
  siblings: Set<Child> | undefined = undefined;

  constructor(
    readonly run: Run,
    readonly plan: Plan,
    readonly engine: JobEngine,
    readonly options: RunOptions,
    data: JobData,
  ) {
    this.ledger = new JobLedger(data, plan, engine);
    data.source = new LiveWork(this);
    this.routines = new RoutineTable(this.ledger);
    this.emissions = new Emissions<Run>(this);
    this.limits = options.limit.maxQueued === Infinity && plan.limited.length === 0 ? undefined : this.#newLimits();
  }

  /** Whether a task needs no more than to wait, and to be taken: no limits, and nobody watches. */
  get isPlain(): boolean {
    return this.limits === undefined && !this.ledger.watched;
  }

  /** Whether an emission counts at once, and nothing limits it. */
  get emitsAtOnce(): boolean {
    return this.limits === undefined && !this.plan.commits;
  }

  /** Whether something is in flight beside its tasks: a promise that is tracked, and behind an open gate a retry in its delay or a stream. */
  get isBusy(): boolean {
    const { run, tracker, delayed, streams } = this;
    if (tracker !== undefined && tracker.size > 0) return true;
    return run.isOpen && ((delayed !== undefined && delayed.retries > 0) || (streams !== undefined && streams.size > 0));
  }

  /** Its questions; made when there is the first. */
  get asking(): Questions<Run> {
    return (this.questions ??= new Questions<Run>(this));
  }

  /** Whether a question is open under a token: in this job, or in another one that shares its tokens. */
  asks(token: string): boolean {
    return this.ledger.data.waits.has(token) || this.engine.tokens?.has(token) === true;
  }

  /** Tells whoever follows it, at the end of this stretch of work. */
  progressed(): void {
    if (this.views?.followed === true) this.engine.progressed(this.run);
  }

  get progress(): Progress {
    const { run, delayed, tracker, ledger, life } = this;
    const queued = run.queue.length + (delayed?.size ?? 0);
    const active = run.active + (tracker?.size ?? 0);
    return {
      queued,
      active,
      done: doneIn(ledger.data),
      status: ledger.data.status,
      pausing: life.pausing.isAsked && !life.isOver,
    };
  }

  /** The limits, made now if there are none: a source that can wait goes by them. */
  get room(): Limits<Run> {
    return (this.limits ??= this.#newLimits());
  }

  get tracking(): Tracker<Run> {
    return (this.tracker ??= new Tracker(this));
  }

  #newLimits(): Limits<Run> {
    return new Limits<Run>(this, this.options.limit, this.plan.limited);
  }
}
