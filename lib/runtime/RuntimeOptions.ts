import type { ExecuteOptions } from '../flow/ExecuteOptions.js';
import { checkKnown, checkOption, type Known } from '../flow/checkOption.js';
import { Flow } from '../Flow.js';
import type { Store } from '../wire/Store.js';
import type { JobInfo } from './JobInfo.js';

/** What a runtime is made of. */
export interface RuntimeOptions {
  /** Where the jobs are kept. */
  readonly store: Store;
  /** The definitions of this program: jobs go on with the handlers that are here. @default none */
  readonly flows?: readonly Flow[] | undefined;
  /** Which jobs that opening finds unfinished go on by themselves; those that are paused stay paused. @default 'all' */
  readonly recover?: 'all' | 'none' | ((job: JobInfo) => boolean) | undefined;
  /** How often a task may be begun without an end: a whole number from 1. Its last time it runs alone. @default 10 */
  readonly maxDeliveries?: number | undefined;
  /** How long an ended job is kept, in ms from 0, or `Infinity`. @default 604_800_000, 7 days */
  readonly retainMs?: number | undefined;
  /** Bytes of one payload, state value or answer as it is stored: a whole number from 1. @default 1_048_576 */
  readonly maxPayloadBytes?: number | undefined;
  /** Attempts that have ended and wait for the store: a whole number from 1. Above it no task is begun. @default 1000 */
  readonly maxUncommitted?: number | undefined;
}

const KNOWN: Known<RuntimeOptions> = {
  store: true,
  flows: true,
  recover: true,
  maxDeliveries: true,
  retainMs: true,
  maxPayloadBytes: true,
  maxUncommitted: true,
};

const WEEK = 604_800_000;

/** The same with every default filled in. */
export interface RuntimeSettings {
  readonly store: Store;
  readonly flows: readonly Flow[];
  readonly recover: (job: JobInfo) => boolean;
  readonly maxDeliveries: number;
  readonly retainMs: number;
  readonly maxPayloadBytes: number;
  readonly maxUncommitted: number;
}

/** @throws FlowError `BAD_OPTION` */
export const settingsOf = (options: RuntimeOptions): RuntimeSettings => {
  const {
    store,
    flows = [],
    recover = 'all',
    maxDeliveries = 10,
    retainMs = WEEK,
    maxPayloadBytes = 1_048_576,
    maxUncommitted = 1_000,
  } = checkKnown(options, KNOWN);
  checkOption('store', store, typeof (store as Store | undefined)?.commit === 'function', 'a store, such as memoryStore()');
  checkOption('flows', flows, Array.isArray(flows) && flows.every((flow) => flow instanceof Flow), 'a list of flows');
  return {
    store,
    flows,
    recover: recoverFrom(recover),
    maxDeliveries: checkCount('maxDeliveries', maxDeliveries),
    retainMs: checkOption('retainMs', retainMs, typeof retainMs === 'number' && retainMs >= 0, 'ms from 0 up, or Infinity'),
    maxPayloadBytes: checkCount('maxPayloadBytes', maxPayloadBytes),
    maxUncommitted: checkCount('maxUncommitted', maxUncommitted),
  };
};

const recoverFrom = (recover: NonNullable<RuntimeOptions['recover']>): RuntimeSettings['recover'] => {
  if (typeof recover === 'function') return recover;
  checkOption('recover', recover, recover === 'all' || recover === 'none', "'all', 'none' or a function (job) => boolean");
  return () => recover === 'all';
};

const checkCount = (option: string, value: number): number =>
  checkOption(option, value, Number.isSafeInteger(value) && value >= 1, 'a whole number from 1 up');

/** What one durable run does otherwise than its flow. */
export interface StartOptions extends Omit<ExecuteOptions, 'signal' | 'output' | 'parent' | 'detached' | 'orThrow'> {
  /** Until when it is `pending`: so long, in ms from 0. @default 0 */
  readonly delayMs?: number | undefined;
  /** The same as an instant; one of the two. @default now */
  readonly at?: Date | undefined;
}

export const START_OPTIONS: Known<StartOptions> = {
  jobId: true,
  timeoutMs: true,
  executionStrategy: true,
  maxWorkers: true,
  maxQueued: true,
  overflow: true,
  delayMs: true,
  at: true,
};
