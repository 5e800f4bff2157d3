import type { AnyEvent } from './Event.js';
import { flowError } from './FlowError.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import type { AnySlot } from './Slot.js';

/** The place of an event or a slot: its routine's id in the flow, and its own name. */
export interface Place {
  readonly routineId: string;
  readonly name: string;
}

/** A routine, or what a plan has made of it. */
interface Named {
  readonly events: ReadonlyMap<string, unknown>;
  readonly slots: ReadonlyMap<string, unknown>;
}

/** The routines to look in, as they are or as a plan has them. */
export interface Parts<P extends Named = Named> {
  readonly flowId: string;
  readonly byId: ReadonlyMap<string, P>;
  readonly routineOf: (part: P) => DescribedRoutine;
}

/**
 * The place that `routineId.event`, or an event itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, both with the names that there are; `BAD_OPTION`
 */
export const eventIn = <P extends Named>(parts: Parts<P>, event: string | AnyEvent, option = 'event'): Place => {
  const place = placeOf(parts, event, option);
  const { events } = partAt(parts, place.routineId);
  if (events.has(place.name)) return place;
  throw flowError('UNKNOWN_EVENT', { routineId: place.routineId, event: place.name, known: [...events.keys()] });
};

/**
 * The place that `routineId.slot`, or a slot itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, both with the names that there are; `BAD_OPTION`
 */
export const slotIn = <P extends Named>(parts: Parts<P>, slot: string | AnySlot): Place => {
  const place = placeOf(parts, slot, 'slot');
  const { slots } = partAt(parts, place.routineId);
  if (slots.has(place.name)) return place;
  throw flowError('UNKNOWN_SLOT', { routineId: place.routineId, slot: place.name, known: [...slots.keys()] });
};

/** @throws FlowError `UNKNOWN_ROUTINE` */
export const checkRoutineIn = <P extends Named>(parts: Omit<Parts<P>, 'routineOf'>, routineId: string): void =>
  void partAt(parts, routineId);

/** Refuses a routine that no run can begin at. @throws FlowError `UNKNOWN_ROUTINE`, `NO_TRIGGER` */
export const checkEntry = <P extends Named>(parts: Omit<Parts<P>, 'routineOf'>, routineId: string): void => {
  if (!partAt(parts, routineId).slots.has('trigger')) throw flowError('NO_TRIGGER', { flowId: parts.flowId, routineId });
};

const placeOf = <P extends Named>(parts: Parts<P>, end: string | AnyEvent | AnySlot, option: string): Place => {
  if (typeof end === 'string') return placeNamed(end);
  // By what it has: one of another copy of this library would not be an instance of ours.
  if (typeof end?.routine === 'object') return { routineId: idOf(parts, end.routine), name: end.name };
  const expected = `'routineId.${option === 'slot' ? 'slot' : 'event'}', or the ${option === 'slot' ? 'slot' : 'event'} itself`;
  throw flowError('BAD_OPTION', { option, value: end, expected });
};

/** What `routineId.name` names; an id may have dots itself. */
export const placeNamed = (end: string): Place => {
  const dot = end.lastIndexOf('.');
  return dot === -1 ? { routineId: end, name: '' } : { routineId: end.slice(0, dot), name: end.slice(dot + 1) };
};

const idOf = <P extends Named>(parts: Parts<P>, routine: DescribedRoutine): string => {
  for (const [id, part] of parts.byId) if (parts.routineOf(part) === routine) return id;
  return unknown(parts, routine.id);
};

const partAt = <P extends Named>(parts: Omit<Parts<P>, 'routineOf'>, routineId: string): P =>
  parts.byId.get(routineId) ?? unknown(parts, routineId);

const unknown = <P extends Named>({ flowId, byId }: Omit<Parts<P>, 'routineOf'>, routineId: string): never => {
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, known: [...byId.keys()] });
};
