import type { LenderTo, Turn } from '../../lib/engine/Turns.js';

/** A job with so many tasks to start, behind an open gate or a closed one. */
export class Job implements Turn<Job> {
  inRing = false;
  before: Job | undefined = undefined;
  after: Job | undefined = undefined;
  lender: Lending | undefined = undefined;
  isOpen = true;

  constructor(
    readonly name: string,
    public left = 1,
  ) {}

  get isReady(): boolean {
    return this.isOpen && this.left > 0;
  }
}

/** An attempt that can lend its worker. */
export type Lending = { -readonly [K in keyof LenderTo<Job>]: LenderTo<Job>[K] };

/** One of a job that nobody lends to. */
export const lending = (run = new Job('l')): Lending => ({ isAtWork: true, seat: {}, lent: false, run });

/** Jobs by name, each with so many tasks. */
export const jobs = (...sizes: readonly number[]): readonly Job[] =>
  sizes.map((size, n) => new Job('abcdefgh'[n] as string, size));
