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
export interface RoutinesById<P = Named> {
  readonly flowId: string;
  readonly byId: ReadonlyMap<string, P>;
  readonly routineOf: (part: P) => DescribedRoutine;
}

/**
 * The place that `routineId.event`, or an event itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, both with the names that there are; `BAD_OPTION`
 */
export const eventIn = <P extends Named>(parts: RoutinesById<P>, event: string | AnyEvent, option = 'event'): Place => {
  const place = placeOf(parts, event, option);
  eventAt(routineAt(parts, place.routineId), place);
  return place;
};

/**
 * The place that `routineId.slot`, or a slot itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, both with the names that there are; `BAD_OPTION`
 */
export const slotIn = <P extends Named>(parts: RoutinesById<P>, slot: string | AnySlot): Place => {
  const place = placeOf(parts, slot, 'slot');
  slotAt(routineAt(parts, place.routineId), place);
  return place;
};

/** @throws FlowError `UNKNOWN_ROUTINE` */
export const routineAt = <P>({ flowId, byId }: Pick<RoutinesById<P>, 'flowId' | 'byId'>, routineId: string): P =>
  byId.get(routineId) ?? unknown({ flowId, byId }, routineId);

/** @throws FlowError `UNKNOWN_EVENT` */
export const eventAt = <E>({ events }: { readonly events: ReadonlyMap<string, E> }, { routineId, name }: Place): E => {
  const event = events.get(name);
  if (event !== undefined) return event;
  throw flowError('UNKNOWN_EVENT', { routineId, event: name, known: [...events.keys()] });
};

/** @throws FlowError `UNKNOWN_SLOT` */
export const slotAt = <S>({ slots }: { readonly slots: ReadonlyMap<string, S> }, { routineId, name }: Place): S => {
  const slot = slots.get(name);
  if (slot !== undefined) return slot;
  throw flowError('UNKNOWN_SLOT', { routineId, slot: name, known: [...slots.keys()] });
};

/** Refuses a routine that no run can begin at. @throws FlowError `UNKNOWN_ROUTINE`, `NO_TRIGGER` */
export const checkEntry = <P extends Named>(parts: Pick<RoutinesById<P>, 'flowId' | 'byId'>, routineId: string): void => {
  if (!routineAt(parts, routineId).slots.has('trigger')) throw flowError('NO_TRIGGER', { flowId: parts.flowId, routineId });
};

const placeOf = <P extends Named>(parts: RoutinesById<P>, end: string | AnyEvent | AnySlot, option: string): Place => {
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

const idOf = <P extends Named>(parts: RoutinesById<P>, routine: DescribedRoutine): string => {
  for (const [id, part] of parts.byId) if (parts.routineOf(part) === routine) return id;
  return unknown(parts, routine.id);
};

const unknown = ({ flowId, byId }: Pick<RoutinesById<unknown>, 'flowId' | 'byId'>, routineId: string): never => {
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, known: [...byId.keys()] });
};
