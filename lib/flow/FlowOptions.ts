import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { type Isolation, isolates } from '../prelude/isolate.js';
import { uuid } from '../prelude/uuid.js';
import { ErrorHandler, strategyAmong } from './ErrorHandler.js';
import { checkOption, type Known } from './checkOption.js';
import { type Limit, limitFrom, type Overflow } from './Limit.js';
import { checkName } from './names.js';
import { oneOf } from './oneOf.js';

/** One task at a time, or several: the same queue with one worker or more. */
export type ExecutionStrategy = 'sequential' | 'concurrent';

/** How a flow runs; `maxQueued` and `overflow` are meant for each of its jobs. */
export interface FlowOptions extends Limit {
  /** The flow's own name, kept in its JSON and in every job. @default a uuid */
  readonly flowId?: string | undefined;
  /** One worker, or several. @default 'sequential', or 'concurrent' if `maxWorkers` is above 1 */
  readonly executionStrategy?: ExecutionStrategy | undefined;
  /** Tasks at work at once, over all jobs of the flow: a whole number from 1. @default 1 sequential, 5 concurrent */
  readonly maxWorkers?: number | undefined;
  /** How long a job may run, in ms, above 0, pauses not counted; `Infinity` for no limit. @default 300_000 */
  readonly executionTimeoutMs?: number | undefined;
  /**
   * Jobs that are begun at once, paused ones among them: a whole number from 1, or `Infinity`. Those beyond wait as `pending`, in the
   * order of their start, and their timeout counts from their begin. A run that a handler starts does not wait. @default Infinity
   */
  readonly maxJobs?: number | undefined;
  /** Jobs that wait for their begin: a whole number from 0, or `Infinity`. One more is refused with `JOBS_FULL`. @default Infinity */
  readonly maxPendingJobs?: number | undefined;
  /** For routines that have none of their own. @default none: STOP */
  readonly errorHandler?: ErrorHandler | undefined;
  /** What a failure of a downstream task means that no handler covers: the job fails, or it is only recorded. @default 'stop' */
  readonly unhandledErrors?: 'stop' | 'record' | undefined;
  /** When an attempt's emits and state changes count: at once, or only if it succeeds. @default 'immediate' */
  readonly emitMode?: 'immediate' | 'commit' | undefined;
  /** How the targets of one emission are kept apart. @default 'shallow' */
  readonly isolation?: Isolation | undefined;
  /** History records a job keeps, from 0; `Infinity` keeps all. The oldest go first, `start` and errors last. @default 1000 */
  readonly history?: number | undefined;
  /**
   * How many emissions a paused job keeps that come late, from timers and callbacks, and how many deferred events: a whole
   * number from 0, or `Infinity`. One more throws `PAUSED_FULL` to whoever emits. @default 100_000
   */
  readonly pausedLimit?: number | undefined;
  /** Whether jobs time their tasks and list their executions; tasks and emissions are counted either way. @default true */
  readonly metrics?: boolean | undefined;
  /** The clock and the timers of every job. @default asyncScheduler */
  readonly scheduler?: SchedulerLike | undefined;
  /** Whether `routine.emit` and `currentContext` find their job after an `await`, if the platform can. @default 'auto' */
  readonly asyncContext?: 'auto' | 'off' | undefined;
  /** Gives a number from 0 to 1 for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** Gives the ids of jobs. @default a uuid */
  readonly newId?: (() => string) | undefined;
}

export const FLOW_OPTIONS: Known<FlowOptions> = {
  flowId: true,
  executionStrategy: true,
  maxWorkers: true,
  executionTimeoutMs: true,
  maxJobs: true,
  maxPendingJobs: true,
  errorHandler: true,
  unhandledErrors: true,
  emitMode: true,
  isolation: true,
  history: true,
  pausedLimit: true,
  maxQueued: true,
  overflow: true,
  metrics: true,
  scheduler: true,
  asyncContext: true,
  random: true,
  newId: true,
};

/** Options with every default filled in. */
export interface FlowSettings {
  readonly flowId: string;
  readonly executionStrategy: ExecutionStrategy;
  readonly maxWorkers: number;
  readonly executionTimeoutMs: number;
  readonly maxJobs: number;
  readonly maxPendingJobs: number;
  readonly errorHandler: ErrorHandler | undefined;
  readonly unhandledErrors: 'stop' | 'record';
  readonly emitMode: 'immediate' | 'commit';
  readonly isolation: Isolation;
  readonly history: number;
  readonly pausedLimit: number;
  readonly maxQueued: number;
  readonly overflow: Overflow;
  readonly metrics: boolean;
  readonly scheduler: SchedulerLike;
  readonly asyncContext: 'auto' | 'off';
  readonly random: () => number;
  readonly newId: () => string;
  /** Refuses what a durable job cannot keep, as it would be stored. */
  readonly keep?: (json: unknown, where: () => string) => void;
}

const CONCURRENT_WORKERS = 5;

const checkFunction = <F extends (...args: never[]) => unknown>(option: string, value: F): F =>
  checkOption(option, value, typeof value === 'function', 'a function');

export const checkStrategy = strategyAmong<ExecutionStrategy>('sequential', 'concurrent');

const checkWorkers = (value: number): number =>
  checkOption('maxWorkers', value, Number.isSafeInteger(value) && value >= 1, 'a whole number from 1 up');

export const checkTimeout = (option: string, value: number): number =>
  checkOption(option, value, typeof value === 'number' && value > 0, 'ms above 0, or Infinity for no limit');

export const checkBound = (option: string, value: number, least = 0): number =>
  checkOption(
    option,
    value,
    (Number.isInteger(value) && value >= least) || value === Infinity,
    `a whole number from ${least} up, or Infinity`,
  );

export const checkErrorHandler = (value: ErrorHandler): ErrorHandler =>
  checkOption('errorHandler', value, value instanceof ErrorHandler, 'an ErrorHandler');

const checkScheduler = (value: SchedulerLike): SchedulerLike =>
  checkOption('scheduler', value, typeof (value as SchedulerLike | null)?.schedule === 'function', 'an RxJS scheduler');

export const checkSwitch = (option: string, value: boolean): boolean => oneOf(option, value, [true, false]);

/** A strategy and a number of workers that fit: sequential has 1 worker, concurrent 5 unless told otherwise. */
export const workersFor = (strategy: ExecutionStrategy, maxWorkers: number | undefined, current?: FlowSettings): number => {
  const asked = maxWorkers === undefined ? undefined : checkWorkers(maxWorkers);
  if (strategy === 'sequential') return 1;
  return asked ?? (current?.executionStrategy === 'concurrent' ? current.maxWorkers : CONCURRENT_WORKERS);
};

/** The strategy that was asked for, or the one that the number of workers asks for. */
export const strategyFor = (strategy: ExecutionStrategy | undefined, maxWorkers: number | undefined): ExecutionStrategy => {
  if (strategy !== undefined) return checkStrategy(strategy);
  return maxWorkers !== undefined && checkWorkers(maxWorkers) > 1 ? 'concurrent' : 'sequential';
};

/** @throws FlowError `BAD_STRATEGY`, `BAD_OPTION` */
export const withStrategy = (
  strategy: ExecutionStrategy,
  maxWorkers: number | undefined,
  settings: FlowSettings,
): FlowSettings => {
  const executionStrategy = checkStrategy(strategy);
  return { ...settings, executionStrategy, maxWorkers: workersFor(executionStrategy, maxWorkers, settings) };
};

/** Only what is undefined has its default: null is an answer, and a wrong one. @throws FlowError `BAD_OPTION`, `BAD_STRATEGY`, `BAD_NAME` */
export const settingsFrom = ({
  executionTimeoutMs = 300_000,
  maxJobs = Infinity,
  maxPendingJobs = Infinity,
  unhandledErrors = 'stop',
  emitMode = 'immediate',
  isolation = 'shallow',
  history = 1_000,
  pausedLimit = 100_000,
  metrics = true,
  scheduler = asyncScheduler,
  asyncContext = 'auto',
  random = Math.random,
  newId = uuid,
  ...options
}: FlowOptions): FlowSettings => {
  const executionStrategy = strategyFor(options.executionStrategy, options.maxWorkers);
  return {
    flowId: options.flowId === undefined ? uuid() : checkName('flow', options.flowId),
    executionStrategy,
    maxWorkers: workersFor(executionStrategy, options.maxWorkers),
    executionTimeoutMs: checkTimeout('executionTimeoutMs', executionTimeoutMs),
    maxJobs: checkBound('maxJobs', maxJobs, 1),
    maxPendingJobs: checkBound('maxPendingJobs', maxPendingJobs),
    errorHandler: options.errorHandler === undefined ? undefined : checkErrorHandler(options.errorHandler),
    unhandledErrors: oneOf('unhandledErrors', unhandledErrors, ['stop', 'record']),
    emitMode: oneOf('emitMode', emitMode, ['immediate', 'commit']),
    isolation: oneOf('isolation', isolation, Object.keys(isolates) as Isolation[]),
    history: checkBound('history', history),
    pausedLimit: checkBound('pausedLimit', pausedLimit),
    ...limitFrom(options),
    metrics: checkSwitch('metrics', metrics),
    scheduler: checkScheduler(scheduler),
    asyncContext: oneOf('asyncContext', asyncContext, ['auto', 'off']),
    random: checkFunction('random', random),
    newId: checkFunction('newId', newId),
  };
};
