import type { Attempt } from './Attempt.js';

/** The promises that handlers of one job have left running (`ctx.track`): the job stays open for them, without a worker. */
export class Tracker {
  /** One token for each promise, since an attempt may leave several. */
  readonly #tokens = new Set<{ readonly attempt: Attempt }>();

  get size(): number {
    return this.#tokens.size;
  }

  get attempts(): readonly Attempt[] {
    return [...this.#tokens].map(({ attempt }) => attempt);
  }

  /** Follows a promise; gives what says that it counts no more. */
  add(attempt: Attempt): () => void {
    const token = { attempt };
    this.#tokens.add(token);
    return () => this.#tokens.delete(token);
  }
}
