import type { Data } from './Data.js';
import type { ParamMapping } from './mapping.js';

/** The way from an event to a slot, and how a payload changes on it. */
export interface Connection {
  /** The id of the routine that emits. */
  readonly sourceId: string;
  /** The name of its event. */
  readonly sourceEvent: string;
  /** The id of the routine that takes. */
  readonly targetId: string;
  /** The name of its slot. */
  readonly targetSlot: string;
  /** Renames, or a function; undefined passes the payload on as it is. */
  readonly mapping: ParamMapping | undefined;
}

/** A payload under its new names: every name of `M` that is in `A` gives way to its new name. */
export type Renamed<A, M> = {
  [K in keyof A as K extends keyof M ? (M[K] extends PropertyKey ? M[K] : K) : K]: A[K];
} & Data;
