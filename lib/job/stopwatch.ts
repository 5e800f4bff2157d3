/** How long tasks of one routine took. Written by `fold.ts` alone. */
export class Times {
  /** The last one that was timed, in ms. */
  readonly executionTimeMs: number | undefined;
  /** How many were timed, and their times in ms. */
  readonly timed: number = 0;
  readonly totalMs: number = 0;
  readonly minMs: number = Infinity;
  readonly maxMs: number = 0;
  /** Tasks to let pass before the next one is timed, and how many were let pass before the last. */
  readonly untimed: number = 0;
  readonly stride: number = 0;
}

/** A handler quicker than this, in ms, is timed on a sample: two clock readings cost more than it does. */
const QUICK_MS = 0.05;
const LONGEST_STRIDE = 64;

/** Whether the next run is one to time. Every run of a slow routine is; of a quick one, at least every 65th. */
export const isTimed = ({ untimed }: Times): boolean => untimed <= 0;

/** How many runs may pass after one that took so long, in ms, before the next is timed. */
export const nextStride = (ms: number, stride: number): number => (ms < QUICK_MS ? Math.min(stride * 2 + 1, LONGEST_STRIDE) : 0);
