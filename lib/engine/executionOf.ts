import type { Data } from '../flow/Data.js';
import type { Execution } from '../job/Execution.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { ToldTask } from '../job/noteTask.js';
import type { Connection } from '../plan/Plan.js';
import { describeError } from '../prelude/describeError.js';
import type { Isolate } from '../prelude/isolate.js';

/** An attempt, as its execution is told. */
export interface Executed extends ToldTask {
  readonly connection: Connection;
  readonly taskId: string;
  readonly origin: { readonly data: Data };
  readonly outcome: TaskOutcome | undefined;
  readonly error: unknown;
  readonly tick: number;
  readonly rare: { readonly ms?: number };
}

/** One run of a handler, as the metrics show it; `base` is the time from which its tick is counted, epoch ms. */
export const executionOf = (attempt: Executed, show: Isolate, base: number): Execution => {
  const { taskId, routineId, slot, connection, origin, payload, outcome, error, tick } = attempt;
  const startedAt = base + tick;
  const executionTimeMs = attempt.rare.ms;
  return {
    routineId,
    slot,
    taskId,
    attempt: attempt.attempt,
    // What arrived, not what a merge made of it: a list that gathers is not kept once for each of its values (D46).
    params: show(connection.slot.merge === undefined ? payload : origin.data),
    startedAt: new Date(startedAt),
    endedAt: outcome === undefined ? undefined : new Date(startedAt + (executionTimeMs ?? 0)),
    status: outcome ?? 'running',
    error: error === undefined ? undefined : describeError(error).message,
    executionTimeMs,
  };
};
