import { paceNow } from '../prelude/Clock.js';
import { macrotask } from '../prelude/macrotask.js';
import { RingBuffer } from '../prelude/RingBuffer.js';

/** After so much work, in ms, the event loop gets its turn. */
const SLICE_MS = 5;

let end = -Infinity;
/** Whether the event loop has not turned since the slice began. */
let isUnturned = false;
/** Drains that wait for the next slice, of all flows of the process. */
const waiting = new RingBuffer<() => void>();

const isOver = (): boolean => isUnturned && paceNow() >= end;

const turned = (): void => {
  isUnturned = false;
  try {
    // A drain that runs out of time joins the end; those for which none is left stay in front.
    for (let left = waiting.length; left > 0 && !isOver(); left--) waiting.shift()?.();
  } finally {
    // They are drains of other flows: one that throws must not hold them up.
    if (waiting.length > 0) awaitTurn();
  }
};

function awaitTurn(): void {
  if (isUnturned) return;
  isUnturned = true;
  macrotask(turned);
}

// No getters: an object literal that has one is slow to read, whatever is read of it.
/** Slices of the time of a process, which all its flows share: timers and I/O get their turn after 5 ms of work (D32). */
export const slices = {
  /** Whether the slice at hand goes on at this reading of `paceNow`. */
  isOpen: (reading: number): boolean => reading < end,

  /** Whether work may begin: a slice goes on over microtasks, or handlers that await what is there already would never let a timer run. */
  begin: (reading: number): boolean => {
    if (reading < end) return true;
    if (isUnturned) return false;
    end = reading + SLICE_MS;
    awaitTurn();
    return true;
  },

  /** Whether a drain waits for the event loop to turn. */
  isAwaited: (): boolean => waiting.length > 0,

  /** Runs a drain when the event loop has turned. */
  later: (drain: () => void): void => {
    waiting.push(drain);
    awaitTurn();
  },
};
