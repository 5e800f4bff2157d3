import type { Subject } from 'rxjs';
import type { Codec } from '../flow/Codec.js';
import type { Connection as Described } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { ErrorHandler } from '../flow/ErrorHandler.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { FixedLimit } from '../flow/Limit.js';
import type { Input as MergedInput, Merged } from '../flow/merge.js';
import type { DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { EngineHandler } from '../flow/TaskContext.js';
import type { Isolate } from '../prelude/isolate.js';

/**
 * A flow as it stood when a job began, compiled: numbered slots and events, and for each event the connections it feeds.
 * Nothing in it changes any more, and a task finds its way by links; only `emit` looks its event up by name.
 */
export interface Plan {
  readonly settings: FlowSettings;
  readonly routines: ReadonlyMap<string, Routine>;
  readonly routineOf: ReadonlyMap<DescribedRoutine, Routine>;
  /** Keeps an emission apart from its emitter; `place` names it in the error. @throws FlowError `NOT_CLONABLE` */
  readonly isolate: <T extends object>(value: T, place: Place) => T;
  /** A copy for watchers, who may do with it what they like. */
  readonly show: Isolate;
  /** Tells this structure from another. */
  readonly structure: string;
  /** Slots that have a limit of their own. */
  readonly limited: readonly Slot[];
  /** Whether some of its routines keep streams. */
  readonly keepsStreams: boolean;
  /** Whether runs of handlers are kept in the metrics. */
  readonly measures: boolean;
  /** Whether what an attempt does counts only when it succeeds. */
  readonly commits: boolean;
  /** Whether handlers are called so that their async context follows them across an `await`. */
  readonly carries: boolean;
}

/** What a payload is for: an event, a slot that gets it, or something else, in words. */
export type Place = Event | Slot | (() => string);

/** A routine in its place in the flow. */
export interface Routine {
  readonly index: number;
  readonly id: string;
  /** As the user has described it. */
  readonly described: DescribedRoutine;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly slotNames: readonly string[];
  readonly eventNames: readonly string[];
  readonly events: ReadonlyMap<string, Event>;
  /** Its first event, the only one of most routines: comparing its name costs less than a look into the map. */
  readonly mainEvent: Event | undefined;
  readonly errorHandler: ErrorHandler | undefined;
  /** Its event that takes the place of a failure. */
  readonly fallback: Event | undefined;
  /** Whether it keeps a stream in each job. */
  readonly keepsStreams: boolean;
}

/** A slot, ready to take a task. */
export interface Slot {
  readonly routine: Routine;
  readonly name: string;
  /** Its place among the slots of its routine. */
  readonly ordinal: number;
  readonly handler: EngineHandler | undefined;
  readonly codec: Codec<object> | undefined;
  readonly merge: ((held: Data, incoming: Data) => Merged) | undefined;
  /** Whether its merge is `append`. */
  readonly gathers: boolean;
  /** What is handed out of what a function of the user gave: with `clone` a copy without a part that anybody else holds, or a getter. */
  readonly apart: Isolate;
  /** A copy for the handler, apart from what the slot holds. */
  readonly copyForHandler: (input: MergedInput) => Data;
  /** How many of its tasks may wait; undefined for any number. */
  readonly limit: FixedLimit | undefined;
  /** The event for the values of a returned stream. */
  readonly emits: Event | undefined;
  /** How an entry or a value of a feed comes in, which no connection brings. */
  readonly direct: readonly [Connection];
}

/** An event, ready to be emitted: a Subject of what a job makes of a payload, which the plan does not know, and its connections. */
export interface Event {
  readonly routine: Routine;
  readonly name: string;
  readonly ordinal: number;
  readonly emission$: Subject<unknown>;
  readonly connections: readonly Connection[];
}

/** A connection, ready to carry: `map` turns an emission's payload into the slot's. */
export interface Connection {
  /** As the user has described it; undefined for a way in that is none. */
  readonly described: Described | undefined;
  /** Its place among the connections of its event. */
  readonly nth: number | undefined;
  readonly slot: Slot;
  readonly map: ((data: Data) => Data) | undefined;
  /** Whether a payload arrives as it was emitted: no mapping, no codec, no merge. */
  readonly isStraight: boolean;
}
