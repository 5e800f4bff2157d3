import * as fold from './fold.js';
import type { Ledger } from './Ledger.js';
import { copyOf, type StreamChange, type StreamState } from './StreamState.js';

/* What happens to the streams that a routine keeps; see `noteJob.ts`. */

/** The streams of a routine are these. */
export const streamsSet = (ledger: Ledger, routineId: string, states: readonly StreamState[]): void => {
  fold.streamsSet(ledger.data, routineId, states);
  if (ledger.watched) ledger.tell({ type: 'streamsSet', routineId, streams: states.map(copyOf) });
};

/** It keeps one more. */
export const streamOpened = (ledger: Ledger, routineId: string, state: StreamState): void => {
  streamsSet(ledger, routineId, [...streamsOf(ledger, routineId), state]);
};

/** One is over, and nothing is left of it. */
export const streamForgotten = (ledger: Ledger, routineId: string, state: StreamState): void => {
  const left = streamsOf(ledger, routineId).filter((each) => each !== state);
  streamsSet(ledger, routineId, left);
};

/** A stream has come further. */
export const streamChanged = (ledger: Ledger, routineId: string, state: StreamState, change: StreamChange): void => {
  fold.streamChanged(state, change);
  if (!ledger.watched) return;
  ledger.tell({ type: 'streamChanged', routineId, place: streamsOf(ledger, routineId).indexOf(state), change });
};

const streamsOf = ({ data }: Ledger, routineId: string): readonly StreamState[] => data.streams.get(routineId) ?? [];
