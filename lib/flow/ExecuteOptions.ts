import type { Observer } from 'rxjs';
import { checkOption } from './checkOption.js';
import { type FixedLimit, type Limit, limitFrom } from './Limit.js';
import { checkTimeout, type ExecutionStrategy, type FlowSettings, strategyFor, workersFor } from './FlowOptions.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { checkName } from './names.js';
import type { OutputRecord } from './OutputRecord.js';

/**
 * Where the output of a run goes: a function, or an observer. One that throws, or that gives a promise which is rejected
 * before the end, only causes a warning.
 */
export type OutputObserver = Partial<Observer<OutputRecord>> | ((output: OutputRecord) => void);

/** What one run does otherwise than its flow; `maxQueued` and `overflow` as well. */
export interface ExecuteOptions extends Limit {
  /** How long this run may take, in ms, above 0, pauses not counted; `Infinity` for no limit. @default the flow's */
  readonly timeoutMs?: number | undefined;
  /** @default the flow's, or what `maxWorkers` asks for */
  readonly executionStrategy?: ExecutionStrategy | undefined;
  /** Tasks of this job at work at once, a whole number from 1; may be above the flow's. @default the flow's */
  readonly maxWorkers?: number | undefined;
  /** The id of the job; free in this flow. @default a uuid */
  readonly jobId?: string | undefined;
  /** Cancels the job when it aborts. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Gets every output of this run. @default none */
  readonly output?: OutputObserver | undefined;
}

/** What a run does otherwise that goes on with a state from elsewhere. */
export interface ResumeOptions extends Omit<ExecuteOptions, 'jobId' | 'timeoutMs'> {
  /** How long it may still take, in ms, above 0; `Infinity` for no limit. @default what was left of its timeout */
  readonly timeoutMs?: number | undefined;
  /**
   * How a job fits a flow whose structure has changed: the new ids of routines by their old ones. `{}` says that the names are
   * the same. A task whose connection is gone keeps its renames. @default none: the structure must be the same
   */
  readonly remap?: Readonly<Record<string, string>> | undefined;
}

/** The options of a run, checked, with what the flow says filled in. */
export interface Wanted {
  readonly timeoutMs: number;
  /** Tasks of the job at work at once. */
  readonly cap: number;
  readonly limit: FixedLimit;
  readonly jobId: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly output: OutputObserver | undefined;
}

/** @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
export const runOptionsFrom = (options: ExecuteOptions, settings: FlowSettings): Wanted => ({
  timeoutMs: options.timeoutMs === undefined ? settings.executionTimeoutMs : checkTimeout('timeoutMs', options.timeoutMs),
  cap: capFrom(options, settings),
  limit: limitFrom(options, settings),
  jobId: options.jobId === undefined ? undefined : checkName('job', options.jobId),
  signal: options.signal === undefined ? undefined : checkSignal(options.signal),
  output: options.output === undefined ? undefined : checkOutput(options.output),
});

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

const checkOutput = (output: OutputObserver): OutputObserver =>
  checkOption(
    'output',
    output,
    typeof output === 'function' || (typeof output === 'object' && (output as object | null) !== null),
    'a function (output) => …, or an observer',
  );
