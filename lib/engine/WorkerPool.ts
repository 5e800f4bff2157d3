import { Observable, type OperatorFunction } from 'rxjs';
import { Hop } from './Hop.js';
import type { Host, Seated, SeatEvents, Sitting } from './Seat.js';
import { Staff } from './Staff.js';
import type { Steps } from './Steps.js';
import type { Turn, Turns } from './Turns.js';
import { ignore, type Unfinished } from './unfinished.js';
import type { Worker } from './Worker.js';

/** An attempt as the pool works on it. */
export interface Pooled<A, R> extends Seated<A> {
  readonly run: R & Sitting<A>;
}

/** How a task of a flow is run, act by act. */
export interface TaskRunner<A extends Pooled<A, R>, R> {
  /** The next task of a job begins, unless the job has run longer than it may: then it has failed instead (D32). */
  take(run: R): A | undefined;
  /** The slot takes the payload in; throws what the user's functions throw. */
  takeIn(attempt: A): void;
  /** Calls the handler, unless the attempt has been aborted meanwhile; gives what it leaves unfinished, throws what it throws. */
  call(attempt: A): Unfinished | undefined;
  /** Decides what the attempt has come to; false if it has been aborted meanwhile. */
  succeed(attempt: A): boolean;
  fail(attempt: A, error: unknown): boolean;
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

class HireSubscriber<R extends Turn<R>> extends Hop<R> {
  constructor(private readonly turns: Turns<R>) {
    super();
  }

  override next(run: R): void {
    this.turns.add(run);
  }
}

/** The thread pool of a flow: what its workers do, by turns. Who is there, the staff knows. */
export class WorkerPool<A extends Pooled<A, R>, R extends Turn<R>> {
  #onStack: A | undefined = undefined;
  readonly #staff: Staff<A>;
  #turns: Turns<R> | undefined;

  constructor(
    private readonly runner: TaskRunner<A, R>,
    events: SeatEvents<A>,
    private readonly pace: Pace,
    private readonly steps: Steps,
    size: number,
  ) {
    this.#staff = new Staff(events, size, () => this.#turns?.wakeUp());
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
        this.#staff.offerTo(worker$);
        return run$.subscribe(new HireSubscriber(turns));
      });
  }

  /** The pool that `toPool` makes for a number of workers; another one takes over when the number changes (see `resize`). */
  sized(toPool: (size: number) => OperatorFunction<Worker<A>, A>): OperatorFunction<Worker<A>, A> {
    return this.#staff.sized(toPool);
  }

  // ── who is there ────────────────────────────────────────────────────────────────────────────────────────────────

  get size(): number {
    return this.#staff.size;
  }

  /** Changes the number of workers. */
  resize(size: number): void {
    this.#staff.resize(size);
  }

  /** No job is left. */
  trim(): void {
    this.#staff.trim();
  }

  /** The attempt whose handler is on the stack. */
  get onStack(): A | undefined {
    return this.#onStack;
  }

  // ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Has the workers take tasks, by turns, until nothing may start or there is no time. */
  work(turns: Turns<R>): void {
    while (!turns.isEmpty && this.pace.isLeft) {
      const worker = this.#staff.free();
      if (worker !== undefined) this.#workNext(worker, turns);
      else if (!this.#workOnLoan(turns)) return;
    }
  }

  // Not before somebody is free: a job that is paused and resumed while all are busy keeps its place.
  #workNext(worker: Worker<A>, turns: Turns<R>): void {
    const run = turns.first;
    if (run === undefined) this.#staff.freed(worker);
    else this.#workOn(run, worker, turns);
  }

  #workOn(run: R, worker: Worker<A>, turns: Turns<R>): void {
    turns.take(run);
    this.#onDuty(worker, run, this.#stretch, worker);
    turns.done(run);
  }

  /** A worker takes tasks; whether it is free is asked when it has. */
  #onDuty<S>(worker: Worker<A>, run: R, work: (run: R, subject: S) => void, subject: S): void {
    worker.isOnDuty = true;
    this.runner.within(run, work, subject);
    worker.isOnDuty = false;
    if (worker.isFree) this.#staff.freed(worker);
  }

  /** Tasks of one job as long as no other waits. */
  readonly #stretch = (run: R, worker: Worker<A>): void => {
    let isFree: boolean;
    do isFree = this.turn(this.runner.take(run), worker, undefined);
    while (isFree && !this.#staff.isOverstaffed && run.isReady && this.#turns?.isEmpty === true && this.pace.isLeft);
  };

  // A job that a handler has started may always run one task, on the worker of that handler: nobody waits for himself (D16).
  #workOnLoan(turns: Turns<R>): boolean {
    const run = turns.firstOnLoan;
    if (run === undefined) return false;
    const lender = turns.take(run) as unknown as A;
    // The borrower may abort its lender: the worker stays with the borrower.
    this.#onDuty(lender.seat?.worker as Worker<A>, run, this.#turnOnLoan, lender);
    turns.done(run);
    return true;
  }

  readonly #turnOnLoan = (run: R, lender: A): void => {
    this.turn(this.runner.take(run), lender.seat?.worker as Worker<A>, lender);
  };

  /** One task; false if the worker holds it beyond this turn. */
  private turn(attempt: A | undefined, worker: Worker<A>, lender: A | undefined): boolean {
    if (attempt === undefined) return true;
    this.#onStack = attempt;
    const isDone = this.try(attempt, worker, lender);
    this.#onStack = undefined;
    this.steps.catchUp();
    return isDone;
  }

  private try(attempt: A, worker: Worker<A>, lender: A | undefined): boolean {
    let left: Unfinished | undefined;
    try {
      this.runner.takeIn(attempt);
      // Watchers of the slot hear of what it has taken in right before the handler is called.
      this.steps.catchUp();
      left = this.runner.call(attempt);
    } catch (error) {
      return this.#fail(attempt, error, worker);
    }
    this.pace.spend();
    if (left !== undefined) return this.#hold(attempt, left, worker, lender);
    if (attempt.isAtWork && this.runner.succeed(attempt)) handOut(attempt, worker, this.steps);
    return true;
  }

  #fail(attempt: A, error: unknown, worker: Worker<A>): true {
    this.pace.spend();
    if (attempt.isAtWork && this.runner.fail(attempt, error)) handOut(attempt, worker, this.steps);
    return true;
  }

  /** What the handler has left unfinished holds the worker, unless it is nobody's any more. */
  #hold(attempt: A, left: Unfinished, worker: Worker<A>, lender: A | undefined): boolean {
    if (attempt.isAtWork) worker.hold(attempt, left, lender);
    else ignore(left);
    return false;
  }
}

/** An attempt leaves the pool, and is settled as one step; nothing throws behind the pool. */
export const handOut = <A>(attempt: A, worker: Host<A>, steps: Steps): void => {
  steps.begin();
  worker.out?.next(attempt);
  steps.end();
};
