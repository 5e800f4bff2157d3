import { defer, mergeMap, Observable, type ObservableInput, Subject } from 'rxjs';
import type { Attempt } from './Attempt.js';
import type { Unfinished } from './unfinished.js';

/** Told how the work of an attempt goes on and ends. */
export interface Foreman {
  value(attempt: Attempt, value: unknown): void;
  finished(attempt: Attempt): void;
  failed(attempt: Attempt, error: unknown): void;
}

/**
 * The workers that are busy: what an attempt has left unfinished is an inner observable that `mergeMap` subscribes
 * to. It has no limit of its own, since the pump hands out a task only when a worker is free, and it never errors: a
 * failure is told to the foreman inside the inner observable. An attempt that is let go of is not heard any more.
 */
export const workerPool = (foreman: Foreman): ((attempt: Attempt, unfinished: Unfinished) => void) => {
  const work$ = new Subject<Observable<never>>();
  work$.pipe(mergeMap((work) => work)).subscribe();
  return (attempt, { kind, work }) => {
    work$.next(kind === 'promise' ? promised(attempt, work, foreman) : streamed(attempt, work, foreman));
  };
};

const promised = (attempt: Attempt, promise: PromiseLike<unknown>, foreman: Foreman): Observable<never> =>
  new Observable((worker) => {
    attempt.letGo = () => {
      worker.complete();
    };
    // A thenable may answer twice, or throw when asked: a promise of ours does neither.
    Promise.resolve(promise).then(
      () => {
        if (attempt.isAtWork) foreman.finished(attempt);
      },
      (error: unknown) => {
        if (attempt.isAtWork) foreman.failed(attempt, error);
      },
    );
  });

// `defer` asks for the stream inside: what is not really one is then a failure of the task, not of the pool.
const streamed = (attempt: Attempt, stream: ObservableInput<unknown>, foreman: Foreman): Observable<never> =>
  new Observable((worker) => {
    attempt.letGo = () => {
      worker.complete();
    };
    return defer(() => stream).subscribe({
      next: (value) => {
        if (attempt.isAtWork) foreman.value(attempt, value);
      },
      error: (error: unknown) => {
        if (attempt.isAtWork) foreman.failed(attempt, error);
      },
      complete: () => {
        if (attempt.isAtWork) foreman.finished(attempt);
      },
    });
  });
