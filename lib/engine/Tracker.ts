import { unsucceeded } from '../job/fold.js';
import type { Failure } from '../job/Settled.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { Attempt } from './Attempt.js';
import type { JobRun } from './JobRun.js';
import { commitOf, failureOf, outcomeWithoutRetry } from './outcome.js';

/** A promise that a handler has left running; `late` if its task was done before. */
interface Token {
  readonly attempt: Attempt;
  readonly late: boolean;
}

/** The promises that handlers of one job have left running (`ctx.track`): the job stays open for them, without a worker. */
export class Tracker {
  /** One token for each promise, since an attempt may leave several. */
  readonly #tokens = new Set<Token>();

  constructor(private readonly run: JobRun) {}

  get size(): number {
    return this.#tokens.size;
  }

  /** The attempts that are at work as long as their promises are. */
  get attempts(): readonly Attempt[] {
    return [...this.#tokens].filter(({ late }) => !late).map(({ attempt }) => attempt);
  }

  /** Keeps the job open until a promise of an attempt settles. A task that was done before stays done. */
  follow(attempt: Attempt, work: PromiseLike<unknown>): void {
    const { more } = attempt;
    const { drain } = this.run.engine;
    const token = { attempt, late: attempt.outcome !== undefined && (more.tracking ?? 0) === 0 };
    this.#tokens.add(token);
    more.tracking = (more.tracking ?? 0) + 1;
    Promise.resolve(work).then(
      () => {
        if (!this.run.over) drain.enter(this.#fulfilled, token, undefined);
      },
      (error: unknown) => {
        if (!this.run.over) drain.enter(this.#rejected, token, error);
      },
    );
  }

  // The token stays until what follows is decided: an update of the state is the user's, and the job must not be at rest meanwhile.
  readonly #fulfilled = (token: Token): void => {
    const { attempt } = token;
    const isLast = attempt.rare.tracking === 1;
    try {
      if (isLast && attempt.outcome === 'completed') attempt.settled = commitOf(attempt, 0);
    } catch (error) {
      this.#rejected(token, error);
      return;
    }
    this.run.engine.steps.apply(this.#conclude, token, isLast && attempt.outcome === 'completed');
  };

  readonly #conclude = (token: Token, commits: boolean): void => {
    const { attempt } = token;
    this.#remove(token);
    if (this.run.over) return;
    if (commits && attempt.settled !== undefined) this.run.commit(attempt, attempt.settled);
    this.run.release();
  };

  /** As a failure of the task, but without a retry. A task fails once, and what it has left running fails with it. */
  readonly #rejected = (token: Token, error: unknown): void => {
    const { attempt } = token;
    if (attempt.stale || attempt.error !== undefined) this.run.engine.steps.apply(this.#conclude, token, false);
    else
      this.run.engine.steps.apply(this.#fail, token, {
        outcome: outcomeWithoutRetry(attempt, error),
        failure: failureOf(error),
      });
  };

  readonly #fail = (token: Token, { outcome, failure }: { outcome: TaskOutcome; failure: Failure }): void => {
    const { attempt } = token;
    this.#remove(token);
    if (this.run.over) return;
    revise(attempt, outcome, failure.error);
    this.run.noteFailure(attempt, outcome, failure);
    this.run.release();
  };

  #remove(token: Token): void {
    const { more } = token.attempt;
    this.#tokens.delete(token);
    more.tracking = (more.tracking ?? 1) - 1;
  }
}

/** A task that had succeeded has failed after all: it counts once. */
const revise = (attempt: Attempt, outcome: TaskOutcome, error: unknown): void => {
  if (attempt.outcome === 'completed') unsucceeded(attempt.cell);
  if (attempt.outcome !== undefined) attempt.outcome = outcome;
  // What is thrown may be undefined, which says that nothing was.
  attempt.error = error ?? new Error(String(error));
};
