import { Observable, type Observer, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import { Hop } from './Hop.js';
import type { Host, Seated, SeatEvents } from './Seat.js';
import type { Steps } from './Steps.js';
import type { Turn, Turns } from './Turns.js';
import { ignore, type Unfinished } from './unfinished.js';
import { Worker } from './Worker.js';

/** An attempt as the pool works on it. */
export interface Held<A> extends Seated<A> {
  /** Whether its worker is lent to a job that it has started. */
  lent: boolean;
}

/** How the tasks of a flow are worked on. */
export interface Craft<A, R> {
  /** The next task of a job begins, unless the job has run longer than it may: then it has failed instead (D32). */
  take(run: R): (A & Held<A>) | undefined;
  /** Calls the handler; gives what it leaves unfinished, throws what it throws. */
  call(attempt: A): Unfinished | undefined;
  /** Decides what the attempt has come to; false if it has been aborted meanwhile. */
  succeed(attempt: A): boolean;
  fail(attempt: A, error: unknown): boolean;
  /** The attempt whose handler has started a job and waits for it, if it can lend its worker. */
  lenderOf(run: R): (A & Held<A>) | undefined;
  /** Calls back in the async context of a job. */
  within<S>(run: R, work: (run: R, subject: S) => void, subject: S): void;
}

/** The time of the drain at work. */
export interface Pace {
  /** Whether there is time for another task. */
  readonly isLeft: boolean;
  /** A handler has been called. */
  spend(): void;
}

/** Beyond so many, idle workers go home when no job is left. */
const KEPT = 64;

class HireSubscriber<R extends Turn> extends Hop<R> {
  constructor(private readonly turns: Turns<R>) {
    super();
  }

  override next(run: R): void {
    this.turns.add(run);
  }
}

class Forward<T> extends Hop<T> {
  constructor(private readonly to: Observer<T>) {
    super();
  }

  override next(value: T): void {
    this.to.next(value);
  }
}

/**
 * The thread pool of a flow: who works, who is idle, and who is hired. `mergeMap` decides how many there may be: a worker that it
 * does not let in waits in its buffer, and no other is offered meanwhile, so that the buffer never holds more than one.
 */
export class WorkerPool<A, R extends Turn> {
  /** The attempt whose handler is on the stack. */
  onStack: (A & Held<A>) | undefined = undefined;
  #idle: Worker<A>[] = [];
  /** Those that `mergeMap` has let in. */
  readonly #hired = new Set<Worker<A>>();
  /** The one that waits in its buffer. */
  #waiting: Worker<A> | undefined = undefined;
  /** How many there are to be; the limit of the `mergeMap` is higher while more are busy. */
  #size: number;
  #limit = 0;
  #turns: Turns<R> | undefined;
  #worker$: Observer<Worker<A>> | undefined = undefined;
  #hire$ = new Subject<Worker<A>>();
  #open: (() => Subscription) | undefined = undefined;
  #pool: Subscription | undefined = undefined;

  constructor(
    private readonly craft: Craft<A, R>,
    private readonly events: SeatEvents<A>,
    private readonly pace: Pace,
    private readonly steps: Steps,
    size: number,
  ) {
    this.#size = size;
  }

  // ── the operators ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A job that may start something takes its place in the ring; in the drain (`work`), if something may start and nobody is idle,
   * one more worker.
   *
   * ```text
   * run      --r--s-------
   * drain    ------d---d--
   * worker   ------W------   W takes the tasks of r and s; at the second drain it is idle
   * ```
   */
  hire(turns: Turns<R>): OperatorFunction<R, Worker<A>> {
    this.#turns = turns;
    return (run$) =>
      new Observable((worker$) => {
        this.#worker$ = worker$;
        return run$.subscribe(new HireSubscriber(turns));
      });
  }

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
    while (this.#hired.size > size && this.#idle.length > 0) this.#sendHome(this.#idle.pop() as Worker<A>);
    if (size > this.#limit || (size < this.#limit && this.#hired.size <= size)) this.#takeOver();
    if (size > before) this.#turns?.wakeUp();
  }

  get size(): number {
    return this.#size;
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

  arrived(worker: Worker<A>): void {
    // One that has changed to another pool is no newcomer.
    if (worker !== this.#waiting) return;
    this.#waiting = undefined;
    // It was offered to a larger pool, which lets it in now that somebody has gone home.
    if (this.#isFull) worker.home?.complete();
    else this.#welcome(worker);
  }

  #welcome(worker: Worker<A>): void {
    this.#hired.add(worker);
    this.#idle.push(worker);
    this.#turns?.wakeUp();
  }

  freed(worker: Worker<A>): void {
    if (!this.#hired.has(worker)) return;
    if (this.#isLeaving(worker)) this.#sendHome(worker);
    else this.#idle.push(worker);
  }

  /** Whether it goes home as soon as it is free. */
  #isLeaving(worker: Worker<A>): boolean {
    return worker.isStuck || this.#hired.size > this.#size;
  }

  #sendHome(worker: Worker<A>): void {
    this.#hired.delete(worker);
    worker.home?.complete();
    if (this.#size < this.#limit && this.#hired.size <= this.#size) this.#takeOver();
  }

  /** No job is left. */
  rest(): void {
    while (this.#idle.length > KEPT) this.#sendHome(this.#idle.pop() as Worker<A>);
  }

  /** Whether a pool that is to shrink has as many workers as it is to keep: the one moment at which a count decides, and not `mergeMap`. */
  get #isFull(): boolean {
    return this.#size < this.#limit && this.#hired.size >= this.#size;
  }

  #free(): Worker<A> | undefined {
    return this.#idle.pop() ?? this.#hire();
  }

  /** Offers one more worker to `mergeMap`; whether it has been let in is seen by its subscription. */
  #hire(): Worker<A> | undefined {
    if (this.#waiting !== undefined || this.#isFull) return undefined;
    this.#waiting = new Worker<A>(this, this.events);
    this.#worker$?.next(this.#waiting);
    return this.#idle.pop();
  }

  /** The attempts that hold a worker, and the one on the stack. */
  get attempts(): readonly A[] {
    const held = [...this.#hired].flatMap(({ attempts }) => attempts);
    return this.onStack === undefined ? held : [...held, this.onStack];
  }

  // ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Has the workers take tasks, by turns, until nothing may start or there is no time. */
  work(turns: Turns<R>): void {
    for (let run = turns.first; run !== undefined && this.pace.isLeft; run = turns.first) {
      const worker = this.#free();
      if (worker !== undefined) this.#workOn(run, worker, turns);
      else if (!this.#workOnLoan(turns)) return;
    }
  }

  #workOn(run: R, worker: Worker<A>, turns: Turns<R>): void {
    turns.take();
    this.#onDuty(worker, run, this.#stretch, worker);
    turns.done(run);
  }

  /** A worker takes tasks; whether it is free is asked when it has. */
  #onDuty<S>(worker: Worker<A>, run: R, work: (run: R, subject: S) => void, subject: S): void {
    worker.isOnDuty = true;
    this.craft.within(run, work, subject);
    worker.isOnDuty = false;
    if (worker.isFree) this.freed(worker);
  }

  /** Tasks of one job as long as no other waits. */
  readonly #stretch = (run: R, worker: Worker<A>): void => {
    let isFree: boolean;
    do isFree = this.#turn(run, worker, undefined);
    while (isFree && !this.#isLeaving(worker) && run.isReady && this.#turns?.isEmpty === true && this.pace.isLeft);
  };

  // A job that a handler has started may always run one task, on the worker of that handler: nobody waits for himself (D16).
  #workOnLoan(turns: Turns<R>): boolean {
    const run = turns.takeIf((each) => this.craft.lenderOf(each) !== undefined);
    if (run === undefined) return false;
    const lender = this.craft.lenderOf(run) as A & Held<A>;
    // The borrower may abort its lender: the worker stays with the borrower.
    this.#onDuty(lender.seat?.worker as Worker<A>, run, this.#turnOnLoan, lender);
    turns.done(run);
    return true;
  }

  readonly #turnOnLoan = (run: R, lender: A & Held<A>): void => {
    this.#turn(run, lender.seat?.worker as Worker<A>, lender);
  };

  /** One task; false if the worker holds it beyond this turn. */
  #turn(run: R, worker: Worker<A>, lender: (A & Held<A>) | undefined): boolean {
    const attempt = this.craft.take(run);
    if (attempt === undefined) return true;
    this.onStack = attempt;
    this.steps.catchUp();
    const isDone = !attempt.isAtWork || this.#try(attempt, worker, lender);
    this.onStack = undefined;
    this.steps.catchUp();
    return isDone;
  }

  #try(attempt: A & Held<A>, worker: Worker<A>, lender: (A & Held<A>) | undefined): boolean {
    let left: Unfinished | undefined;
    try {
      left = this.craft.call(attempt);
    } catch (error) {
      this.pace.spend();
      if (attempt.isAtWork && this.craft.fail(attempt, error)) this.#handOut(attempt, worker);
      return true;
    }
    this.pace.spend();
    if (left !== undefined) return this.#leave(attempt, left, worker, lender);
    if (attempt.isAtWork && this.craft.succeed(attempt)) this.#handOut(attempt, worker);
    return true;
  }

  /** What the handler has left unfinished holds the worker, unless it is nobody's any more. */
  #leave(attempt: A & Held<A>, left: Unfinished, worker: Worker<A>, lender: (A & Held<A>) | undefined): boolean {
    if (attempt.isAtWork) worker.hold(attempt, left, lender);
    else ignore(left);
    return false;
  }

  /** The attempt leaves the pool, and is settled as one step. */
  #handOut(attempt: A, worker: Host<A>): void {
    this.steps.begin();
    worker.home?.next(attempt);
    this.steps.end();
  }
}

/** An attempt leaves the pool. */
export const handOut = <A>(attempt: A, worker: Host<A>): void => {
  worker.home?.next(attempt);
};
