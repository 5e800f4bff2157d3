import type { Subject } from 'rxjs';
import type { Connection as Described } from '../flow/Connection.js';
import { notClonable } from '../flow/FlowError.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { compileMapping } from '../flow/mapping.js';
import { compileMerge, dataOf, copyForHandler } from '../flow/merge.js';
import type { DescribedSlot, DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { EngineHandler } from '../flow/TaskContext.js';
import type { Mutable } from '../prelude/Mutable.js';
import { Misfit } from '../prelude/jsonValue.js';
import { type Isolate, type Isolation, isolates } from '../prelude/isolate.js';
import { describePlace, eventNamed } from './eventNamed.js';
import type { Connection, Event, Plan, Routine, Slot } from './Plan.js';
import { structureOf } from './structure.js';

/** What a flow consists of, as the user has described it. */
export interface DescribedFlow {
  readonly routines: ReadonlyMap<string, DescribedRoutine>;
  readonly connections: readonly Described[];
}

/** What the engine gives to a plan, which knows nothing of it. */
export interface CompileWith {
  /** The Subject of an event. */
  readonly emission$: () => Subject<unknown>;
  /** Whether a routine keeps a stream in each job. */
  readonly keepsStreams: (described: DescribedRoutine) => boolean;
}

/** @throws FlowError `UNKNOWN_EVENT` if a slot names an event that its routine lacks */
export const compilePlan = (settings: FlowSettings, flow: DescribedFlow, using: CompileWith): Plan => {
  const routines = new Map<string, Routine>();
  for (const [id, described] of flow.routines) routines.set(id, compileRoutine(routines.size, id, described, settings, using));
  for (const described of flow.connections) addConnection(routines, described);
  const routineOf = new Map([...routines.values()].map((routine) => [routine.described, routine]));
  return new CompiledPlan(settings, routines, routineOf);
};

/** A copy, or an error that names the place. @throws FlowError `NOT_CLONABLE` */
const cloneFor: Plan['isolate'] = (value, place) => {
  try {
    return isolates.clone(value);
  } catch (error) {
    throw error instanceof Misfit ? notClonable(describePlace(place), error) : error;
  }
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
  readonly isolate: Plan['isolate'];
  readonly show: Isolate;
  readonly limited: readonly Slot[];
  readonly keepsStreams: boolean;
  readonly measures: boolean;
  readonly commits: boolean;
  readonly carries: boolean;
  #structure: string | undefined;

  constructor(
    readonly settings: FlowSettings,
    readonly routines: ReadonlyMap<string, Routine>,
    readonly routineOf: ReadonlyMap<DescribedRoutine, Routine>,
  ) {
    this.isolate = settings.isolation === 'clone' ? cloneFor : isolates[settings.isolation];
    this.show = settings.isolation === 'clone' ? cloneOrCopy : isolates.shallow;
    this.measures = settings.metrics;
    this.commits = settings.emitMode === 'commit';
    this.carries = settings.asyncContext === 'auto';
    this.keepsStreams = [...routines.values()].some(({ keepsStreams }) => keepsStreams);
    this.limited = [...routines.values()].flatMap(({ slots }) => [...slots.values()].filter(({ limit }) => limit !== undefined));
  }

  // Most flows are never written down.
  get structure(): string {
    return (this.#structure ??= structureOf(this.routines.values()));
  }
}

// A slot without a handler only keeps what arrives, and that may be no plain data.
const apartFor = (slot: Slot, isolation: Isolation): Isolate => {
  if (isolation !== 'clone') return asItIs;
  return slot.handler === undefined ? cloneOrCopy : (value) => cloneFor(value, slot);
};

const asItIs: Isolate = (value) => value;

const copyFor = (slot: Slot, isolation: Isolation): Slot['copyForHandler'] => {
  if (isolation === 'clone') return (input) => cloneFor(dataOf(input), slot);
  if (!slot.gathers) return isolates[isolation] as Slot['copyForHandler'];
  return isolation === 'shallow' ? copyForHandler : (input) => isolates.freeze(dataOf(input));
};

type RoutineSettings = Pick<FlowSettings, 'errorHandler' | 'isolation'>;

export const compileRoutine = (
  index: number,
  id: string,
  described: DescribedRoutine,
  settings: RoutineSettings,
  using: CompileWith,
): Routine => {
  const events = new Map<string, Event>();
  const slots = new Map<string, Slot>();
  const errorHandler = described.errorHandler ?? settings.errorHandler;
  const [slotNames, eventNames] = [[...described.slots.keys()], [...described.events.keys()]];
  const routine: Mutable<Routine> = {
    index,
    id,
    described,
    slots,
    slotNames,
    eventNames,
    events,
    mainEvent: undefined,
    errorHandler,
    fallback: undefined,
    keepsStreams: using.keepsStreams(described),
  };
  for (const name of described.events.keys()) {
    events.set(name, { routine, name, ordinal: events.size, emission$: using.emission$(), connections: [] });
  }
  [routine.mainEvent] = events.values();
  routine.fallback = fallbackOf(routine);
  for (const input of described.slots.values()) slots.set(input.name, compileSlot(routine, slots.size, input, settings));
  return routine;
};

/** @throws FlowError `UNKNOWN_EVENT` unless the handler is that of the flow, which counts for the routines that have such an event */
const fallbackOf = (routine: Routine): Event | undefined => {
  const { described, errorHandler, events } = routine;
  const name = errorHandler?.fallback;
  if (name === undefined) return undefined;
  return described.errorHandler === undefined ? events.get(name) : eventNamed(routine, name);
};

const compileSlot = (routine: Routine, ordinal: number, input: DescribedSlot, { isolation }: RoutineSettings): Slot => {
  const { name, codec } = input;
  const slot: Mutable<Slot> = {
    routine,
    name,
    ordinal,
    handler: input.handler as EngineHandler | undefined,
    codec,
    merge: compileMerge(input.merge as Parameters<typeof compileMerge>[0]),
    gathers: input.merge === 'append',
    apart: asItIs,
    copyForHandler,
    limit: input.limit.maxQueued === Infinity ? undefined : input.limit,
    emits: input.emits === undefined ? undefined : eventNamed(routine, input.emits),
    // Made below, since it points back at the slot.
    direct: [undefined as never],
  };
  slot.apart = apartFor(slot, isolation);
  slot.copyForHandler = copyFor(slot, isolation);
  slot.direct = [connectionTo(slot)];
  return slot;
};

/** A connection to a slot, with its place among those of its event; neither `described` nor `nth` for a way in that is none. */
export const connectionTo = (slot: Slot, described?: Described, nth?: number): Connection => {
  const map = described === undefined ? undefined : compileMapping(described.mapping);
  const isStraight = map === undefined && slot.codec === undefined && slot.merge === undefined;
  return { described, nth, slot, map, isStraight };
};

const addConnection = (routines: ReadonlyMap<string, Routine>, described: Described): void => {
  const event = routines.get(described.sourceId)?.events.get(described.sourceEvent);
  const slot = routines.get(described.targetId)?.slots.get(described.targetSlot);
  if (event === undefined || slot === undefined) return;
  const connections = event.connections as Connection[];
  connections.push(connectionTo(slot, described, connections.length));
};
