import type { DurableRun } from '../engine/durable/DurableRun.js';

/** A task on its last delivery runs alone in its process: those that merely stood beside one that kills it must not be counted out with it. */
export class Alone {
  #run: DurableRun | undefined = undefined;

  /** `runs` gives the jobs of this process. */
  constructor(private readonly runs: () => Iterable<DurableRun>) {}

  /** Whether a job may claim a task that is to run alone: then nothing else begins. */
  claim(run: DurableRun | undefined): boolean {
    this.#run ??= run;
    return run !== undefined && this.#run === run;
  }

  /** Whether a task of a job may begin. */
  allows(run: DurableRun): boolean {
    if (this.#run === undefined) return true;
    return this.#run === run && [...this.runs()].every(({ active }) => active === 0);
  }

  /** Something was stored: that task may have come to its end, or be the only one now. */
  look(): void {
    if (this.#run === undefined) return;
    if (this.#run.active > 0 || (this.#run.claims.holdsLast && !this.#run.parts.life.isOver)) return void this.#run.wake();
    this.#run = undefined;
    for (const run of this.runs()) run.claimAgain();
  }
}
