import * as fold from './fold.js';
import type { Ledger } from './Ledger.js';
import { copyOf, type StreamChange, type StreamState } from './StreamState.js';

/* What happens to the streams that a routine keeps; see `noteJob.ts`. */

/** The streams of a routine are these. */
export const streamsSet = (ledger: Ledger, routineId: string, states: readonly StreamState[]): void => {
  fold.streamsSet(ledger.data, routineId, states);
  tellStreams(ledger, routineId);
};

/** It keeps one more. */
export const streamOpened = (ledger: Ledger, routineId: string, state: StreamState): void => {
  fold.streamOpened(ledger.data, routineId, state);
  tellStreams(ledger, routineId);
};

/** One is over, and nothing is left of it. */
export const streamForgotten = (ledger: Ledger, routineId: string, state: StreamState): void => {
  fold.streamForgotten(ledger.data, routineId, state);
  tellStreams(ledger, routineId);
};

/** A stream has come further. */
export const streamChanged = (ledger: Ledger, routineId: string, state: StreamState, change: StreamChange): void => {
  fold.streamChanged(state, change);
  if (!ledger.watched) return;
  ledger.tell({ type: 'streamChanged', routineId, place: streamsOf(ledger, routineId).indexOf(state), change });
};

const tellStreams = (ledger: Ledger, routineId: string): void => {
  if (ledger.watched) ledger.tell({ type: 'streamsSet', routineId, streams: streamsOf(ledger, routineId).map(copyOf) });
};

const streamsOf = ({ data }: Ledger, routineId: string): readonly StreamState[] => [...(data.streams.get(routineId) ?? [])];
