import { Observable, type Subscriber } from 'rxjs';
import { type Host, Seat, type Seated, type SeatEvents } from './Seat.js';
import type { Unfinished } from './unfinished.js';

/** What a worker tells its `Staff`. */
export interface Crew<A> {
  /** `mergeMap` has subscribed to the worker. */
  arrived(worker: Worker<A>): void;
  /** The worker holds nothing any more. */
  freed(worker: Worker<A>): void;
}

/**
 * A worker is an inner observable of the pool's `mergeMap`: it hands out each attempt that it has brought to an end, and stays
 * subscribed from one to the next. It holds one attempt of its own, and beside it the attempts of jobs that its attempt waits for
 * (D16).
 */
export class Worker<A> implements Host<A> {
  /** Its attempts go there; another one after the pool has changed its size. */
  out: Subscriber<A> | undefined = undefined;
  readonly attempt$ = new Observable<A>((out) => {
    this.out = out;
    this.crew.arrived(this);
  });
  /** Whether it takes tasks at this moment. */
  isOnDuty = false;
  readonly #seat: Seat<A>;
  // Most workers never have one.
  #guests: Set<Seat<A>> | undefined = undefined;

  constructor(
    private readonly crew: Crew<A>,
    private readonly events: SeatEvents<A>,
  ) {
    this.#seat = new Seat<A>(this, events);
  }

  /** Whether it holds no attempt. */
  get isFree(): boolean {
    return this.#seat.attempt === undefined && (this.#guests === undefined || this.#guests.size === 0);
  }

  /** Whether it waits for the promise of an attempt that was aborted: it takes no other then, so that a late answer is nobody's. */
  get isStuck(): boolean {
    return this.#seat.waits;
  }

  /** Holds what an attempt has left unfinished; beside its own if that attempt borrows it. */
  hold(attempt: A & Seated<A>, left: Unfinished, lender: (A & Seated<A>) | undefined): void {
    (lender === undefined ? this.#seat : this.#seatBeside(lender)).take(attempt, left);
  }

  #seatBeside(lender: A & Seated<A>): Seat<A> {
    const guest = new Seat<A>(this, this.events);
    guest.borrow(lender);
    (this.#guests ??= new Set()).add(guest);
    return guest;
  }

  left(seat: Seat<A>): void {
    this.#guests?.delete(seat);
    if (this.isFree && !this.isOnDuty) this.crew.freed(this);
  }
}
