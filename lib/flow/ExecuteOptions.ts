import type { Observer } from 'rxjs';
import { checkOption, type Known } from './checkOption.js';
import { type FixedLimit, type Limit, limitFrom } from './Limit.js';
import {
  checkStrategy,
  checkSwitch,
  checkTimeout,
  type ExecutionStrategy,
  type FlowSettings,
  strategyFor,
  workersFor,
} from './FlowOptions.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { checkName } from './names.js';
import type { OutputRecord } from './OutputRecord.js';
import type { TaskContext } from './TaskContext.js';

/**
 * Where the output of a run goes: a function, or an observer. One that throws, or that gives a promise which is rejected
 * before the end, only causes a warning.
 */
export type OutputObserver = Partial<Observer<OutputRecord>> | ((output: OutputRecord) => void);

/** What one run does otherwise than its flow; `maxQueued` and `overflow` as well. */
export interface ExecuteOptions extends Limit {
  /** How long this run may take, in ms, above 0, pauses not counted; `Infinity` for no limit. @default the flow's */
  readonly timeoutMs?: number | undefined;
  /** One worker, or several, for this run. @default the flow's, or what `maxWorkers` asks for */
  readonly executionStrategy?: ExecutionStrategy | undefined;
  /** Tasks of this job at work at once, a whole number from 1; may be above the flow's. @default the flow's */
  readonly maxWorkers?: number | undefined;
  /** The id of the job; free in this flow. @default a uuid */
  readonly jobId?: string | undefined;
  /** Cancels the job when it aborts. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Gets every output of this run. @default none */
  readonly output?: OutputObserver | undefined;
  /**
   * The `ctx` of the handler that starts the run, for platforms without async context after an `await`: the run is its child, and may borrow
   * its worker. @default the handler at work here, if it can be known
   */
  readonly parent?: TaskContext | undefined;
  /** Whether a run that a handler starts is nobody's child: it goes on when the job of the handler is cancelled or fails. @default false */
  readonly detached?: boolean | undefined;
  /** For `execute` alone: whether it rejects with the JobError of a job that did not complete. @default false */
  readonly orThrow?: boolean | undefined;
}

/** The options of a run that asks for nothing else than its flow says. */
export const NO_OPTIONS: ExecuteOptions = Object.freeze({});

const RUN_OPTIONS = {
  timeoutMs: true,
  executionStrategy: true,
  maxWorkers: true,
  maxQueued: true,
  overflow: true,
  signal: true,
  output: true,
} as const;

export const EXECUTE_OPTIONS: Known<ExecuteOptions> = {
  ...RUN_OPTIONS,
  jobId: true,
  parent: true,
  detached: true,
  orThrow: true,
};

/** What a run does otherwise that goes on with a state from elsewhere. */
export interface ResumeOptions extends Omit<ExecuteOptions, 'jobId' | 'timeoutMs' | 'parent' | 'detached' | 'orThrow'> {
  /** Takes the job up and leaves it paused, until `job.resume()`. @default false */
  readonly paused?: boolean | undefined;
  /** How long it may still take, in ms, above 0; `Infinity` for no limit. @default what was left of its timeout */
  readonly timeoutMs?: number | undefined;
  /**
   * How a job fits a flow whose structure has changed: the new ids of routines by their old ones. `{}` says that the names are
   * the same. A task whose connection is gone keeps its renames. @default none: the structure must be the same
   */
  readonly remap?: Readonly<Record<string, string>> | undefined;
}

export const RESUME_OPTIONS: Known<ResumeOptions> = { ...RUN_OPTIONS, paused: true, remap: true };

/** The options of a run, checked, with what the flow says filled in. */
export interface Wanted {
  readonly timeoutMs: number;
  /** Tasks of the job at work at once. */
  readonly cap: number;
  readonly limit: FixedLimit;
  readonly jobId: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly output: OutputObserver | undefined;
  readonly parent: TaskContext | undefined;
  readonly detached: boolean;
}

/** @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
export const wantedFrom = ({ detached = false, ...options }: ExecuteOptions, settings: FlowSettings): Wanted => ({
  timeoutMs: options.timeoutMs === undefined ? settings.executionTimeoutMs : checkTimeout('timeoutMs', options.timeoutMs),
  cap: capFrom(options, settings),
  limit: limitFrom(options, settings),
  jobId: options.jobId === undefined ? undefined : checkName('job', options.jobId),
  signal: options.signal === undefined ? undefined : checkSignal(options.signal),
  output: options.output === undefined ? undefined : checkOutput(options.output),
  parent: options.parent,
  detached: checkSwitch('detached', detached),
});

/** Refuses what a run would refuse, before there is one. @throws FlowError `BAD_OPTION`, `BAD_STRATEGY` */
export const checkRun = ({ timeoutMs, executionStrategy, maxWorkers, signal }: ExecuteOptions): void => {
  if (timeoutMs !== undefined) checkTimeout('timeoutMs', timeoutMs);
  if (executionStrategy !== undefined) checkStrategy(executionStrategy);
  workersFor('concurrent', maxWorkers);
  if (signal !== undefined) checkSignal(signal);
};

const capFrom = ({ executionStrategy, maxWorkers }: ExecuteOptions, settings: FlowSettings): number =>
  executionStrategy === undefined && maxWorkers === undefined
    ? settings.maxWorkers
    : workersFor(strategyFor(executionStrategy, maxWorkers), maxWorkers, settings);

/** What a routine is called in a flow that has changed. */
export const renamingFrom = (remap: ResumeOptions['remap'] = {}): ((routineId: string) => string) => {
  const ids = isPlainObject(remap) ? Object.values(remap) : [undefined];
  const isFine = ids.every((id) => typeof id === 'string') && new Set(ids).size === ids.length;
  checkOption('remap', remap, isFine, 'a new id for each old one, as in { oldId: newId }');
  return (routineId) => (Object.hasOwn(remap, routineId) ? (remap[routineId] as string) : routineId);
};

const checkSignal = (signal: AbortSignal): AbortSignal =>
  checkOption('signal', signal, typeof (signal as AbortSignal | null)?.addEventListener === 'function', 'an AbortSignal');

type Observed = Partial<Observer<OutputRecord>>;

/** One that has none of these hears nothing. */
const HEARS: readonly (keyof Observed)[] = ['next', 'error', 'complete'];

const checkOutput = (output: OutputObserver): OutputObserver =>
  checkOption(
    'output',
    output,
    typeof output === 'function' || HEARS.some((name) => typeof (output as Observed | null)?.[name] === 'function'),
    'a function (output) => …, or an observer',
  );
