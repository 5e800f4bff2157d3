import { defer, mergeMap, Observable, Subject, type Subscriber, type Subscription, takeWhile } from 'rxjs';
import type { Attempt } from './Attempt.js';
import { tearDown } from './tearDown.js';
import type { Unfinished } from './unfinished.js';

/** Told how the work of an attempt goes on and ends; `scoped` where that is told in the async context in which it was given. */
export interface Foreman {
  value(attempt: Attempt, value: unknown): void;
  finished(attempt: Attempt, scoped: boolean): void;
  failed(attempt: Attempt, error: unknown, scoped: boolean): void;
}

/** The workers of one flow that something unfinished may hold. */
export interface WorkerPool {
  /** Gives what an attempt has left unfinished to a worker. */
  give(attempt: Attempt, left: Unfinished): void;
  /** The attempts that hold a worker now. */
  readonly attempts: readonly Attempt[];
  /** The flow has no job any more: the workers go home. */
  close(): void;
}

/**
 * Each worker is an inner observable of one `mergeMap`: it is subscribed to when more work is unfinished at once than
 * ever before, goes from one attempt to the next, and completes when the flow has no job any more. (An inner observable
 * for each attempt costs 0.5 µs more.) `mergeMap` has no limit of its own, since the pump hands out a task only when a
 * worker is free, and it never errors: a failure is told to the foreman inside the inner observable.
 */
export const workerPool = (foreman: Foreman): WorkerPool => {
  const hired$ = new Subject<Observable<never>>();
  hired$.pipe(mergeMap((worker$) => worker$)).subscribe();
  let workers: Worker[] = [];

  /** One that still waits for the promise of an attempt that was let go of takes no other. */
  const whenFree = (worker: Worker): void => {
    if (!worker.waits) idle.push(worker);
    else {
      worker.home?.complete();
      workers = workers.filter((each) => each !== worker);
    }
  };

  // There is always one, which keeps the shape of its kind alive (see `specimen.ts`).
  let idle = [new Worker(foreman, whenFree)];

  const hire = (worker: Worker): void => {
    workers.push(worker);
    hired$.next(
      new Observable((home) => {
        worker.home = home;
      }),
    );
  };

  return {
    give: (attempt, left) => {
      const worker = idle.pop() ?? new Worker(foreman, whenFree);
      if (worker.home === undefined) hire(worker);
      worker.take(attempt, left);
    },
    get attempts() {
      return workers.flatMap(({ attempt }) => attempt ?? []);
    },
    close: () => {
      if (workers.length === 0) return;
      for (const { home } of workers) home?.complete();
      workers = [];
      idle = [new Worker(foreman, whenFree)];
    },
  };
};

/** One worker: at most one attempt at a time. An attempt that is let go of is not heard any more. */
export class Worker {
  attempt: Attempt | undefined = undefined;
  home: Subscriber<never> | undefined = undefined;
  /** Whether it has a promise that has not settled. */
  waits = false;
  #stream: Subscription | undefined = undefined;

  constructor(
    private readonly foreman: Foreman,
    private readonly whenFree: (worker: Worker) => void,
  ) {}

  take(attempt: Attempt, { kind, work }: Unfinished): void {
    this.attempt = attempt;
    attempt.worker = this;
    if (kind === 'promise') this.#await(work);
    else
      this.#subscribe(
        attempt,
        defer(() => work),
      );
  }

  /** Its attempt has settled, or is let go of. */
  leave(): void {
    const { attempt } = this;
    const stream = this.#stream;
    this.attempt = undefined;
    this.#stream = undefined;
    this.whenFree(this);
    if (attempt !== undefined && stream !== undefined) close(attempt, stream);
  }

  #await(promise: PromiseLike<unknown>): void {
    this.waits = true;
    answering(promise).then(this.#fulfilled, this.#rejected);
  }

  // Made once for all that the worker waits for, one after the other.
  readonly #fulfilled = (): void => {
    this.waits = false;
    if (this.attempt?.isAtWork === true) this.foreman.finished(this.attempt, true);
  };

  readonly #rejected = (error: unknown): void => {
    this.waits = false;
    if (this.attempt?.isAtWork === true) this.foreman.failed(this.attempt, error, true);
  };

  // The stream is made inside `defer`: what is not really one is a failure of the task, not of the pool.
  #subscribe(attempt: Attempt, stream$: Observable<unknown>): void {
    const { foreman } = this;
    const observer = {
      next: (value: unknown) => {
        if (attempt.isAtWork) foreman.value(attempt, value);
      },
      error: (error: unknown) => {
        if (attempt.isAtWork) foreman.failed(attempt, error, false);
      },
      complete: () => {
        if (attempt.isAtWork) foreman.finished(attempt, false);
      },
    };
    let stream: Subscription;
    try {
      // A stream that emits without a pause is left at the next value after its attempt is let go of.
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the attempt that says when to stop
      stream = stream$.pipe(takeWhile(() => attempt.isAtWork)).subscribe(observer);
    } catch (error) {
      if (attempt.isAtWork) foreman.failed(attempt, error, false);
      else attempt.run.views.warn(`The teardown of ${streamOf(attempt)} threw`, error);
      return;
    }
    // It may have ended, or ended its job, while it was being subscribed to.
    if (this.attempt === attempt) this.#stream = stream;
    else close(attempt, stream);
  }
}

/** A thenable may answer twice, or throw when asked, and so may a promise with a `then` of its own: this one does neither. */
const answering = (work: PromiseLike<unknown>): Promise<unknown> => {
  const promise = Promise.resolve(work);
  if (promise.then === Promise.prototype.then) return promise;
  return new Promise((resolve) => {
    resolve(promise);
  });
};

const close = (attempt: Attempt, stream: Subscription): void => {
  tearDown(attempt.run, streamOf(attempt), () => {
    stream.unsubscribe();
  });
};

const streamOf = ({ routineId }: Attempt): string => `a stream of routine '${routineId}'`;
