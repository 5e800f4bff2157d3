import type { RoutineCell } from './RoutineCell.js';

/** A handler quicker than this, in ms, is timed on a sample: two clock readings cost more than it does. */
const QUICK_MS = 0.05;
const LONGEST_STRIDE = 64;

/** Whether the next run is one to time. Every run of a slow routine is; of a quick one, at least every 65th. */
export const isTimed = ({ untimed }: RoutineCell): boolean => untimed <= 0;

/** How many runs may pass after one that took so long, in ms, before the next is timed. */
export const nextStride = (ms: number, stride: number): number => (ms < QUICK_MS ? Math.min(stride * 2 + 1, LONGEST_STRIDE) : 0);
