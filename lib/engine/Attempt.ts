import type { Input } from '../flow/merge.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { Execution, ExecutionSource } from '../job/Execution.js';
import { taskIdOf } from '../job/Remainder.js';
import type { RoutineCell } from '../job/RoutineCell.js';
import type { Settled } from '../job/Settled.js';
import type { Shared } from '../flow/TaskContext.js';
import { executionOf } from './describe.js';
import { Effects } from './Effects.js';
import type { Origin } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Route } from './Plan.js';
import type { Seat } from './Seat.js';

/** What only some attempts have. */
interface Extras {
  abort?: AbortController;
  /** Why it was aborted. */
  cause?: unknown;
  effects?: Effects;
  /** Its task is not tried again, whatever the error handler says. */
  isLast?: boolean;
  /** Promises that it tracks and that are open. */
  tracking?: number;
  lent?: boolean;
  shared?: Shared;
  /** When it began, by the clock in ms, and for how long it ran; only if it is one that is timed. */
  started?: number;
  ms?: number;
}

/** One try of one slot activation task, as the engine knows it. */
export class Attempt implements ExecutionSource {
  /** The merged payload, the same for every attempt of the task; never handed out itself. */
  input: Input | undefined;
  /** What it has come to, once that is applied. */
  outcome: TaskOutcome | undefined = undefined;
  /** What it is to come to, once that is decided. */
  settled: Settled | undefined = undefined;
  error: unknown = undefined;
  /** When it began, in ms since the flow was made: a small whole number. */
  tick = 0;
  /** Failed or aborted: what it still does counts no more. */
  stale = false;
  /** Who holds what its handler has left unfinished. */
  seat: Pick<Seat<never>, 'leave'> | undefined = undefined;
  protected extras: Extras | undefined = undefined;

  constructor(
    readonly run: JobRun,
    readonly origin: Origin<JobRun>,
    readonly route: Route,
    /** What the job knows of its routine; it counts only once the attempt is at work. */
    readonly cell: RoutineCell,
  ) {
    this.input = origin.input;
  }

  get place(): number {
    return this.origin.placeOf(this.route);
  }

  /** 1 = the first. */
  get attempt(): number {
    return this.origin.tried + 1;
  }

  get taskId(): string {
    return taskIdOf(this.run.data.jobId, this.origin.order, this.place);
  }

  get routineId(): string {
    return this.route.target.node.id;
  }

  get slot(): string {
    return this.route.target.name;
  }

  /** Whether its handler, or what it returned, still runs. */
  get isAtWork(): boolean {
    return this.outcome === undefined && !this.stale;
  }

  /** Whether a promise that it tracks is open: then its task may have to run again, with the same input. */
  get isTracking(): boolean {
    return (this.extras?.tracking ?? 0) > 0;
  }

  get more(): Extras {
    return (this.extras ??= {});
  }

  get rare(): Readonly<Extras> {
    return this.extras ?? NO_EXTRAS;
  }

  /** What it does is kept back here until it succeeds. */
  get effects(): Effects {
    return (this.more.effects ??= new Effects());
  }

  get lent(): boolean {
    return this.extras?.lent === true;
  }

  set lent(lent: boolean) {
    this.more.lent = lent;
  }

  /** Notes when it began, if its time is one to measure. */
  startClock(): void {
    this.more.started = this.run.engine.time.elapsed;
  }

  /** How long it ran, in ms, if it is timed. */
  stopClock(): number | undefined {
    const started = this.extras?.started;
    return started === undefined ? undefined : (this.more.ms = this.run.engine.time.elapsed - started);
  }

  execution(): Execution {
    return executionOf(this);
  }
}

const NO_EXTRAS: Extras = {};
