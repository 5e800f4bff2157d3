import type { Known } from './checkOption.js';
import type { Data } from './Data.js';
import type { AnyEvent, Event, PayloadOf } from './Event.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import type { OutputData, OutputsOf, RoutineTypes, SettableState, StateOf } from './RoutineTypes.js';

/** What a pause leaves for whoever resumes. */
export interface PauseOptions {
  /** Why, for whoever reads the pause point. @default none */
  readonly reason?: string | undefined;
  /** Whatever the resuming side should find there; written into the snapshot, so plain values. @default none */
  readonly checkpoint?: unknown;
}

export const PAUSE_OPTIONS: Known<PauseOptions> = { reason: true, checkpoint: true };

/** When the tasks of an emission become due: one of the two, or neither for at once. */
export interface EmitOptions {
  /** So many ms from now, 0 or more; there is no upper bound but the last instant of a Date. @default 0 */
  readonly delayMs?: number | undefined;
  /** At this instant; one that is past is due at once. @default now */
  readonly at?: Date | undefined;
}

export const EMIT_OPTIONS: Known<EmitOptions> = { delayMs: true, at: true };

/** Where an answer goes: an event of the routine that asks, or a slot of it. */
export type WaitPlace = string | AnyEvent | { readonly slot: string };

/** What is asked, of whom, and for how long. */
export interface WaitForOptions {
  /** Its name, unique among the open questions of the job; not empty. @default `${taskId}#n`, n = 0 for the first of the task */
  readonly token?: string | undefined;
  /** What is asked, in whatever form whoever answers understands: plain values. @default none */
  readonly question?: unknown;
  /** What goes with it: plain values. A slot gets it back with the answer. @default none */
  readonly data?: object | undefined;
  /**
   * What an answer has to be. A codec reads it, and refuses what does not fit; such a job cannot be written down while the question is open.
   * A JSON Schema is for whoever answers, and is not checked. @default anything
   */
  readonly schema?: object | undefined;
  /** For how many ms it is open, above 0. @default Infinity */
  readonly timeoutMs?: number | undefined;
  /** The event on which `{ token }` goes out after that. @default where the answer would have gone */
  readonly timeoutEvent?: string | AnyEvent | undefined;
}

export const WAIT_FOR_OPTIONS: Known<WaitForOptions> = {
  token: true,
  question: true,
  data: true,
  schema: true,
  timeoutMs: true,
  timeoutEvent: true,
};

/** How an output is treated. */
export interface OutputOptions {
  /** Whether the output log keeps it. @default true */
  readonly keep?: boolean | undefined;
}

/** What a handler may know and do of its task. The engine makes one per attempt; what users get is a `Context`. `T` is what its routine declares. */
export interface TaskContext<T extends RoutineTypes = RoutineTypes> {
  /** The id of the routine in this flow. */
  readonly routineId: string;
  /** The name of the slot whose handler is at work. */
  readonly slot: string;
  /** The same over retries: good as an idempotency key. */
  readonly taskId: string;
  /** 1 = the first one. */
  readonly attempt: number;
  /** Aborts when the job is cancelled, times out or stops while this attempt is at work; never after it has settled. */
  readonly signal: AbortSignal;
  /**
   * Puts one task per connection of the event on the queue and returns at once. No handler runs before this one has
   * returned or awaits. With `delayMs` or `at` the tasks are due then: until that they count as waiting, hold no worker and no pause, and
   * keep their due time over pauses and restarts.
   *
   * @throws FlowError `UNKNOWN_EVENT`, `BAD_PAYLOAD`, `BAD_OPTION`, `NOT_SERIALISABLE` with `emitMode: 'commit'`; JobError `EMIT_AFTER_END`,
   * `STALE_CONTEXT`, `QUEUE_FULL`, `PAUSED_FULL`
   */
  emit(event: string, data?: object, options?: EmitOptions): void;
  emit<A extends object>(event: Event<A>, ...data: [...PayloadOf<NoInfer<A>>, options?: EmitOptions]): void;
  /**
   * Keeps an emission until the job is resumed; it then goes before the pending tasks.
   *
   * @throws what `emit` throws, but for `QUEUE_FULL`
   */
  emitDeferred(event: string | AnyEvent, data?: object): void;
  /**
   * Hands a result to `job.output$`, to the observers of this run, and to the output log: `output(type, data?, { keep }?)`. With `keep: false` it is told at once, in every
   * `emitMode`, and not kept: for tokens and other progress, which would push results out of the log and fill every snapshot.
   */
  output<O extends object = OutputsOf<T>, K extends keyof O & string = keyof O & string>(
    type: K,
    ...data: [...OutputData<O[K]>, options?: OutputOptions]
  ): void;
  /** This routine's own keys in this job; `{}` before the first `setState`. `S` is what its routine declares, or what you know of them. */
  state<S extends object = StateOf<T>>(): Readonly<S>;
  /**
   * Replaces this routine's own keys. A function makes the new ones of those that there are when it counts: with `emitMode:
   * 'commit'` that is when the attempt succeeds, so that handlers side by side do not overwrite each other; it may be called twice.
   */
  setState<S extends object = StateOf<T>>(state: NoInfer<SettableState<S> | ((own: Readonly<S>) => SettableState<S>)>): void;
  /** What all routines of this job share. */
  readonly shared: Shared;
  /**
   * Keeps the job open until the promise settles, without holding a worker. Its rejection is a failure of this task; with
   * `emitMode: 'commit'` what the attempt did counts only once it has settled. A snapshot taken meanwhile has the task among
   * what is at work; not if the call came after the end of the task, from a timer: a task that is done never runs again.
   */
  track<T>(work: PromiseLike<T>): PromiseLike<T>;
  /**
   * Asks a question, and parks the job, without a worker, until somebody answers it with `job.answer(token, answer, { by })`. Then
   * `{ answer, token, by? }` goes out on that event of this routine, or is a task for that slot of it, with `data` too. After `timeoutMs`
   * without an answer `{ token }` goes out in its place, on `timeoutEvent`. Gives the token. The question counts when the attempt succeeds.
   *
   * @throws FlowError `UNKNOWN_EVENT`, `UNKNOWN_SLOT`, `BAD_OPTION`, `BAD_PAYLOAD`, `NOT_SERIALISABLE` with `emitMode: 'commit'`; JobError
   * `TOKEN_IN_USE` (the task is not tried again), `EMIT_AFTER_END`, `STALE_CONTEXT`
   */
  waitFor(to: WaitPlace, options?: WaitForOptions): string;
  /** Asks for a pause of this job; resolves at once, since the job is quiet only after this handler. */
  pause(options?: PauseOptions): Promise<void>;
  /** Ends this job at once. */
  cancel(reason?: string): void;
  /** Ends this job at once, as completed: what waits is dropped, what is at work (this attempt, too) is aborted. */
  complete(reason?: string): void;
}

/** What all routines of one job share: values by key, and a log. */
export interface Shared {
  /** The value of a key; `fallback` if there is none. */
  get<T = unknown>(key: string, fallback?: T): T;
  /** Sets the value of a key: for JSON, plain data. */
  set(key: string, value: unknown): void;
  /** Appends a plain object; it gets a `timestamp` unless it has one. */
  log(entry: object): void;
}

/** A handler as the engine calls it; what users write is a `Handler`. */
export type EngineHandler = (this: DescribedRoutine, data: Data, ctx: TaskContext) => unknown;
