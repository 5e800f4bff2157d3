import { type Connection, sameMapping } from '../flow/Connection.js';
import { flowError } from '../flow/FlowError.js';
import { compileMapping } from '../flow/mapping.js';
import { moved } from '../job/fold.js';
import type { JobData } from '../job/JobData.js';
import type { Remainder, RemainingTask } from '../job/Remainder.js';
import { inPlaces, type RoutineCell } from '../job/RoutineCell.js';
import { isWorthTelling } from '../job/StreamState.js';
import { Arrival } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Inlet, Plan, Route } from './Plan.js';
import { Task } from './Task.js';

/** What a routine is called in the flow that goes on with a job. */
export type Rename = (routineId: string) => string;

/**
 * The places in a flow of what a job from elsewhere has left to do: one emission for each task.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`
 */
export const placesIn = (
  plan: Plan,
  { currentRoutineId, streams }: JobData,
  rest: Remainder,
  rename: Rename,
): readonly RestTask[] => {
  if (currentRoutineId !== undefined) checkRoutine(plan, rename(currentRoutineId));
  for (const [routineId, states] of streams) if (states.some(isWorthTelling)) checkKeeper(plan, rename(routineId));
  return rest.tasks.map((task) => emissionOf(plan, task, rename));
};

/** Gives a new run what its job had left to do elsewhere, and all that the job knows its place in this flow. */
export const takeUp = (run: JobRun, rest: Remainder, places: readonly RestTask[], rename: Rename): void => {
  const { plan, data } = run;
  moved(data, rename, cellsIn(plan, data, rename));
  places.forEach((emission, at) => {
    run.takeUp(emission(run), rest.tasks[at]?.dueAt?.getTime());
  });
  run.goOnFrom(rest);
};

/** A task that lacks but its run. */
export type RestTask = (run: JobRun) => Task<JobRun>;

const emissionOf = (plan: Plan, task: RemainingTask, rename: Rename): RestTask => {
  const route = routeOf(plan, task, rename);
  return (run) =>
    new Task(
      new Arrival(run, task.data, task.order, {
        place: task.place,
        tried: task.attempt - 1,
        input: task.merged ? task.data : undefined,
      }),
      route,
    );
};

/**
 * The connection that the task came over, or the slot itself: an entry has none, and from a changed flow the connection may be
 * gone; the task then keeps its renames. That of the same place and mapping comes first; what a function does is not
 * written down, so a function in the same place is believed to be the same.
 */
const routeOf = (plan: Plan, { connection, route, routineId, slot }: RemainingTask, rename: Rename): Route => {
  const target = inletOf(plan, rename(routineId), slot);
  if (connection === undefined) return target.direct[0] as Route;
  const source = plan.nodes.get(rename(connection.sourceId))?.events.get(connection.sourceEvent);
  const routes = source?.routes.filter((each) => each.target === target) ?? [];
  const isSame = ({ connection: here }: Route): boolean =>
    typeof here?.mapping === 'function' ? connection.mapping === undefined : sameMapping(here?.mapping, connection.mapping);
  const same = routes.filter(isSame);
  return same.find(({ nth }) => nth === route) ?? same[0] ?? unconnected(target, connection);
};

const unconnected = (target: Inlet, connection: Connection): Route => ({
  connection,
  nth: undefined,
  target,
  map: compileMapping(connection.mapping),
});

const inletOf = (plan: Plan, routineId: string, slot: string): Inlet => {
  const { slots } = checkRoutine(plan, routineId);
  const inlet = slots.get(slot);
  if (inlet !== undefined) return inlet;
  throw flowError('UNKNOWN_SLOT', { routineId, slot, known: [...slots.keys()] });
};

/** What a stream holds has to have somewhere to go. */
const checkKeeper = ({ nodes, settings: { flowId } }: Plan, routineId: string): void => {
  if (nodes.get(routineId)?.streams !== undefined) return;
  const known = [...nodes.values()].flatMap(({ id, streams }) => (streams === undefined ? [] : [id]));
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, known });
};

const checkRoutine = ({ nodes, settings: { flowId } }: Plan, routineId: string): { slots: ReadonlyMap<string, Inlet> } => {
  const node = nodes.get(routineId);
  if (node !== undefined) return node;
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId, known: [...nodes.keys()] });
};

const cellsIn = ({ nodes }: Plan, { cells }: JobData, rename: Rename): readonly RoutineCell[] =>
  [...cells.values()].map((cell) => {
    const routineId = rename(cell.routineId);
    const node = nodes.get(routineId);
    return inPlaces(routineId, node?.slotNames ?? cell.slotNames, node?.eventNames ?? cell.eventNames, cell);
  });
