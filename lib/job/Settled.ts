import type { Data } from '../flow/Data.js';
import type { TaskOutcome } from './JobRecord.js';
import type { LogEntry } from './SharedSpace.js';
import type { StreamChange } from './StreamState.js';
import type { OpenWait } from './Wait.js';

/** An emission. */
export interface Emitted {
  readonly type: 'emitted';
  readonly routineId: string;
  readonly event: string;
  readonly data: Data;
  /** When its tasks are due, if they were put off: epoch ms, and by the readings of the clock of the flow. */
  readonly due?: { readonly at: number; readonly reading: number } | undefined;
}

/** Something that an attempt has done to its job, kept back until it succeeds (`emitMode: 'commit'`). */
export type Change =
  | Emitted
  /** It asks a question; kept back in every `emitMode`. */
  | { readonly type: 'waiting'; readonly wait: OpenWait }
  | { readonly type: 'deferred'; readonly routineId: string; readonly event: string; readonly data: Data }
  | { readonly type: 'output'; readonly outputType: string; readonly data: Data }
  | { readonly type: 'operatorCompleted'; readonly routineId: string }
  | { readonly type: 'sharedSet'; readonly key: string; readonly value: unknown }
  | { readonly type: 'sharedLogged'; readonly entry: LogEntry }
  /** The one stream that the routine keeps has come further. */
  | { readonly type: 'streamChanged'; readonly routineId: string; readonly change: StreamChange };

/** How an attempt has failed, in words: asked of the error once. */
export interface Failure {
  readonly error: unknown;
  readonly name: string;
  readonly message: string;
  /** What is emitted in its place. */
  readonly fallback: Change | undefined;
}

/** What an attempt has come to, as a value: it is applied whole. */
export interface Settled {
  readonly outcome: TaskOutcome;
  /** Its changes, in the order in which it made them; none unless they were kept back. */
  readonly changes: readonly Change[];
  /** The own keys of its routine, if it has changed them and that was kept back. */
  readonly state: Data | undefined;
  /** None if it has succeeded, or if its failure is told already. */
  readonly failure: Failure | undefined;
  /** The delay before the next attempt, in ms; only for the outcome `retry`. */
  readonly delayMs: number;
}

const NOTHING: Omit<Settled, 'outcome'> = { changes: [], state: undefined, failure: undefined, delayMs: 0 };

/** An attempt that has succeeded, with nothing kept back. */
export const COMPLETED: Settled = { ...NOTHING, outcome: 'completed' };

export const completedWith = (changes: readonly Change[], state: Data | undefined): Settled => ({ ...COMPLETED, changes, state });

export const failedWith = (outcome: TaskOutcome, failure: Failure, delayMs: number): Settled => ({
  ...NOTHING,
  outcome,
  failure,
  delayMs,
});

/** An attempt whose failure was told before its handler has ended: a promise that it tracks was rejected. */
export const toldAs = (outcome: TaskOutcome): Settled => ({ ...NOTHING, outcome });
