import type { TaskOutcome } from '../job/JobRecord.js';
import { tracked, untracked } from '../job/noteTask.js';
import type { Failure } from '../job/Settled.js';
import type { Attempt } from './Attempt.js';
import { endChildren, handDown } from './children.js';
import { commitOf, type DecidedJob, failureOf, outcomeWithoutRetry } from './outcome.js';
import { commit, noteDropped, noteFailure, type SettledJob, tellSignal } from './settlement.js';
import { whenSettled } from './unfinished.js';

/** A job as what it tracks sees it. */
export interface TrackingJob<R> extends SettledJob<R> {
  readonly engine: SettledJob<R>['engine'] & TrackingEngine<R>;
}

interface TrackingEngine<R> {
  readonly drain: { enter<A, B>(work: (a: A, b: B) => void, a: A, b: B): void };
  /** Told when something of a job has ended without an attempt. */
  readonly released$: { next(run: R): void };
}

/** A promise that a handler has left running; `late` if its task was done before. */
interface Token<R extends DecidedJob> {
  readonly attempt: Attempt<R>;
  readonly late: boolean;
}

/** The promises that handlers of one job have left running (`ctx.track`): the job stays open for them, without a worker. */
export class Tracker<R extends DecidedJob> {
  /** One token for each promise, since an attempt may leave several. */
  readonly #tokens = new Set<Token<R>>();

  constructor(private readonly job: TrackingJob<R>) {}

  get size(): number {
    return this.#tokens.size;
  }

  /** The attempts that are at work as long as their promises are. */
  get attempts(): readonly Attempt<R>[] {
    return [...this.#tokens].filter(({ late }) => !late).map(({ attempt }) => attempt);
  }

  /** Keeps the job open until a promise of an attempt settles. A task that was done before stays done. */
  follow(attempt: Attempt<R>, work: PromiseLike<unknown>): void {
    const { more } = attempt;
    const late = attempt.outcome !== undefined && ((more.tracking ?? 0) === 0 || more.late === true);
    const token = { attempt, late };
    more.late = late;
    this.#tokens.add(token);
    more.tracking = (more.tracking ?? 0) + 1;
    tracked(this.job.ledger, attempt);
    whenSettled(
      work,
      () => {
        this.#hear(this.#fulfilled, token, undefined);
      },
      (error: unknown) => {
        this.#hear(this.#rejected, token, error);
      },
    );
  }

  #hear<E>(follow: (token: Token<R>, error: E) => void, token: Token<R>, error: E): void {
    const { life, engine } = this.job;
    if (!life.isOver && this.#tokens.has(token)) engine.drain.enter(follow, token, error);
  }

  // The token stays until what follows is decided: an update of the state is the user's, and the job must not be at rest meanwhile.
  readonly #fulfilled = (token: Token<R>): void => {
    const { attempt } = token;
    const commits = attempt.rare.tracking === 1 && attempt.outcome === 'completed';
    try {
      if (commits) attempt.settled = commitOf(attempt, 0);
    } catch (error) {
      this.#rejected(token, error);
      return;
    }
    this.job.engine.steps.apply(this.#conclude, token, commits);
  };

  readonly #conclude = (token: Token<R>, commits: boolean): void => {
    const { attempt } = token;
    // An update of the state is the user's, and may have cancelled the task.
    if (!this.#tokens.has(token)) return;
    this.#remove(token);
    if (this.job.life.isOver) return;
    if (commits && attempt.settled !== undefined) commit(this.job, attempt, attempt.settled);
    this.#release();
  };

  /** As a failure of the task, but without a retry. A task fails once, and what it has left running fails with it. */
  readonly #rejected = (token: Token<R>, error: unknown): void => {
    const { attempt } = token;
    const { steps } = this.job.engine;
    if (attempt.stale || attempt.error !== undefined) steps.apply(this.#conclude, token, false);
    else steps.apply(this.#fail, token, this.#failureOf(attempt, error));
  };

  #failureOf(attempt: Attempt<R>, error: unknown): { outcome: TaskOutcome; failure: Failure } {
    const outcome = outcomeWithoutRetry(attempt);
    return { outcome, failure: failureOf(attempt, outcome, error) };
  }

  readonly #fail = (token: Token<R>, { outcome, failure }: { outcome: TaskOutcome; failure: Failure }): void => {
    const { attempt } = token;
    // The words of an error are the user's, and may have cancelled the task.
    if (!this.#tokens.has(token)) return;
    endChildren(attempt.more, this.job.engine.steps);
    this.#remove(token);
    if (this.job.life.isOver) return;
    const hadSucceeded = attempt.outcome === 'completed';
    revise(attempt, outcome, failure.error);
    noteFailure(this.job, attempt, outcome, failure, hadSucceeded);
    this.#release();
  };

  /** A task is cancelled: its promises hold the job open no longer. False if none of them is open. */
  abandon(has: (attempt: Attempt<R>) => boolean, cause: Error): boolean {
    const tokens = [...this.#tokens].filter(({ attempt, late }) => !late && has(attempt));
    const [first] = tokens.filter(({ attempt: { stale, error } }) => !stale && error === undefined);
    if (first !== undefined) endChildren(first.attempt.more, this.job.engine.steps);
    // Those of an attempt that has failed before, and is to be tried again, keep the job open as before.
    for (const token of tokens) if (token.attempt.outcome === 'dropped' || token.attempt === first?.attempt) this.#remove(token);
    if (first !== undefined) this.#drop(first.attempt, cause);
    return first !== undefined;
  }

  #drop(attempt: Attempt<R>, cause: Error): void {
    const hadSucceeded = attempt.outcome === 'completed';
    attempt.stale = true;
    revise(attempt, 'dropped', cause);
    tellSignal(this.job.engine.steps, attempt, cause);
    noteDropped(this.job, attempt, cause, hadSucceeded);
  }

  #release(): void {
    this.job.engine.released$.next(this.job.run);
  }

  #remove(token: Token<R>): void {
    const { more, outcome } = token.attempt;
    this.#tokens.delete(token);
    more.tracking = (more.tracking ?? 1) - 1;
    if (more.tracking === 0) more.late = false;
    if (more.tracking === 0 && outcome === 'completed') handDown(more, this.job);
    untracked(this.job.ledger, token.attempt);
  }
}

/** A task that had succeeded has failed after all: it counts once. */
const revise = (attempt: Attempt, outcome: TaskOutcome, error: unknown): void => {
  if (attempt.outcome !== undefined) attempt.outcome = outcome;
  // What is thrown may be undefined, which says that nothing was.
  attempt.error = error ?? new Error(String(error));
};
