import { Observable, type Observer, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import { Hop } from './Hop.js';
import type { SeatEvents } from './Seat.js';
import { type Crew, Worker } from './Worker.js';

/** Beyond so many, idle workers go home when no job is left. */
const KEPT = 64;

class Forward<T> extends Hop<T> {
  constructor(private readonly to: Observer<T>) {
    super();
  }

  override next(value: T): void {
    this.to.next(value);
  }
}

/**
 * The workers of a flow: who is hired, and who of them is idle. `mergeMap` decides how many there may be: a worker that it does not
 * let in waits in its buffer, and no other is offered meanwhile, so that the buffer never holds more than one.
 */
export class Staff<A> implements Crew<A> {
  readonly #idle: Worker<A>[] = [];
  /** The workers that `mergeMap` has let in. */
  readonly #hired = new Set<Worker<A>>();
  /** The worker that waits in the buffer of `mergeMap`. */
  #waiting: Worker<A> | undefined = undefined;
  /** The number of workers that is wanted; the limit of the `mergeMap` is higher while more are busy. */
  #size: number;
  #limit = 0;
  /** Workers are offered to it. */
  #worker$: Observer<Worker<A>> | undefined = undefined;
  #hire$ = new Subject<Worker<A>>();
  #open: (() => Subscription) | undefined = undefined;
  #pool: Subscription | undefined = undefined;

  /** `wakeUp` is called when there is a worker for work that waits. */
  constructor(
    private readonly events: SeatEvents<A>,
    size: number,
    private readonly wakeUp: () => void,
  ) {
    this.#size = size;
  }

  // ── how many ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The pool that `toPool` makes for a number of workers; another one takes over when the number changes (see `resize`). */
  sized(toPool: (size: number) => OperatorFunction<Worker<A>, A>): OperatorFunction<Worker<A>, A> {
    return (worker$) =>
      new Observable((attempt$) => {
        this.#open = () => {
          this.#hire$ = new Subject();
          return this.#hire$.pipe(toPool(this.#size)).subscribe(new Forward(attempt$));
        };
        this.#takeOver();
        return worker$.subscribe((worker) => {
          this.#hire$.next(worker);
        });
      });
  }

  /**
   * Changes the number of workers. A larger pool takes over at once: it subscribes to the busy workers before the old one leaves
   * them. A smaller one waits until no more workers are there than it takes: a `mergeMap(2)` cannot hold 7, and five would lose
   * their attempts in its buffer. Until then whoever finishes goes home.
   */
  resize(size: number): void {
    const before = this.#size;
    this.#size = size;
    while (this.isOverstaffed && this.#idle.length > 0) this.#sendHome(this.#idle.pop() as Worker<A>);
    if (size > this.#limit || (size < this.#limit && this.#hired.size <= size)) this.#takeOver();
    if (size > before) this.wakeUp();
  }

  get size(): number {
    return this.#size;
  }

  /** Whether more are hired than wanted, so that whoever finishes goes home. */
  get isOverstaffed(): boolean {
    return this.#hired.size > this.#size;
  }

  #takeOver(): void {
    const old = this.#pool;
    // The one that waits in the buffer of the old pool is left there.
    this.#waiting = undefined;
    this.#limit = this.#size;
    this.#pool = this.#open?.();
    for (const worker of this.#hired) this.#hire$.next(worker);
    old?.unsubscribe();
  }

  // ── who comes and goes ──────────────────────────────────────────────────────────────────────────────────────────

  /** From here on workers are offered there. */
  offerTo(worker$: Observer<Worker<A>>): void {
    this.#worker$ = worker$;
  }

  arrived(worker: Worker<A>): void {
    // One that has changed to another pool is no newcomer.
    if (worker !== this.#waiting) return;
    this.#waiting = undefined;
    // It was offered to a larger pool, which lets it in now that somebody has gone home.
    if (this.#isFull) worker.out?.complete();
    else this.#welcome(worker);
  }

  #welcome(worker: Worker<A>): void {
    this.#hired.add(worker);
    this.#idle.push(worker);
    this.wakeUp();
  }

  freed(worker: Worker<A>): void {
    if (!this.#hired.has(worker)) return;
    if (worker.isStuck || this.isOverstaffed) this.#sendHome(worker);
    else this.#idle.push(worker);
  }

  #sendHome(worker: Worker<A>): void {
    this.#hired.delete(worker);
    worker.out?.complete();
    if (this.#size < this.#limit && this.#hired.size <= this.#size) this.#takeOver();
  }

  /** No job is left. */
  trim(): void {
    while (this.#idle.length > KEPT) this.#sendHome(this.#idle.pop() as Worker<A>);
  }

  /** Whether a pool that is to shrink has as many workers as it is to keep: the one moment at which a count decides, and not `mergeMap`. */
  get #isFull(): boolean {
    return this.#size < this.#limit && this.#hired.size >= this.#size;
  }

  /** One that is free to take a task, if there is one or `mergeMap` lets one more in. */
  free(): Worker<A> | undefined {
    return this.#idle.pop() ?? this.#hire();
  }

  /** Offers one more worker to `mergeMap`; whether it has been let in is seen by its subscription. */
  #hire(): Worker<A> | undefined {
    if (this.#waiting !== undefined || this.#isFull) return undefined;
    this.#waiting = new Worker<A>(this, this.events);
    this.#worker$?.next(this.#waiting);
    return this.#idle.pop();
  }
}
