import { flowError } from '../flow/FlowError.js';
import { pairsOf, type ParamMapping } from '../flow/mapping.js';
import { eventAt, routineAt, slotAt } from '../flow/placeIn.js';
import { moved } from '../job/fold.js';
import type { JobData } from '../job/JobData.js';
import type { RemainingWork, RemainingTask } from '../job/RemainingWork.js';
import { inPlaces, type RoutineData } from '../job/RoutineData.js';
import { isWorthTelling } from '../job/StreamState.js';
import type { OpenWait } from '../job/Wait.js';
import { connectionTo } from '../plan/compile.js';
import type { Connection, Event, Plan, Routine, Slot } from '../plan/Plan.js';
import { groupBy } from '../prelude/groupBy.js';
import { Arrival } from './Emission.js';
import type { Run } from './JobParts.js';
import { delayedOf } from './DelayedTasks.js';
import { Task } from './Task.js';

/** What a routine is called in the flow that goes on with a job. */
export type Rename = (routineId: string) => string;

/**
 * What makes the tasks that a job from elsewhere has left to do, in their places in this flow: one maker for each.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `UNKNOWN_EVENT`
 */
export const taskMakersIn = (
  plan: Plan,
  { currentRoutineId, streams, waits }: JobData,
  work: RemainingWork,
  rename: Rename,
): readonly TaskMaker[] => {
  if (currentRoutineId !== undefined) routineOf(plan, rename(currentRoutineId));
  for (const [routineId, states] of streams) if ([...states].some(isWorthTelling)) checkKeeper(plan, rename(routineId));
  for (const wait of waits.values()) checkAsker(plan, wait, rename(wait.routineId));
  return work.tasks.map((task) => taskMaker(plan, task, rename));
};

/** Gives a new run what its job had left to do elsewhere, and all that the job knows its place in this flow. */
export const takeUp = (run: Run, work: RemainingWork, makers: readonly TaskMaker[], rename: Rename): void => {
  const { plan, ledger, engine, life, emissions } = run.parts;
  moved(ledger.data, rename, routinesIn(plan, ledger.data, rename));
  makers.forEach((make, at) => {
    const dueAt = work.tasks[at]?.dueAt?.getTime();
    if (dueAt === undefined) engine.task$.next(make(run));
    else delayedOf(run.parts).takeUp(make(run), dueAt);
  });
  if (ledger.data.waits.size > 0) run.parts.asking.takeUp();
  emissions.order = work.order;
  life.comeFromElsewhere(work.begun);
};

/** Makes a task, once its run is there. */
export type TaskMaker = (run: Run) => Task<Run>;

const taskMaker = (plan: Plan, task: RemainingTask, rename: Rename): TaskMaker => {
  const connection = connectionOf(plan, task, rename);
  return (run) =>
    new Task(
      new Arrival(run, task.data, task.order, {
        place: task.place,
        tried: task.attempt - 1,
        input: task.merged ? task.data : undefined,
      }),
      connection,
    );
};

/**
 * The connection that the task came over, or the slot itself: an entry has none, and from a changed flow the connection may be
 * gone; the task then keeps its renames. That of the same place and mapping comes first; what a function does is not
 * written down, so a function in the same place is believed to be the same.
 */
const connectionOf = (plan: Plan, task: RemainingTask, rename: Rename): Connection => {
  const { connection: described, route } = task;
  const slot = slotOf(plan, rename(task.routineId), task.slot);
  if (described === undefined) return slot.direct[0];
  const event = plan.routines.get(rename(described.sourceId))?.events.get(described.sourceEvent);
  const way = wayTo(slot, described.mapping);
  const there = event?.connections[route ?? -1];
  if (there !== undefined && wayOf(there) === way) return there;
  return (event && waysOf(event).get(way)?.[0]) ?? connectionTo(slot, described);
};

/** The connections of each event, by their ways: a job may have come over all of them. */
const ways = new WeakMap<Event, ReadonlyMap<string, readonly Connection[]>>();

const waysOf = (event: Event): ReadonlyMap<string, readonly Connection[]> => {
  const known = ways.get(event) ?? groupBy(event.connections, wayOf, (connection) => connection);
  ways.set(event, known);
  return known;
};

/** What is written down of a connection beside where it comes from; of a function nothing is. */
const wayOf = ({ slot, described }: Connection): string =>
  wayTo(slot, typeof described?.mapping === 'function' ? undefined : described?.mapping);

const wayTo = ({ routine, name }: Slot, mapping: ParamMapping | undefined): string =>
  JSON.stringify([routine.id, name, typeof mapping === 'object' ? pairsOf(mapping) : typeof mapping]);

const slotOf = (plan: Plan, routineId: string, name: string): Slot => slotAt(routineOf(plan, routineId), { routineId, name });

const routineOf = ({ routines, settings: { flowId } }: Plan, routineId: string): Routine =>
  routineAt({ flowId, byId: routines }, routineId);

/** What a stream holds has to have somewhere to go. */
const checkKeeper = ({ routines, settings: { flowId } }: Plan, routineId: string): void => {
  if (routines.get(routineId)?.keepsStreams === true) return;
  const known = [...routines.values()].flatMap(({ id, keepsStreams }) => (keepsStreams ? [id] : []));
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, known });
};

/** An answer has to have somewhere to go. */
const checkAsker = (plan: Plan, { event, slot, timeoutEvent }: OpenWait, routineId: string): void => {
  const routine = routineOf(plan, routineId);
  if (slot !== undefined) slotAt(routine, { routineId, name: slot });
  for (const name of [event, timeoutEvent]) if (name !== undefined) eventAt(routine, { routineId, name });
};

const routinesIn = ({ routines }: Plan, data: JobData, rename: Rename): readonly RoutineData[] =>
  [...data.routines.values()].map((before) => {
    const routineId = rename(before.routineId);
    const routine = routines.get(routineId);
    return inPlaces(routineId, routine?.slotNames ?? before.slotNames, routine?.eventNames ?? before.eventNames, before);
  });
