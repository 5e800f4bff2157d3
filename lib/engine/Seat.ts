import { defer, type Observable, type Subscription, takeWhile } from 'rxjs';
import { type Unfinished, whenSettled } from './unfinished.js';

/** An attempt as a seat holds it. */
export interface Seated<A> {
  /** Whether it has neither settled nor been aborted. */
  readonly isAtWork: boolean;
  /** The seat that holds it. */
  seat: Seat<A> | undefined;
}

/** What a seat tells: how the work of its attempt goes on and ends. */
export interface SeatEvents<A> {
  value(attempt: A, value: unknown): void;
  /** `value` is what its promise has come to; `scoped` if this is the async context in which the work was taken. */
  finished(attempt: A, value: unknown, scoped: boolean): void;
  failed(attempt: A, error: unknown, scoped: boolean): void;
  /** Runs user code in the async context of the attempt. */
  within<T>(attempt: A, work: () => T): T;
  /** Runs user code when the step at hand has been applied; what it throws becomes a warning of the attempt's job. */
  tearDown(attempt: A, work: () => void): void;
}

/** What a seat tells its `Worker`. */
export interface Host<A> {
  /** Where its attempts go. */
  readonly out: { next(attempt: A): void } | undefined;
  /** The seat holds nothing any more. */
  left(seat: Seat<A>): void;
}

/** A place at a worker: holds the promise or stream of one attempt until it settles. The seat ignores an attempt that was aborted. */
export class Seat<A> {
  attempt: (A & Seated<A>) | undefined = undefined;
  /** Whether it has a promise that has not settled. */
  waits = false;
  /** The attempt that has lent the worker, if the attempt of this seat borrows it. */
  lender: { lent: boolean } | undefined = undefined;
  #stream: Subscription | undefined = undefined;

  constructor(
    readonly worker: Host<A>,
    private readonly events: SeatEvents<A>,
  ) {}

  take(attempt: A & Seated<A>, { kind, work }: Unfinished): void {
    this.attempt = attempt;
    attempt.seat = this;
    if (kind === 'promise') this.#await(work);
    else
      this.#subscribe(
        attempt,
        defer(() => work),
      );
  }

  /** Its attempt has settled, or is aborted. */
  vacate(): void {
    const { attempt } = this;
    const stream = this.#stream;
    this.attempt = undefined;
    this.#stream = undefined;
    if (this.lender !== undefined) this.lender.lent = false;
    this.worker.left(this);
    if (attempt !== undefined && stream !== undefined) this.#close(attempt, stream);
  }

  #close(attempt: A, stream: Subscription): void {
    this.events.tearDown(attempt, () => {
      stream.unsubscribe();
    });
  }

  #await(work: PromiseLike<unknown>): void {
    this.waits = true;
    whenSettled(work, this.#fulfilled, this.#rejected, this.#within);
  }

  // A `then` of the user's is part of the handler.
  readonly #within = <T>(ask: () => T): T => this.events.within(this.attempt as A, ask);

  // Made once for all that the seat waits for, one after the other.
  readonly #fulfilled = (value: unknown): void => {
    this.waits = false;
    if (this.attempt?.isAtWork === true) this.events.finished(this.attempt, value, true);
  };

  readonly #rejected = (error: unknown): void => {
    this.waits = false;
    if (this.attempt?.isAtWork === true) this.events.failed(this.attempt, error, true);
  };

  // `defer` makes the stream: an object that only claims to be one fails the task, not the pool.
  #subscribe(attempt: A & Seated<A>, stream$: Observable<unknown>): void {
    const { events } = this;
    const observer = {
      next: (value: unknown) => {
        if (attempt.isAtWork) events.value(attempt, value);
      },
      error: (error: unknown) => {
        if (attempt.isAtWork) events.failed(attempt, error, false);
      },
      complete: () => {
        if (attempt.isAtWork) events.finished(attempt, undefined, false);
      },
    };
    let stream: Subscription;
    try {
      // A stream that emits without a pause is left at the first value after the abort of its attempt.
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- the attempt says when to stop
      const whileAtWork$ = stream$.pipe(takeWhile(() => attempt.isAtWork));
      // What subscribing runs, such as the body of a generator, is part of the handler.
      stream = events.within(attempt, () => whileAtWork$.subscribe(observer));
    } catch (error) {
      if (attempt.isAtWork) events.failed(attempt, error, false);
      else events.tearDown(attempt, () => rethrow(error));
      return;
    }
    // It may have ended, or ended its job, while it was being subscribed to.
    if (this.attempt === attempt) this.#stream = stream;
    else this.#close(attempt, stream);
  }
}

const rethrow = (error: unknown): never => {
  throw error;
};
