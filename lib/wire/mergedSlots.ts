import type { JobDocument } from './JobSnapshot.js';

/** The slots, told by their routine and their name, whose merged input no handler has finished with. */
export interface MergedSlots {
  has(routineId: string, slot: string): boolean;
}

type Task = Pick<JobDocument['pendingTasks'][number], 'routineId' | 'slot' | 'merged'>;

export const mergedSlots = (tasks: readonly Task[]): MergedSlots => {
  const keys = new Set(tasks.filter(({ merged }) => merged === true).map(({ routineId, slot }) => keyOf(routineId, slot)));
  return { has: (routineId, slot) => keys.has(keyOf(routineId, slot)) };
};

const keyOf = (routineId: string, slot: string): string => JSON.stringify([routineId, slot]);
