import { Observable, Subject, takeUntil } from 'rxjs';
import { flowError } from '../flow/FlowError.js';

interface NativeObserver<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** An observable of the platform (`globalThis.Observable`): its `subscribe` takes a signal and gives nothing. */
export interface NativeObservable<T> {
  subscribe(observer: NativeObserver<T>, options: { readonly signal: AbortSignal }): void;
}

/** The subscriber of an observable of the platform: it gets values, and what is to be done at the end. */
interface NativeSubscriber<T> extends NativeObserver<T> {
  addTeardown(teardown: () => void): void;
}

type NativeConstructor = new <T>(subscribe: (subscriber: NativeSubscriber<T>) => void) => NativeObservable<T>;

export const isNative = (value: object): value is NativeObservable<unknown> =>
  typeof (value as Partial<NativeObservable<unknown>>).subscribe === 'function';

/** Tells somebody: the platform calls the parts of an observer without it. */
const tellingOf = <T>(whom: NativeObserver<T>): NativeObserver<T> => ({
  next: (value) => {
    whom.next(value);
  },
  error: (error) => {
    whom.error(error);
  },
  complete: () => {
    whom.complete();
  },
});

/** An observable of the platform as one of RxJS. */
export const fromNative = <T>(source: NativeObservable<T>): Observable<T> =>
  new Observable((observer) => {
    const abort = new AbortController();
    observer.add(() => {
      abort.abort();
    });
    source.subscribe(tellingOf(observer), { signal: abort.signal });
  });

/**
 * A view of a job, or any other observable of RxJS, as an observable of the platform, if that has them (Chromium from 135 on).
 * It emits when and what the view emits; aborting the signal only stops watching.
 *
 * @example
 * toNative(job.status$).subscribe((status) => show(status));
 *
 * @throws FlowError `UNSUPPORTED` if there is no `globalThis.Observable`
 */
export const toNative = <T>(source$: Observable<T>): NativeObservable<T> => {
  const { Observable: Native } = globalThis as { Observable?: NativeConstructor };
  if (Native === undefined)
    throw flowError('UNSUPPORTED', {
      call: 'toNative',
      lacks: 'globalThis.Observable',
      instead: 'use the observable of RxJS as it is',
    });
  return new Native((subscriber) => {
    const left$ = new Subject<void>();
    // First, since a view may emit at once, and be left in the middle of that.
    subscriber.addTeardown(() => {
      left$.next();
    });
    source$.pipe(takeUntil(left$)).subscribe(tellingOf(subscriber));
  });
};
