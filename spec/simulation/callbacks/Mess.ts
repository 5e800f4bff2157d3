/**
 * A mess: a flow whose callbacks call back into the library, as a plain value. It says how the flow runs, what its handlers do,
 * and what is done from which call of which callback.
 */
export interface Mess {
  readonly workers: number;
  /** Jobs that are started at a time. */
  readonly jobs: number;
  readonly emitMode: 'immediate' | 'commit';
  readonly isolation: 'shallow' | 'freeze' | 'clone';
  readonly asyncContext: 'auto' | 'off';
  readonly unhandledErrors: 'stop' | 'record';
  /** Whether the engine takes the scheduler of the user for a clock of tests. */
  readonly isVirtual: boolean;
  readonly timeoutMs: number;
  /** What happens to tasks for which there is no room; without it there is room for all. */
  readonly overflow: 'block' | 'error' | 'dropOldest' | 'dropNewest' | undefined;
  readonly strategy: 'stop' | 'continue' | 'skip' | 'retry' | undefined;
  readonly delayMs: number;
  readonly metrics: boolean;
  readonly history: number;
  readonly pausedLimit: number;
  /** Of `r0.trigger`, `r0.side`, `r1.trigger`, `r1.side`. */
  readonly slots: readonly SlotPlan[];
  readonly operator: 'replay' | 'lost' | 'late' | undefined;
  readonly source: 'iterator' | 'async' | 'observable' | undefined;
  /** The callbacks that call back. */
  readonly sites: readonly Site[];
  /** What they do, one after the other. */
  readonly acts: readonly Act[];
}

export interface SlotPlan {
  readonly merge: 'override' | 'append' | 'own';
  readonly codec: boolean;
  readonly maxQueued: number | undefined;
  readonly kind: Kind;
  readonly steps: readonly Step[];
}

/** Something that is done from a call of a callback. */
export interface Act {
  /** Calls that are let pass before, of callbacks that are called often four times as many. */
  readonly skip: number;
  readonly does: Deed;
  /** 0: to the job whose callback it is; else to another. */
  readonly who: number;
}

/** How a handler answers; `hangs`: with a promise that settles when the mess is over, or never if its task was aborted. */
export const KINDS = ['sync', 'promise', 'thenable', 'observable', 'values', 'iterable', 'hangs'] as const;
export type Kind = (typeof KINDS)[number];

/** What a handler does, one after the other; `trackBad`: it tracks a promise that is rejected. */
// prettier-ignore
export const STEPS = [
  'emit', 'emitByRoutine', 'defer', 'output', 'set', 'update', 'share', 'log', 'track', 'trackBad', 'listen', 'throw', 'wait',
] as const;
export type Step = (typeof STEPS)[number];

/** The callbacks that an engine calls. */
// prettier-ignore
export const SITES = [
  // of a task
  'handler', 'afterAwait', 'mapping', 'codec', 'merge', 'update', 'retryOn', 'random', 'look', 'then', 'teardown', 'abort',
  // getters
  'payload', 'params', 'checkpoint', 'error',
  // of whoever watches
  'record', 'output', 'status', 'progress', 'event', 'slot', 'routine', 'done', 'sink', 'asyncSink', 'sinkEnd', 'onProgress',
  // of a flow, a run, a clock
  'newId', 'signal', 'now', 'schedule', 'unschedule',
  // of operators and sources
  'operate', 'flush', 'leaveOperator', 'open', 'next', 'return',
] as const;
export type Site = (typeof SITES)[number];

/** Those that are called often: what is done at their first calls ends most jobs before they have begun. */
export const OFTEN: readonly Site[] = ['now', 'status', 'progress', 'routine', 'record', 'slot', 'codec', 'payload'];

/** What is done from them. */
// prettier-ignore
export const DEEDS = [
  'pause', 'pauseOne', 'pauseAll', 'pauseOwn', 'resume', 'resumeOne',
  'cancel', 'cancelOne', 'cancelAll', 'cancelOwn', 'abort', 'shutdown', 'shutdownNow',
  'emit', 'defer', 'output', 'set', 'update', 'share', 'log', 'track', 'throw',
  'start', 'startSame', 'execute', 'runAndLeave', 'snapshot', 'move',
  'read', 'watch', 'wait', 'feed', 'feedStream', 'grow', 'shrink', 'rewire',
] as const;
export type Deed = (typeof DEEDS)[number];
