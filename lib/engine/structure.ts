import { hash } from '../prelude/hash.js';
import type { Node, Outlet, Route } from './Plan.js';

/**
 * A few characters that tell whether two flows have the same structure: the same routine ids, slots and events, and the
 * same connections with the same mappings, in the same order for each event. Handlers, types and settings do not count.
 */
export const structureOf = (nodes: Iterable<Node>): string => hash(JSON.stringify([...nodes].map(nodeOf).sort(byFirst)));

type Named = readonly [name: string, ...unknown[]];

const byFirst = ([a]: Named, [b]: Named): number => (a < b ? -1 : 1);

const nodeOf = ({ id, slots, events }: Node): Named => [
  id,
  [...slots.keys()].sort(),
  [...events.values()].map(outletOf).sort(byFirst),
];

const outletOf = ({ name, routes }: Outlet): Named => [name, routes.map(routeOf)];

const routeOf = ({ connection, target }: Route): unknown => [target.node.id, target.name, mappingOf(connection?.mapping)];

const mappingOf = (mapping: unknown): unknown =>
  typeof mapping === 'object' && mapping !== null
    ? Object.entries(mapping as Record<string, string>).sort(byFirst)
    : typeof mapping;
