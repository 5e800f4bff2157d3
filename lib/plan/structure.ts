import { hash } from '../prelude/hash.js';
import type { Connection, Event, Routine } from './Plan.js';

/**
 * A few characters that tell whether two flows have the same structure: the same routine ids, slots and events, and the
 * same connections with the same mappings, in the same order for each event. Handlers, types and settings do not count.
 */
export const structureOf = (routines: Iterable<Routine>): string =>
  hash(JSON.stringify([...routines].map(routineOf).sort(byFirst)));

type Named = readonly [name: string, ...unknown[]];

const byFirst = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

const routineOf = ({ id, slots, events }: Routine): Named => [
  id,
  [...slots.keys()].sort(),
  [...events.values()].map(eventOf).sort(byFirst),
];

const eventOf = ({ name, connections }: Event): Named => [name, connections.map(connectionOf)];

const connectionOf = ({ described, slot }: Connection): unknown => [slot.routine.id, slot.name, mappingOf(described?.mapping)];

const mappingOf = (mapping: unknown): unknown =>
  typeof mapping === 'object' && mapping !== null
    ? Object.entries(mapping as Record<string, string>).sort(byFirst)
    : typeof mapping;
