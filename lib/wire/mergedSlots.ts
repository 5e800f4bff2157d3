import type { JobDocument } from './JobSnapshot.js';

/** The slots that hold merged input for a pending task: no handler has finished with it. */
export interface MergedSlots {
  has(routineId: string, slot: string): boolean;
}

type Task = Pick<JobDocument['pendingTasks'][number], 'routineId' | 'slot' | 'merged'>;

export const mergedSlots = (tasks: readonly Task[]): MergedSlots => {
  const keys = new Set(tasks.filter(({ merged }) => merged === true).map(({ routineId, slot }) => keyOf(routineId, slot)));
  return { has: (routineId, slot) => keys.has(keyOf(routineId, slot)) };
};

const keyOf = (routineId: string, slot: string): string => JSON.stringify([routineId, slot]);
