import type { Leave, Reading } from './Reading.js';
import { readStream } from './readStream.js';
import type { Stream } from './streamIn.js';
import { type Unfinished, whenSettled } from './unfinished.js';

/** An attempt as a seat holds it. */
export interface Seated<A> {
  /** Whether it has neither settled nor been aborted. */
  readonly isAtWork: boolean;
  /** The seat that holds it. */
  seat: Seat<A> | undefined;
  /** Whether its worker is lent to a job that it has started. */
  lent: boolean;
  readonly run: Sitting<A>;
}

/** A job whose attempts are held by seats. */
export interface Sitting<A> {
  /** The seat that was taken last: each knows the one before. So the end of a job costs nothing for the attempts of others (D46). */
  lastSeat: Seat<A> | undefined;
}

/** The attempts of a job that seats hold, oldest first. */
export const heldBy = <A>({ lastSeat }: Sitting<A>): readonly A[] => {
  const held: A[] = [];
  for (let seat = lastSeat; seat !== undefined; seat = seat.before) held.push(seat.attempt as A);
  return held.reverse();
};

/** What a seat tells: how the work of its attempt goes on and ends. */
export interface SeatEvents<A> {
  value(attempt: A, value: unknown): void;
  /** Whether it can lend its worker has changed: it has got one, has lent it or got it back, or is at work no more. */
  lending(attempt: A): void;
  /** `value` is what its promise has come to; `scoped` if this is the async context in which the work was taken. */
  finished(attempt: A, value: unknown, scoped: boolean): void;
  failed(attempt: A, error: unknown, scoped: boolean): void;
  /** Runs user code in the async context of the attempt. */
  within<T>(attempt: A, work: () => T): T;
  /** Calls back once others have had their turn. */
  breathe(goOn: () => void): void;
  /** Leaves a stream when the step at hand has been applied, and tells it why; what it throws becomes a warning of the attempt's job. */
  leave(attempt: A, leave: Leave): void;
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
  #lender: (A & Seated<A>) | undefined = undefined;
  /** The seats of the same job that were taken right before and after this one. */
  before: Seat<A> | undefined = undefined;
  #after: Seat<A> | undefined = undefined;
  #leave: Leave | undefined = undefined;

  constructor(
    readonly worker: Host<A>,
    private readonly events: SeatEvents<A>,
  ) {}

  take(attempt: A & Seated<A>, left: Unfinished): void {
    // It may leave something unfinished for the second time.
    if (this.attempt === undefined) this.#join(attempt.run);
    this.attempt = attempt;
    attempt.seat = this;
    this.events.lending(attempt);
    if (left.kind === 'promise') this.#await(left.work);
    else this.#read(attempt, left);
  }

  /** Its attempt has settled, or is aborted. */
  vacate(): void {
    const { attempt } = this;
    const leave = this.#leave;
    if (attempt !== undefined) this.#part(attempt.run);
    this.attempt = undefined;
    this.#leave = undefined;
    if (attempt !== undefined) this.events.lending(attempt);
    if (this.#lender !== undefined) this.#lent(this.#lender, false);
    this.worker.left(this);
    if (attempt !== undefined && leave !== undefined) this.events.leave(attempt, leave);
  }

  /** What it will hold borrows the worker of an attempt. */
  borrow(lender: A & Seated<A>): void {
    this.#lender = lender;
    this.#lent(lender, true);
  }

  #lent(lender: A & Seated<A>, lent: boolean): void {
    lender.lent = lent;
    this.events.lending(lender);
  }

  /** Takes its place behind the seats of a job, and leaves it. */
  #join(run: Sitting<A>): void {
    this.before = run.lastSeat;
    if (run.lastSeat !== undefined) run.lastSeat.#after = this;
    run.lastSeat = this;
  }

  #part(run: Sitting<A>): void {
    const { before } = this;
    if (before !== undefined) before.#after = this.#after;
    if (this.#after === undefined) run.lastSeat = before;
    else this.#after.before = before;
    this.before = this.#after = undefined;
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

  #read(attempt: A & Seated<A>, stream: Stream): void {
    const { events } = this;
    let leave: Leave;
    try {
      // What reading runs, such as the body of a generator, is part of the handler.
      leave = events.within(attempt, () => readStream(stream, this.#readingOf(attempt)));
    } catch (error) {
      if (attempt.isAtWork) events.failed(attempt, error, false);
      else events.leave(attempt, () => rethrow(error));
      return;
    }
    // It may have ended, or ended its job, while it was being opened.
    if (this.attempt === attempt) this.#leave = leave;
    else events.leave(attempt, leave);
  }

  #readingOf(attempt: A & Seated<A>): Reading {
    const { events } = this;
    return {
      isOver: () => !attempt.isAtWork,
      give: (value) => {
        if (attempt.isAtWork) events.value(attempt, value);
      },
      fail: (error) => {
        if (attempt.isAtWork) events.failed(attempt, error, false);
      },
      end: () => {
        if (attempt.isAtWork) events.finished(attempt, undefined, false);
      },
      breathe: (goOn) => {
        events.breathe(() => {
          if (attempt.isAtWork) events.within(attempt, goOn);
        });
      },
    };
  }
}

const rethrow = (error: unknown): never => {
  throw error;
};
