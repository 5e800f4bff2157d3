import type { Data } from './Data.js';
import type { Part } from './Part.js';

/** What a routine has to know of a flow that it is in. */
export interface Home {
  readonly flowId: string;
  /** The routine has other slots, events or settings now: later runs follow them. */
  changed(): void;
  /** Ids of the jobs that have not ended and hold this routine. */
  jobsUsing(routine: Part): readonly string[];
  /** Whether a handler is found by itself also after an `await`. */
  readonly carriesContext: boolean;
  /** Hands a payload to the targets of an event at once, outside any job. */
  deliver(routine: Part, event: string, data: Data): void;
}

// By what it has: a class of another copy of this library would not be an instance of ours.
export const isRoutine = <P extends Part>(value: P | null | undefined): value is P =>
  value?.slots instanceof Map && value.events instanceof Map;

const homes = new WeakMap<Part, Set<Home>>();

/** The flows that a routine has been added to. */
export const homesOf = (routine: Part): ReadonlySet<Home> => homes.get(routine) ?? new Set();

export const settle = (home: Home, routine: Part): void => {
  homes.set(routine, new Set(homesOf(routine)).add(home));
};
