import type { JobSnapshot } from '../../lib/index.js';
import type { Tamper, Watched } from './stage.js';

type Task = JobSnapshot['pendingTasks'][number];

const waiting = ({ job }: Watched): ReadonlySet<string> => new Set(job.state.pendingTasks.map(({ taskId }) => taskId));

/** Leaves tasks out, so that nothing else in the JSON tells of them. */
const without =
  (isLost: (task: Task, watched: Watched, place: number) => boolean): Tamper =>
  (written, watched) => ({
    ...written,
    pendingTasks: written.pendingTasks.filter((task, place) => !isLost(task, watched, place)),
    routineStates: written.routineStates.map((state) => ({
      ...state,
      slots: state.slots.map((slot) => ({ ...slot, consumed: true })),
    })),
  });

const firstQueued = ({ job }: Watched): string | undefined =>
  job.state.pendingTasks.find(({ dueAt }) => dueAt === undefined)?.taskId;

const withHandled: Tamper = (written, { records }) => {
  const pending = new Set(written.pendingTasks.map(({ taskId }) => taskId));
  const handled = records.find(
    (record) => record.type === 'taskSettled' && record.outcome === 'completed' && !pending.has(record.taskId),
  );
  if (handled?.type !== 'taskSettled') return written;
  const { taskId, routineId, slot, attempt } = handled;
  return { ...written, pendingTasks: [...written.pendingTasks, { taskId, routineId, slot, attempt, data: { fuel: 0, n: 0 } }] };
};

/** What a job could lose, or do twice, on its way through JSON. */
export const TAMPERED: readonly [string, Tamper][] = [
  ['tasks at work are left out', without(({ taskId }, watched) => !waiting(watched).has(taskId))],
  ['retries in their delay are left out', without(({ dueAt }) => dueAt !== undefined)],
  ['one queued task is left out', without(({ taskId }, watched) => taskId === firstQueued(watched))],
  ['a handled task is put in again', withHandled],
];
