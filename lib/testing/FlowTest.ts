import type { Observable } from 'rxjs';
import type { Flow } from '../Flow.js';
import type { Data } from '../flow/Data.js';
import type { ExecuteOptions } from '../flow/ExecuteOptions.js';
import type { FlowOptions } from '../flow/FlowOptions.js';
import type { Handler } from '../flow/Handler.js';
import type { Job } from '../Job.js';
import type { JobMarbles, MarbleValues } from './Line.js';
import type { Recording } from './recordMarbles.js';
import type { ReplayStep } from './replay.js';
import type { VirtualClock } from './VirtualClock.js';

/** What a test expects of jobs or of a stream; it is checked when virtual time has come to its end. */
export interface JobExpectation {
  /**
   * One diagram per line; every line that is named has to be as written, from its first mark to its end.
   *
   * @throws TestingError `BAD_LINE`, `BAD_MARBLES`, `UNKNOWN_PLACE`
   */
  readonly toBe: (lines: JobMarbles, values?: MarbleValues) => void;
}

/** What a test expects of a stream; it is checked when virtual time has come to its end. */
export interface ObservableExpectation {
  /**
   * What a stream gives from the call on: symbols stand for the values, or for themselves; `|` completes, `#` errors.
   *
   * @throws TestingError `BAD_MARBLES`
   */
  readonly toBe: (marbles: string, values?: MarbleValues, error?: unknown) => void;
}

/** What a body gets. Everything in it that takes time takes virtual time. */
export interface FlowTest {
  /** The clock, at 0 ms when the body begins. */
  readonly scheduler: VirtualClock;
  /** Numbers from 0 to below 1, the same in every run. */
  readonly random: () => number;
  /** What a flow takes from the test: `scheduler`, `random`, and `newId`, which gives `job-1`, `job-2`, … */
  readonly flowOptions: Required<Pick<FlowOptions, 'scheduler' | 'random' | 'newId'>>;
  /**
   * Resolves after this many ms, 0 or more: for handlers, and for the body itself. With a signal it rejects with the reason
   * as soon as that aborts.
   */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A handler that is at work for so many ms, and then does what another one does. */
  readonly takes: <A extends object = Data>(ms: number, handler?: Handler<A>) => Handler<A>;
  /**
   * Puts a stand-in in place of every handler of a flow, for good, and gives the flow: they do what the steps say, one after
   * the other, each at its time, counted from the first call. `toMarbleTest` writes such steps.
   */
  readonly replay: (flow: Flow, steps: readonly ReplayStep[]) => Flow;
  /** An observable that begins when it is subscribed to. Without a value a symbol stands for itself. */
  readonly cold: <T = string>(marbles: string, values?: Readonly<Record<string, T>>, error?: unknown) => Observable<T>;
  /** An observable that begins now. */
  readonly hot: <T = string>(marbles: string, values?: Readonly<Record<string, T>>, error?: unknown) => Observable<T>;
  /** `Flow.start`, recorded. */
  readonly start: (flow: Flow, entryRoutineId: string, entryParams?: object, options?: ExecuteOptions) => Job;
  /**
   * Starts a job per symbol, with its value as entry parameters (`{}` if no values are given); from now on. The list grows
   * as they start.
   */
  readonly entries: (
    flow: Flow,
    entryRoutineId: string,
    marbles: string,
    values?: Readonly<Record<string, object>>,
  ) => readonly Job[];
  /** Records a job that was started otherwise, by `flow.start`, `flow.resume` or a handler; from now on. */
  readonly watch: (job: Job) => Recording;
  /** One job; or several, whose steps stand on the same lines. Records what is not recorded yet. */
  readonly expectJob: (jobs: Job | readonly Job[]) => JobExpectation;
  /** A stream, which is subscribed to now. */
  readonly expectObservable: (source$: Observable<unknown>) => ObservableExpectation;
  /** Resolves when nothing is scheduled any more: every job has ended, is paused, or waits for what never comes. */
  readonly flush: () => Promise<void>;
}
