import { groupBy } from '../prelude/groupBy.js';
import type { Graph } from './Graph.js';

/** Something that looks wrong in a flow, found before it runs. An `error` makes a run fail, a `warning` may be meant. */
export interface Finding {
  /** Whether a run would fail by it, or only may. */
  readonly severity: 'error' | 'warning';
  /** `UNKNOWN_EVENT`, `UNKNOWN_PARAM`, `NO_ENTRY` or `UNREACHABLE`. */
  readonly code: string;
  /** The routine that it is about; none if it is about the whole flow. */
  readonly routineId?: string;
  /** A sentence for people. */
  readonly message: string;
}

/** Every finding on a graph: errors first. */
export const findingsOn = (graph: Graph): readonly Finding[] => [
  ...unknownEmits(graph),
  ...unknownFallbacks(graph),
  ...unknownParams(graph),
  ...noEntry(graph),
  ...unreachable(graph),
];

const unknownEmits = ({ routines }: Graph): readonly Finding[] =>
  [...routines].flatMap(([routineId, routine]) =>
    [...routine.slots.values()].flatMap(({ name, emits }) =>
      emits === undefined || routine.events.has(emits)
        ? []
        : [
            {
              severity: 'error',
              code: 'UNKNOWN_EVENT',
              routineId,
              message: `Slot '${name}' of routine '${routineId}' emits '${emits}', an event that the routine does not have.`,
            },
          ],
    ),
  );

const unknownFallbacks = ({ routines }: Graph): readonly Finding[] =>
  [...routines].flatMap(([routineId, { errorHandler, events }]) => {
    const name = errorHandler?.fallback;
    if (name === undefined || events.has(name)) return [];
    const message = `The error handler of routine '${routineId}' falls back on '${name}', an event that the routine does not have.`;
    return [{ severity: 'error', code: 'UNKNOWN_EVENT', routineId, message }];
  });

/** Renames of what an event does not declare; one that declares no names may emit any. */
const unknownParams = ({ routines, connections }: Graph): readonly Finding[] => {
  // Once for each event, however many connections it has.
  const declaredBy = new Map<readonly string[], Declared>();
  return connections.flatMap(({ sourceId, sourceEvent, mapping }) => {
    const names = routines.get(sourceId)?.events.get(sourceEvent)?.paramNames ?? [];
    if (typeof mapping !== 'object' || names.length === 0) return [];
    const declared = declaredBy.get(names) ?? declaredIn(names);
    declaredBy.set(names, declared);
    return Object.keys(mapping)
      .filter((name) => !declared.names.has(name))
      .map((name) => ({
        severity: 'warning',
        code: 'UNKNOWN_PARAM',
        routineId: sourceId,
        message: `A connection renames '${name}', which event '${sourceEvent}' of routine '${sourceId}' does not declare (${declared.text}); renames are written { old: 'new' }.`,
      }));
  });
};

/** The parameters of an event; a message lists ten of them. */
interface Declared {
  readonly names: ReadonlySet<string>;
  readonly text: string;
}

const declaredIn = (names: readonly string[]): Declared => ({
  names: new Set(names),
  text: names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : ''),
});

const isEntry = ({ routines }: Graph, routineId: string): boolean => routines.get(routineId)?.slot('trigger') !== undefined;

const noEntry = (graph: Graph): readonly Finding[] =>
  [...graph.routines.keys()].some((id) => isEntry(graph, id))
    ? []
    : [{ severity: 'warning', code: 'NO_ENTRY', message: "No routine has a slot 'trigger', so the flow cannot be executed." }];

/** Everything that some entry can reach, by following connections until nothing new turns up. */
const reached = (graph: Graph): ReadonlySet<string> => {
  const { routines, connections } = graph;
  const found = new Set([...routines.keys()].filter((id) => isEntry(graph, id)));
  const targets = groupBy(
    connections,
    ({ sourceId }) => sourceId,
    ({ targetId }) => targetId,
  );
  // What is added meanwhile is visited too.
  for (const id of found) for (const target of targets.get(id) ?? []) found.add(target);
  return found;
};

const unreachable = (graph: Graph): readonly Finding[] => {
  const found = reached(graph);
  return [...graph.routines.keys()]
    .filter((id) => !found.has(id))
    .map((routineId) => ({
      severity: 'warning',
      code: 'UNREACHABLE',
      routineId,
      message: `No entry leads to routine '${routineId}': it has no slot 'trigger', and no connection from one that is reached.`,
    }));
};
