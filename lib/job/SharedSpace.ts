import type { Data } from '../flow/Data.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { describeError } from '../prelude/describeError.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { jobError } from './JobError.js';

/** An entry of the shared log: one plain object with a time. */
export type LogEntry = Data & { readonly timestamp: unknown };

/** How many shared log entries and outputs a job keeps. */
export const LOG_BOUND = 10_000;

/** What all routines of one job share: values by key, and a log that only grows (its newest 10,000 entries are kept). */
export class SharedSpace {
  readonly values = new Map<string, unknown>();
  readonly entries = new BoundedLog<LogEntry>(LOG_BOUND);

  /** @throws JobError `BAD_LOG_ENTRY` */
  log(entry: unknown, now: number): void {
    if (!isPlainObject(entry)) throw jobError('BAD_LOG_ENTRY', { got: describeError(entry).message });
    this.entries.push({ ...entry, timestamp: entry['timestamp'] ?? new Date(now) });
  }
}
