import { checkOption } from './checkOption.js';
import type { Connection } from './Connection.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { type AnyEvent, Event } from './Event.js';
import type { ParamMapping } from './mapping.js';
import { placeNamed, type Places } from './placeIn.js';
import { type AnySlot, Slot } from './Slot.js';
import { checkCopy } from './checkCopy.js';

/** A flow, as ends are looked up in it. */
interface Ends {
  readonly places: Places;
  idOf(routine: DescribedRoutine): string;
}

type Given = readonly unknown[];

/** The connection that the arguments of `Flow.connect` mean: an event and a slot, two ends written short, or ids and names. */
export const connectionFrom = (given: Given, flow: Ends): Connection => {
  given.forEach(checkCopy);
  if (given.slice(0, 2).some((end) => typeof end === 'object' && end !== null)) return between(given, flow);
  return typeof given[2] === 'string' ? byNames(given) : short(given, flow);
};

const between = ([source, target, mapping]: Given, flow: Ends): Connection => {
  checkOption('source', source, source instanceof Event, 'an event, and a slot after it');
  checkOption('target', target, target instanceof Slot, 'a slot, after the event');
  const [event, slot] = [source as AnyEvent, target as AnySlot];
  const [sourceId, targetId] = [flow.idOf(event.routine), flow.idOf(slot.routine)];
  return { sourceId, sourceEvent: event.name, targetId, targetSlot: slot.name, mapping: mapping as ParamMapping | undefined };
};

const NAMES = ['sourceId', 'sourceEvent', 'targetId', 'targetSlot'] as const;

const byNames = (given: Given): Connection => {
  const [sourceId, sourceEvent, targetId, targetSlot] = NAMES.map((option, at) =>
    checkOption(
      option,
      given[at] as string,
      typeof given[at] === 'string',
      'a string: sourceId, sourceEvent, targetId, targetSlot',
    ),
  ) as [string, string, string, string];
  return { sourceId, sourceEvent, targetId, targetSlot, mapping: given[4] as ParamMapping | undefined };
};

const short = ([source, target, mapping]: Given, { places }: Ends): Connection => {
  const from = placeNamed(places, source as string, 'event', 'source');
  const to = placeNamed(places, target as string, 'slot', 'target');
  const ends = { sourceId: from.routineId, sourceEvent: from.name, targetId: to.routineId, targetSlot: to.name };
  return { ...ends, mapping: mapping as ParamMapping | undefined };
};
