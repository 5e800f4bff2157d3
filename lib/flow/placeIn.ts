import { checkOption } from './checkOption.js';
import type { AnyEvent } from './Event.js';
import { flowError, list } from './FlowError.js';
import { typeOf } from './Home.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import type { AnySlot } from './Slot.js';
import { checkCopy } from './checkCopy.js';

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

/** Where places are looked up. */
export interface Places<P = Named> {
  readonly flowId: string;
  readonly byId: ReadonlyMap<string, P>;
}

/** The routines to look in, as they are or as a plan has them. */
export interface RoutinesById<P = Named> extends Places<P> {
  readonly routineOf: (part: P) => DescribedRoutine;
}

/**
 * The place that `routineId.event`, or an event itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, both with the names that there are; `BAD_OPTION`
 */
export const eventIn = <P extends Named>(parts: RoutinesById<P>, event: string | AnyEvent, option = 'event'): Place => {
  const place = placeOf(parts, event, 'event', option);
  eventAt(routineAt(parts, place.routineId), place);
  return place;
};

/**
 * The place that `routineId.slot`, or a slot itself, means.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, both with the names that there are; `BAD_OPTION`
 */
export const slotIn = <P extends Named>(parts: RoutinesById<P>, slot: string | AnySlot, option = 'slot'): Place => {
  const place = placeOf(parts, slot, 'slot', option);
  slotAt(routineAt(parts, place.routineId), place);
  return place;
};

/** @throws FlowError `UNKNOWN_ROUTINE` */
export const routineAt = <P>({ flowId, byId }: Places<P>, routineId: string): P =>
  byId.get(routineId) ?? refuseId({ flowId, byId }, routineId);

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
export const checkEntry = <P extends Named>(parts: Places<P>, routineId: string): void => {
  if (!routineAt(parts, routineId).slots.has('trigger')) throw flowError('NO_TRIGGER', { flowId: parts.flowId, routineId });
};

type Kind = 'event' | 'slot';

const placeOf = <P extends Named>(
  parts: RoutinesById<P>,
  end: string | AnyEvent | AnySlot,
  kind: Kind,
  option: string,
): Place => {
  if (typeof end === 'object' && typeof (checkCopy(end) as AnyEvent | null)?.routine === 'object')
    return { routineId: idOf(parts, end.routine), name: end.name };
  return placeNamed(parts, end as string, kind, option);
};

/**
 * The place that `routineId.name` names. Ids and names may have dots themselves, so there may be more than one reading; one must fit.
 *
 * @throws FlowError `BAD_OPTION`
 */
export const placeNamed = (places: Places, end: string, kind: Kind, option: string): Place => {
  checkOption(option, end, typeof end === 'string', `'routineId.${kind}', or the ${kind} itself`);
  if (!end.includes('.')) refuseShort(places, end, kind, option);
  const fitting = readingsOf(end).filter((each) => fits(places, each, kind));
  const readings = fitting.map(({ routineId, name }) => `${kind} '${name}' of routine '${routineId}'`);
  checkOption(option, end, fitting.length < 2, `the id and the name apart, since it may be ${readings.join(', or ')}`);
  return fitting[0] ?? nearestReading(places, end);
};

// It names no event or slot, but perhaps a routine.
const refuseShort = (places: Places, value: string, kind: Kind, option: string): never => {
  const names = [...routineAt(places, value)[`${kind}s`].keys()].map((name) => `${value}.${name}`);
  throw flowError('BAD_OPTION', { option, value, expected: `the routine and its ${kind}: ${list(names, `${kind} is there`)}` });
};

/** All that a place written short may mean, the shortest name first. */
export const readingsOf = (end: string): readonly Place[] =>
  [...end.matchAll(/\./g)].map(({ index }) => ({ routineId: end.slice(0, index), name: end.slice(index + 1) })).reverse();

const fits = ({ byId }: Places, { routineId, name }: Place, kind: Kind): boolean =>
  byId.get(routineId)?.[`${kind}s`].has(name) === true;

// None fits: an error names the routine if there is one, and else what stands before the last dot.
const nearestReading = ({ byId }: Places, end: string): Place => {
  const readings = readingsOf(end);
  return readings.find(({ routineId }) => byId.has(routineId)) ?? (readings[0] as Place);
};

const idOf = <P extends Named>(parts: RoutinesById<P>, routine: DescribedRoutine): string => {
  for (const [id, part] of parts.byId) if (parts.routineOf(part) === routine) return id;
  return refuseRoutine(parts, routine);
};

const refuseId = ({ flowId, byId }: Places<unknown>, routineId: string, type?: string): never => {
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, type, known: [...byId.keys()] });
};

/** Refuses a routine that is not there. @throws FlowError `UNKNOWN_ROUTINE` */
export const refuseRoutine = (places: Places<unknown>, routine: DescribedRoutine): never =>
  refuseId(places, routine.id, typeOf(routine));
