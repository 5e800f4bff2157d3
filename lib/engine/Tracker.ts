import type { Attempt } from './Attempt.js';

/** The promises that handlers of one job have left running (`ctx.track`): the job stays open for them, without a worker. */
export class Tracker {
  /** One token for each promise, since an attempt may leave several. */
  readonly #tokens = new Set<{ readonly attempt: Attempt; readonly late: boolean }>();

  get size(): number {
    return this.#tokens.size;
  }

  /** The attempts that are at work as long as their promises are. */
  get attempts(): readonly Attempt[] {
    return [...this.#tokens].filter(({ late }) => !late).map(({ attempt }) => attempt);
  }

  /** Follows a promise; gives what says that it counts no more. `late`: its task was done before, and stays done. */
  add(attempt: Attempt, late: boolean): () => void {
    const token = { attempt, late };
    this.#tokens.add(token);
    return () => this.#tokens.delete(token);
  }
}
