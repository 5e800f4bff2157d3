import type { Node } from '../engine/Plan.js';
import { placeNamed } from '../flow/placeIn.js';
import { type Job, runOf } from '../Job.js';
import { testingError } from './TestingError.js';

/**
 * Refuses lines about what none of the jobs has: that nothing happens there would always hold.
 *
 * @throws TestingError `UNKNOWN_PLACE`
 */
export const checkPlaces = (lines: readonly string[], jobs: readonly Job[]): void => {
  const flows = jobs.map((job) => runOf(job).plan.nodes);
  for (const line of lines) {
    const [kind = '', ...rest] = line.split(' ');
    const subject = rest.join(' ');
    if (subject === '' || flows.length === 0 || flows.some((nodes) => hasPlace(nodes, kind, subject))) continue;
    throw testingError('UNKNOWN_PLACE', { line, known: [...new Set(flows.flatMap((nodes) => placesOf(nodes, kind)))] });
  }
};

const hasPlace = (nodes: ReadonlyMap<string, Node>, kind: string, subject: string): boolean => {
  const { routineId, name } = placeNamed(subject);
  const node = nodes.get(routineId);
  return nodes.has(subject) || (node !== undefined && (kind === 'outputs' || partsOf(node, kind).has(name)));
};

const partsOf = ({ slots, events }: Node, kind: string): ReadonlyMap<string, unknown> => (kind === 'emits' ? events : slots);

const placesOf = (nodes: ReadonlyMap<string, Node>, kind: string): readonly string[] =>
  kind === 'outputs'
    ? [...nodes.keys()]
    : [...nodes.values()].flatMap((node) => [...partsOf(node, kind).keys()].map((part) => `${node.id}.${part}`));
