import type { Data } from '../flow/Data.js';

/** How far a stream that a routine keeps in a job has come: all that can be told of it from outside. */
export interface StreamState {
  /** All that has gone in, if that can bring the stream to the same point again; else undefined. */
  readonly inputs: readonly Data[] | undefined;
  /** How many values have come out. */
  readonly given: number;
  /** Whether anything has gone in or come out. */
  readonly begun: boolean;
  /** Its input is open; has completed, and it may still give; or nothing comes any more. */
  readonly stage: 'open' | 'completing' | 'over';
}

/** What changes of it; `input` is one more of its inputs. */
export type StreamChange = Partial<StreamState> & { readonly input?: Data };

/** The state as it is now: a live one changes in place. */
export const copyOf = (state: StreamState): StreamState => ({ ...state, inputs: state.inputs && [...state.inputs] });

/** Whether it has come to anything: one to which nothing has happened begins anew. */
export const isWorthTelling = ({ begun, stage }: StreamState): boolean => begun || stage !== 'open';

/** Whether it is lost if the job goes on elsewhere. */
export const isLost = ({ inputs, begun, stage }: StreamState): boolean => inputs === undefined && begun && stage !== 'over';
