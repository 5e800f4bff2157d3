import type { Connection } from './Connection.js';
import { type AnyEvent, Event } from './Event.js';
import type { ParamMapping } from './mapping.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { placeNamed } from './placeIn.js';
import { type AnySlot, Slot } from './Slot.js';

/** The connection that the arguments of `Flow.connect` mean: an event and a slot, two ends written short, or ids and names. */
export const connectionFrom = (
  [source, ...rest]: readonly unknown[],
  idOf: (routine: DescribedRoutine) => string,
): Connection => {
  if (source instanceof Event && rest[0] instanceof Slot)
    return between(source as AnyEvent, rest[0] as AnySlot, rest[1] as ParamMapping | undefined, idOf);
  if (typeof rest[1] !== 'string') return betweenEnds(String(source), String(rest[0]), rest[1] as ParamMapping | undefined);
  const [sourceEvent, targetId, targetSlot, mapping] = rest as [string, string, string, ParamMapping | undefined];
  return { sourceId: source as string, sourceEvent, targetId, targetSlot, mapping };
};

const between = (
  source: AnyEvent,
  target: AnySlot,
  mapping: ParamMapping | undefined,
  idOf: (routine: DescribedRoutine) => string,
): Connection => ({
  sourceId: idOf(source.routine),
  sourceEvent: source.name,
  targetId: idOf(target.routine),
  targetSlot: target.name,
  mapping,
});

const betweenEnds = (source: string, target: string, mapping: ParamMapping | undefined): Connection => {
  const [from, to] = [placeNamed(source), placeNamed(target)];
  return { sourceId: from.routineId, sourceEvent: from.name, targetId: to.routineId, targetSlot: to.name, mapping };
};
