import type { Data } from '../flow/Data.js';

/** How far a stream that a routine keeps in a job has come: all that can be told of it from outside. */
export interface StreamState {
  /** All that has gone in, where the stream can be brought to the same point by it; undefined where it cannot. */
  readonly inputs: readonly Data[] | undefined;
  /** How many values have come out. */
  readonly given: number;
  /** Whether anything has gone in or come out. */
  readonly begun: boolean;
  /** Its input is open; has completed, and it may still give; or nothing comes any more. */
  readonly stage: 'open' | 'completing' | 'over';
}

/** Whether it has come to anything: one to which nothing has happened begins anew. */
export const isWorthTelling = ({ begun, stage }: StreamState): boolean => begun || stage !== 'open';

/** Whether it is lost where the job goes on elsewhere. */
export const isLost = ({ inputs, begun, stage }: StreamState): boolean => inputs === undefined && begun && stage !== 'over';
