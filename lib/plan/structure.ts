import { pairsOf, type ParamMapping } from '../flow/mapping.js';
import { hash } from '../prelude/hash.js';
import { oldHash } from '../prelude/oldHash.js';
import type { Connection, Event, Plan, Routine } from './Plan.js';

/**
 * A few characters that tell whether two flows have the same structure: the same routine ids, slots and events, and the
 * same connections with the same mappings, in the same order for each event. Handlers, types and settings do not count.
 */
export const structureOf = (routines: Iterable<Routine>): string => hash(textOf(routines));

/** Whether a plan has the structure that these characters tell; 0.1.0 has written them with another hash, of half as many digits. */
export const hasStructure = (plan: Pick<Plan, 'structure' | 'routines'>, told: string): boolean =>
  told === (told.length === OLD_DIGITS ? oldHash(textOf(plan.routines.values())) : plan.structure);

const OLD_DIGITS = 16;

// Brackets and quotes keep apart what two names, or two lists of them, could be put together from.
const textOf = (routines: Iterable<Routine>): string => JSON.stringify([...routines].map(routineOf).sort(byFirst));

type Named = readonly [name: string, ...unknown[]];

const byFirst = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

const routineOf = ({ id, slots, events }: Routine): Named => [
  id,
  [...slots.keys()].sort(),
  [...events.values()].map(eventOf).sort(byFirst),
];

const eventOf = ({ name, connections }: Event): Named => [name, connections.map(connectionOf)];

const connectionOf = ({ described, slot }: Connection): unknown => [slot.routine.id, slot.name, mappingOf(described?.mapping)];

const mappingOf = (mapping: ParamMapping | undefined): unknown =>
  typeof mapping === 'object' ? pairsOf(mapping) : typeof mapping;
