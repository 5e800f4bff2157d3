import type { Observable, Subject } from 'rxjs';
import type { Connection } from '../flow/Connection.js';
import type { Codec } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import type { ErrorHandler } from '../flow/ErrorHandler.js';
import { flowError } from '../flow/FlowError.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { FixedLimit } from '../flow/Limit.js';
import { compileMapping } from '../flow/mapping.js';
import { compileMerge, dataOf, handOut, type Input as MergedInput, type Merged } from '../flow/merge.js';
import type { Input as AnySlot, Part as Routine } from '../flow/Part.js';
import type { Work as Handler } from '../flow/TaskContext.js';
import type { Mutable } from '../prelude/Mutable.js';
import { type Isolate, type Isolation, isolates } from '../prelude/isolate.js';
import { connection as pipeOf } from './connection.js';
import type { Emission } from './Emission.js';
import { EventSubject } from './EventSubject.js';
import type { JobRun } from './JobRun.js';
import type { Task } from './Task.js';
import { mergeEndless } from './mergeEndless.js';
import { type StreamKind, streamKindOf } from './Streams.js';
import { structureOf } from './structure.js';

/**
 * A flow as it stood when a job began, compiled: numbered slots and events, and for each event the routes it takes.
 * Nothing in it changes any more, so a task looks nothing up by name.
 */
export interface Plan {
  readonly settings: FlowSettings;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly nodeOf: ReadonlyMap<Routine, Node>;
  /** Keeps an emission apart from its emitter. */
  readonly isolate: Isolate;
  /** A copy for watchers, who may do with it what they like. */
  readonly show: Isolate;
  /** Tells this structure from another. */
  readonly structure: string;
  /** Slots that have a limit of their own. */
  readonly limited: readonly Inlet[];
  /** Whether some of its routines keep streams. */
  readonly streams: boolean;
  /** The single merged task stream. */
  readonly task$: Observable<Task<JobRun>>;
}

/** A routine in its place in the flow. */
export interface Node {
  readonly index: number;
  readonly id: string;
  readonly routine: Routine;
  readonly slots: ReadonlyMap<string, Inlet>;
  readonly slotNames: readonly string[];
  readonly eventNames: readonly string[];
  readonly events: ReadonlyMap<string, Outlet>;
  /** The first of them, which most routines have no other than: a look at its name costs less than one into the map. */
  readonly mainEvent: Outlet | undefined;
  readonly errorHandler: ErrorHandler | undefined;
  /** How it keeps a stream in each job, if it does. */
  readonly streams: StreamKind | undefined;
}

/** A slot, ready to take a task. */
export interface Inlet {
  readonly node: Node;
  readonly name: string;
  /** Its place among the slots of its routine. */
  readonly ordinal: number;
  readonly handler: Handler | undefined;
  readonly codec: Codec<object> | undefined;
  readonly merge: ((held: Data, incoming: Data) => Merged) | undefined;
  /** A copy for the handler, apart from what the slot holds. */
  readonly handOut: (input: MergedInput) => Data;
  /** How many of its tasks may wait; undefined for any number. */
  readonly limit: FixedLimit | undefined;
  /** The event for the values of a returned stream. */
  readonly emits: Outlet | undefined;
  /** How an entry or a retry comes in, which no connection brings. */
  readonly direct: readonly Route[];
}

/** An event, ready to be emitted: a Subject that costs nothing while nobody watches, and its routes. */
export interface Outlet {
  readonly node: Node;
  readonly name: string;
  readonly ordinal: number;
  readonly emission$: Subject<Emission<JobRun>>;
  readonly routes: readonly Route[];
}

/** A connection, ready to carry: `map` turns an emission's payload into the target's. */
export interface Route {
  readonly connection: Connection | undefined;
  /** Its place among the routes of its event. */
  readonly nth: number | undefined;
  readonly target: Inlet;
  readonly map: ((data: Data) => Data) | undefined;
}

/** @throws FlowError `UNKNOWN_EVENT` where a slot names an event that its routine lacks */
export const compilePlan = (
  settings: FlowSettings,
  routines: ReadonlyMap<string, Routine>,
  connections: readonly Connection[],
): Plan => {
  const nodes = new Map<string, Node>();
  for (const [id, routine] of routines) nodes.set(id, compileNode(nodes.size, id, routine, settings));
  for (const connection of connections) addRoute(nodes, connection);
  const task$ = mergeEndless<Task<JobRun>>(
    ...[...nodes.values()].flatMap(({ events }) =>
      [...events.values()].flatMap(({ emission$, routes }) => routes.map((route) => emission$.pipe(pipeOf(route)))),
    ),
  );
  const nodeOf = new Map([...nodes.values()].map((node) => [node.routine, node]));
  return new CompiledPlan(settings, nodes, nodeOf, task$);
};

// What a codec has made may be no plain data any more; the task has failed by then, and is told all the same.
const cloneOrCopy: Isolate = (value) => {
  try {
    return isolates.clone(value);
  } catch {
    return isolates.shallow(value);
  }
};

class CompiledPlan implements Plan {
  readonly isolate: Isolate;
  readonly show: Isolate;
  readonly limited: readonly Inlet[];
  readonly streams: boolean;
  #structure: string | undefined;

  constructor(
    readonly settings: FlowSettings,
    readonly nodes: ReadonlyMap<string, Node>,
    readonly nodeOf: ReadonlyMap<Routine, Node>,
    readonly task$: Observable<Task<JobRun>>,
  ) {
    this.isolate = isolates[settings.isolation];
    this.show = settings.isolation === 'clone' ? cloneOrCopy : isolates.shallow;
    this.streams = [...nodes.values()].some(({ streams }) => streams !== undefined);
    this.limited = [...nodes.values()].flatMap(({ slots }) => [...slots.values()].filter(({ limit }) => limit !== undefined));
  }

  // Most flows are never written down.
  get structure(): string {
    return (this.#structure ??= structureOf(this.nodes.values()));
  }
}

const handOutLists = (isolation: Isolation): ((input: MergedInput) => Data) =>
  isolation === 'shallow' ? handOut : (input) => isolates[isolation](dataOf(input));

type NodeSettings = Pick<FlowSettings, 'errorHandler' | 'isolation'>;

export const compileNode = (index: number, id: string, routine: Routine, settings: NodeSettings): Node => {
  const events = new Map<string, Outlet>();
  const slots = new Map<string, Inlet>();
  const errorHandler = routine.errorHandler ?? settings.errorHandler;
  const [slotNames, eventNames] = [[...routine.slots.keys()], [...routine.events.keys()]];
  const streams = streamKindOf(routine);
  const node: Mutable<Node> = {
    index,
    id,
    routine,
    slots,
    slotNames,
    eventNames,
    events,
    mainEvent: undefined,
    errorHandler,
    streams,
  };
  for (const name of routine.events.keys()) {
    events.set(name, { node, name, ordinal: events.size, emission$: new EventSubject<Emission<JobRun>>(), routes: [] });
  }
  [node.mainEvent] = events.values();
  for (const slot of routine.slots.values()) slots.set(slot.name, compileInlet(node, slots.size, slot, settings));
  return node;
};

const compileInlet = (node: Node, ordinal: number, slot: AnySlot, { isolation }: NodeSettings): Inlet => {
  const { name, codec } = slot;
  const inlet: Mutable<Inlet> = {
    node,
    name,
    ordinal,
    handler: slot.handler as Handler | undefined,
    codec,
    merge: compileMerge(slot.merge as Parameters<typeof compileMerge>[0]),
    handOut: slot.merge === 'append' ? handOutLists(isolation) : (isolates[isolation] as (input: MergedInput) => Data),
    limit: slot.limit.maxQueued === Infinity ? undefined : slot.limit,
    emits: slot.emits === undefined ? undefined : outletNamed(node, slot.emits),
    direct: [],
  };
  inlet.direct = [{ connection: undefined, nth: undefined, target: inlet, map: undefined }];
  return inlet;
};

const addRoute = (nodes: ReadonlyMap<string, Node>, connection: Connection): void => {
  const outlet = nodes.get(connection.sourceId)?.events.get(connection.sourceEvent);
  const target = nodes.get(connection.targetId)?.slots.get(connection.targetSlot);
  if (outlet === undefined || target === undefined) return;
  const routes = outlet.routes as Route[];
  routes.push({ connection, nth: routes.length, target, map: compileMapping(connection.mapping) });
};

/** An event as an error names it. */
export const placeOf = ({ name, node }: Outlet): string => `Event '${name}' of routine '${node.id}'`;

/** @throws FlowError `UNKNOWN_EVENT` */
export const outletNamed = (node: Node, name: string): Outlet =>
  node.mainEvent?.name === name ? node.mainEvent : (node.events.get(name) ?? refuseEvent(node, name));

/** @throws FlowError `UNKNOWN_EVENT` */
export const refuseEvent = (node: Node, name: string): never => {
  throw flowError('UNKNOWN_EVENT', { routineId: node.id, event: name, known: [...node.events.keys()] });
};
