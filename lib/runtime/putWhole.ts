import type { JobData } from '../job/JobData.js';
import type { RemainingTask } from '../job/RemainingWork.js';
import { showTask } from '../job/RemainingWork.js';
import { showWait } from '../job/Wait.js';
import { behindKey, keyOf, pad, taskKey } from './keys.js';

/** Kinds of rows of which there are ever more. */
export type Counted = 'emitted' | 'kept' | 'output' | 'log' | 'pause' | 'deferred' | 'again';

type Put = (kind: string, key: string, value: object) => void;

/** Writes all rows of a job that do not say how its routines fared, from nothing; gives how many there are now of those that only grow. */
export const putWhole = (job: JobData, tasks: readonly RemainingTask[], put: Put): Record<Counted, number> => {
  const ring = (kind: Counted, row: string, values: readonly object[]): Partial<Record<Counted, number>> => {
    values.forEach((value, n) => {
      put(row, pad(n), value);
    });
    return { [kind]: values.length };
  };
  const history = job.history.written();
  for (const entry of history) if (entry.order === 0) put('history', 'start', entry);
  putSlots(job, put);
  for (const [key, data] of job.shared.values) put('shared', keyOf(key), { key, data: [data] });
  for (const wait of job.waits.values()) put('wait', keyOf(wait.token), showWait(wait));
  for (const token of job.answered) put('answered', keyOf(token), { token });
  tasks.forEach((task, nth) => {
    putTask(job.jobId, task, nth, put);
  });
  return {
    emitted: 0,
    kept: 0,
    output: 0,
    log: 0,
    pause: 0,
    deferred: 0,
    again: tasks.length,
    ...ring(
      'emitted',
      'history',
      history.filter(({ order, kept }) => order !== 0 && !kept).map(({ kept: _, ...entry }) => entry),
    ),
    ...ring(
      'kept',
      'kept',
      history.filter(({ order, kept }) => order !== 0 && kept),
    ),
    ...ring(
      'output',
      'output',
      [...job.outputs].map(({ jobId: _, ...output }, n) => ({ n, ...output })),
    ),
    ...ring(
      'log',
      'log',
      [...job.shared.entries].map((data, n) => ({ n, data })),
    ),
    ...ring('pause', 'pause', job.pausePoints),
    ...ring('deferred', 'deferred', job.deferred),
  };
};

const putSlots = ({ routines }: JobData, put: Put): void => {
  for (const { routineId, slotNames, held } of routines.values())
    slotNames.forEach((slot, at) => {
      if (held[at] !== undefined) put('held', keyOf(routineId, slot), { routineId, slot, data: held[at] });
    });
};

/** All in the order in which they run, whatever their numbers say. */
const putTask = (jobId: string, task: RemainingTask, nth: number, put: Put): void => {
  const { connection, ...told } = showTask(jobId, task);
  const { retryCount: _, ...row } = told;
  const way = connection && {
    sourceId: connection.sourceId,
    sourceEvent: connection.sourceEvent,
    route: task.route ?? 0,
    mapping: typeof connection.mapping === 'object' ? connection.mapping : undefined,
  };
  const value = { ...row, merged: task.merged || undefined, connection: way };
  if (task.dueAt === undefined) put('task', behindKey(0, nth), value);
  else put('later', taskKey(task.order, task.place), value);
};
