import type { Lender } from '../../lib/engine/Borrowers.js';
import type { Turn } from '../../lib/engine/Turns.js';

/** A job with so many tasks to start, behind an open gate or a closed one. */
export class Job implements Turn {
  inRing = false;
  lender: Lender | undefined = undefined;
  isOpen = true;

  constructor(
    readonly name: string,
    public left = 1,
  ) {}

  get isReady(): boolean {
    return this.isOpen && this.left > 0;
  }
}

/** Jobs by name, each with so many tasks. */
export const jobs = (...sizes: readonly number[]): readonly Job[] =>
  sizes.map((size, n) => new Job('abcdefgh'[n] as string, size));
