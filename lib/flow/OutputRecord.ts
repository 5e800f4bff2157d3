import type { Data } from './Data.js';

/** What a handler handed out with `ctx.output`. */
export interface OutputRecord {
  /** The job of the handler. */
  readonly jobId: string;
  /** The routine of the handler. */
  readonly routineId: string;
  /** What the handler calls it. */
  readonly type: string;
  /** What it handed out: one plain object. */
  readonly data: Data;
  /** When. */
  readonly timestamp: Date;
}
