import type { Isolate } from '../prelude/isolate.js';
import type { JobData } from './JobData.js';
import type { JobRecord, JobRecordBody } from './JobRecord.js';

/** The ledger of a job: its state, and records of all that happens for watchers. */
export interface Ledger {
  readonly data: JobData;
  /** Whether somebody sees the records; ask first, since it costs something to make one. */
  readonly watched: boolean;
  /** A copy for watchers, who may do with it what they like. */
  readonly show: Isolate;
  /** Tells a record; it gets the id of the job and the time of now, unless it has another. */
  tell(body: JobRecordBody, at?: number): void;
  /** Tells a record that has both. */
  post(record: JobRecord): void;
  /** Tells a warning. */
  warn(message: string, error?: unknown): void;
  /** The time of now in this job, epoch ms, and in ms since its base. */
  readonly now: number;
  readonly tick: number;
  /** The time of now for records, which those of one moment share. */
  readonly timestamp: Date;
}
