import type { Data } from './Data.js';

/** What a handler handed out with `ctx.output`. */
export interface OutputRecord {
  readonly jobId: string;
  readonly routineId: string;
  readonly type: string;
  readonly data: Data;
  readonly timestamp: Date;
}
