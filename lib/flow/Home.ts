import type { Data } from './Data.js';
import { checkOption } from './checkOption.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { isUuid } from '../prelude/uuid.js';
import { checkCopy } from './checkCopy.js';

/** What a routine has to know of a flow that it is in. */
export interface Home {
  readonly flowId: string;
  /** The routine has other slots, events or settings now: later runs follow them. */
  changed(): void;
  /** Ids of the jobs that have not ended and hold this routine. */
  jobsUsing(routine: DescribedRoutine): readonly string[];
  /** Its id in the flow. */
  idOf(routine: DescribedRoutine): string;
  /** Whether a handler is found by itself also after an `await`. */
  readonly carriesContext: boolean;
  /** Hands a payload to the targets of an event at once, outside any job. */
  deliver(routine: DescribedRoutine, event: string, data: Data): void;
}

// By what it has, so that who reads a flow needs no class of users.
export const isRoutine = <P extends DescribedRoutine>(value: P | null | undefined): value is P =>
  value?.slots instanceof Map && value.events instanceof Map;

/** @throws FlowError `BAD_OPTION` */
export const checkRoutine = (routine: DescribedRoutine): void => {
  checkOption('routine', routine, isRoutine(checkCopy(routine)), 'an instance of Routine or a subclass');
};

const homes = new WeakMap<DescribedRoutine, Set<Home>>();

/** The flows that a routine has been added to. */
export const homesOf = (routine: DescribedRoutine): ReadonlySet<Home> => homes.get(routine) ?? new Set();

/** A routine as an error names it: by its id in a flow, or by its type while it has none that somebody has chosen. */
export const nameOf = (routine: DescribedRoutine): string => {
  const ids = [routine.id, ...[...homesOf(routine)].map((home) => home.idOf(routine))];
  return ids.find((id) => !isUuid(id)) ?? typeOf(routine);
};

/** The kind of a routine, in words. */
export const typeOf = ({ type }: DescribedRoutine): string => (type === '' ? 'routine' : type);

export const addHome = (home: Home, routine: DescribedRoutine): void => {
  homes.set(routine, new Set(homesOf(routine)).add(home));
};
