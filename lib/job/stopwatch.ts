import type { RoutineCell } from './RoutineCell.js';

/** A handler quicker than this, in ms, is timed on a sample: two clock readings cost more than it does. */
const QUICK_MS = 0.05;
const LONGEST_STRIDE = 64;

/** Whether this run is one to time. Every run of a slow routine is; of a quick one, at least every 64th. */
export const isTimed = (cell: RoutineCell): boolean => --cell.untimed < 0;

/** Takes a measured time in, and decides how many runs may pass before the next one. */
export const noteTime = (ms: number, cell: RoutineCell): void => {
  cell.executionTimeMs = ms;
  cell.timed++;
  cell.totalMs += ms;
  if (ms < cell.minMs) cell.minMs = ms;
  if (ms > cell.maxMs) cell.maxMs = ms;
  cell.stride = ms < QUICK_MS ? Math.min(cell.stride * 2 + 1, LONGEST_STRIDE) : 0;
  cell.untimed = cell.stride;
};
