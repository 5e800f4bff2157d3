import type { Data } from '../flow/Data.js';
import { dataOf, type Input } from '../flow/merge.js';
import type { Shared } from '../flow/TaskContext.js';
import type { Execution, ExecutionSource } from '../job/Execution.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { Settled } from '../job/Settled.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';
import type { Isolate } from '../prelude/isolate.js';
import type { Connection } from '../plan/Plan.js';
import type { Parent } from './children.js';
import { executionOf } from './executionOf.js';
import type { Effects } from './Effects.js';
import type { Origin } from './Emission.js';
import { Task } from './Task.js';

/** A job as its attempts tell of it. */
export interface TriedJob {
  readonly parts: {
    readonly plan: { readonly show: Isolate };
    /** `base` is the time from which its ticks are counted, epoch ms. */
    readonly ledger: { readonly data: { readonly jobId: string; readonly base: number } };
  };
}

/** What only some attempts have. */
interface Extras extends Parent {
  abort?: AbortController;
  /** Why it was aborted. */
  cause?: unknown;
  effects?: Effects;
  /** Its task is not tried again, whatever the error handler says. */
  isLast?: boolean;
  taskId?: string;
  /** How many questions it has asked. */
  asked?: number;
  /** What it fails with as soon as it begins: its slot could not take the payload in when it was claimed. */
  refused?: { readonly error: unknown };
  /** What a call is refused with that comes now: a durable attempt has succeeded. */
  closed?: (call: string) => Error;
  /** Promises that a durable attempt ends with. */
  kept?: PromiseLike<unknown>[];
  /** What a question of it was refused with last: no other attempt would fare better. */
  refusal?: Error;
  /** Promises that it tracks and that are open. */
  tracking?: number;
  /** Whether they came when its task was done. */
  late?: boolean;
  lent?: boolean;
  shared?: Shared;
  /** Its start by the clock, and its duration, in ms; only of a timed attempt. */
  started?: number;
  ms?: number;
}

/** One try of one slot activation task, as the engine knows it. */
export class Attempt<R extends TriedJob = TriedJob> extends Task<R> implements ExecutionSource {
  /** The merged payload, the same for every attempt of the task; never handed out itself. */
  input: Input | undefined;
  /** Its outcome, once it has been applied. */
  outcome: TaskOutcome | undefined = undefined;
  /** Its outcome and all that follows, once it has been decided. */
  settled: Settled | undefined = undefined;
  error: unknown = undefined;
  /** When it began, in ms since the flow was made: a small whole number. */
  tick = 0;
  /** Failed or aborted: what it still does counts no more. */
  stale = false;
  /** The seat that holds the promise or stream of its handler. */
  seat: { vacate(): void } | undefined = undefined;
  // Not a private name, which costs a call and a slow store for each attempt.
  private extras: Extras | undefined = undefined;

  constructor(
    origin: Origin<R>,
    connection: Connection,
    /** What the job knows of its routine. */
    readonly routineData: RoutineData,
  ) {
    super(origin, connection);
    this.input = origin.input;
  }

  /** @internal A handler may hand its context on. */
  get [COPY](): Copy {
    return OWN;
  }

  get taskId(): string {
    return this.idIn(this.run.parts.ledger.data.jobId);
  }

  // Made once, for all that is told of it.
  override idIn(jobId: string): string {
    return (this.more.taskId ??= super.idIn(jobId));
  }

  override get payload(): Data {
    const { input, origin } = this;
    return input === undefined ? origin.data : dataOf(input);
  }

  /** Whether its handler, or what it returned, still runs. */
  get isAtWork(): boolean {
    return this.outcome === undefined && !this.stale;
  }

  /** Whether it has nothing that only some attempts have: no clock, no seat. */
  get isPlain(): boolean {
    return this.extras === undefined && this.seat === undefined;
  }

  /** What only some attempts have, made now if there is nothing yet; `rare` reads it. */
  get more(): Extras {
    return (this.extras ??= {});
  }

  get rare(): Readonly<Extras> {
    return this.extras ?? NO_EXTRAS;
  }

  /** Whether its worker is lent to a job that it has started. */
  get lent(): boolean {
    return this.rare.lent === true;
  }

  set lent(lent: boolean) {
    this.more.lent = lent;
  }

  /** Whether something of what it does counts only when it succeeds. */
  get holdsBack(): boolean {
    return this.extras?.effects !== undefined;
  }

  /** Keeps the merged payload no longer, unless a promise that it tracks is open and may fail it. */
  forgetInput(): void {
    if ((this.rare.tracking ?? 0) === 0) this.input = undefined;
  }

  execution(): Execution {
    const { plan, ledger } = this.run.parts;
    return executionOf(this, plan.show, ledger.data.base);
  }
}

const NO_EXTRAS: Extras = {};
