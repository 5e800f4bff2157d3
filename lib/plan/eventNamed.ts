import { checkCopy } from '../flow/checkCopy.js';
import type { AnyEvent } from '../flow/Event.js';
import { flowError } from '../flow/FlowError.js';
import { isObject } from '../prelude/has.js';
import type { Event, Place, Routine } from './Plan.js';

/** An event as an error names it. */
export const describeEvent = ({ name, routine }: Event): string => `Event '${name}' of routine '${routine.id}'`;

/** What a payload is for, as an error names it. */
export const describePlace = (place: Place): string => {
  if (typeof place === 'function') return place();
  return 'emission$' in place ? describeEvent(place) : `Input of slot '${place.name}' of routine '${place.routine.id}'`;
};

/** @throws FlowError `UNKNOWN_EVENT` */
export const eventNamed = (routine: Routine, name: string): Event =>
  routine.mainEvent?.name === name ? routine.mainEvent : otherEvent(routine, name);

const otherEvent = (routine: Routine, name: string): Event => routine.events.get(name) ?? refuseEvent(routine, name);

/** The same, by its name or itself. */
export const eventFor = (routine: Routine, event: string | AnyEvent): Event => {
  if (typeof event === 'string') return eventNamed(routine, event);
  if (!isObject(event)) return refuseEvent(routine, event);
  return event.routine === routine.described
    ? eventNamed(routine, event.name)
    : refuseEvent(routine, checkCopy(event).name ?? event);
};

const refuseEvent = (routine: Routine, event: unknown): never => {
  throw flowError('UNKNOWN_EVENT', { routineId: routine.id, event: event as string, known: [...routine.events.keys()] });
};
