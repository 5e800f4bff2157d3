import type { Routine } from '../Routine.js';
import type { Data } from './Data.js';

/** What a routine has to know of a flow that it is in. */
export interface Home {
  readonly flowId: string;
  /** The routine has other slots, events or settings now: later runs follow them. */
  changed(): void;
  /** Ids of the jobs that have not ended and hold this routine. */
  jobsUsing(routine: Routine): readonly string[];
  /** Whether a handler is found by itself also after an `await`. */
  readonly carriesContext: boolean;
  /** Hands a payload to the targets of an event at once, outside any job. */
  deliver(routine: Routine, event: string, data: Data): void;
}

// By what it has: a class of another copy of this library would not be an instance of ours.
export const isRoutine = (value: Routine | null | undefined): value is Routine =>
  value?.slots instanceof Map && value.events instanceof Map;

const homes = new WeakMap<Routine, Set<Home>>();

/** The flows that a routine has been added to. */
export const homesOf = (routine: Routine): ReadonlySet<Home> => homes.get(routine) ?? new Set();

export const settle = (home: Home, routine: Routine): void => {
  homes.set(routine, new Set(homesOf(routine)).add(home));
};
