import { dataOf } from '../flow/merge.js';
import type { SlotActivationTask } from '../job/JobRecord.js';
import type { Execution } from '../job/Execution.js';
import type { RemainingTask } from '../job/Remainder.js';
import { describeError } from '../prelude/describeError.js';
import type { Attempt } from './Attempt.js';

/** The task of an attempt, as a record shows it. */
export const taskOf = (attempt: Attempt): SlotActivationTask => {
  const { taskId, routineId, slot, route, run, origin, input } = attempt;
  const { connection } = route;
  return {
    taskId,
    routineId,
    slot,
    data: run.plan.show(input === undefined ? origin.data : dataOf(input)),
    attempt: attempt.attempt,
    retryCount: origin.tried,
    ...(connection === undefined ? {} : { connection }),
  };
};

/** The task, with what a run needs to go on with it. */
export const remainingOf = (attempt: Attempt, dueAt?: Date): RemainingTask => {
  const { origin, place, route, input, routineId, slot } = attempt;
  return {
    order: origin.order,
    place,
    routineId,
    slot,
    data: input === undefined ? origin.data : dataOf(input),
    merged: input !== undefined,
    attempt: attempt.attempt,
    dueAt,
    connection: route.connection,
    route: route.nth,
  };
};

/** One run of a handler, as the metrics show it. */
export const executionOf = (attempt: Attempt): Execution => {
  const { taskId, routineId, slot, run, route, origin, input, outcome, error, tick } = attempt;
  const startedAt = run.engine.time.base + tick;
  const executionTimeMs = attempt.rare.ms;
  return {
    routineId,
    slot,
    taskId,
    attempt: attempt.attempt,
    // What arrived, not what a merge made of it: a list that gathers is not kept once for each of its values (D46).
    params: run.plan.show(input === undefined || route.target.merge !== undefined ? origin.data : dataOf(input)),
    startedAt: new Date(startedAt),
    endedAt: outcome === undefined ? undefined : new Date(startedAt + (executionTimeMs ?? 0)),
    status: outcome ?? 'running',
    error: error === undefined ? undefined : describeError(error).message,
    executionTimeMs,
  };
};
