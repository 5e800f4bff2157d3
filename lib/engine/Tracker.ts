import type { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';
import { failTracked } from './settle.js';

/** The promises that handlers of one job have left running (`ctx.track`): the job stays open for them, without a worker. */
export class Tracker {
  /** One token for each promise, since an attempt may leave several. */
  readonly #tokens = new Set<{ readonly attempt: Attempt; readonly late: boolean }>();

  constructor(private readonly run: JobRun) {}

  get size(): number {
    return this.#tokens.size;
  }

  /** The attempts that are at work as long as their promises are. */
  get attempts(): readonly Attempt[] {
    return [...this.#tokens].filter(({ late }) => !late).map(({ attempt }) => attempt);
  }

  /** Keeps the job open until a promise of an attempt settles. One whose task was done before stays done. */
  follow(attempt: Attempt, work: PromiseLike<unknown>): void {
    const token = { attempt, late: attempt.outcome !== undefined && attempt.tracking === 0 };
    this.#tokens.add(token);
    this.run.openTask();
    attempt.tracking++;
    const conclude = (answer: () => void): void => {
      if (this.run.over) return;
      this.run.pump.enter(() => {
        this.#tokens.delete(token);
        attempt.tracking--;
        answer();
      });
    };
    Promise.resolve(work).then(
      () => {
        conclude(() => {
          this.#commit(attempt);
        });
      },
      (error: unknown) => {
        conclude(() => {
          failTracked(attempt, error);
        });
      },
    );
  }

  #commit(attempt: Attempt): void {
    try {
      if (attempt.outcome === 'completed') attempt.commit();
    } catch (error) {
      failTracked(attempt, error);
      return;
    }
    this.run.closeTask();
  }
}
