import type { Node } from './Plan.js';

/** The routines that something emitted by this one may lead to, nearest first; itself only where it is in a cycle. */
export const reachableFrom = (node: Node): ReadonlySet<Node> => {
  const reached = new Set(targetsOf(node));
  // What is added meanwhile is visited too.
  for (const next of reached) for (const target of targetsOf(next)) reached.add(target);
  return reached;
};

const targetsOf = ({ events }: Node): readonly Node[] =>
  [...events.values()].flatMap(({ routes }) => routes.map(({ target }) => target.node));
