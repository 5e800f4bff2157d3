import type { Data } from '../flow/Data.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { jobError } from './JobError.js';

/** An entry of the shared log: one plain object with a time. */
export type LogEntry = Data & {
  /** Its own, or a `Date` of when it was logged. */
  readonly timestamp: unknown;
};

/** How many shared log entries and outputs a job keeps. */
export const LOG_BOUND = 10_000;

/** What all routines of one job share: values by key, and a log that only grows (its newest 10,000 entries are kept). */
export class SharedSpace {
  constructor(
    readonly values = new Map<string, unknown>(),
    readonly entries = new BoundedLog<LogEntry>(LOG_BOUND),
  ) {}
}

/**
 * An entry for the log: a copy, with the time of now (epoch ms) unless it has one.
 *
 * @throws JobError `BAD_LOG_ENTRY` for what is no plain object
 */
export const toLogEntry = (entry: unknown, now: number): LogEntry => {
  if (isPlainObject(entry)) return { ...entry, timestamp: entry['timestamp'] ?? new Date(now) };
  throw jobError('BAD_LOG_ENTRY', { got: describeError(entry).message });
};
