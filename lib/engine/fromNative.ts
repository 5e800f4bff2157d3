import { Observable } from 'rxjs';

export interface NativeObserver<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** An observable of the platform (`globalThis.Observable`): its `subscribe` takes a signal and gives nothing. */
export interface NativeObservable<T> {
  /** Begins to tell the observer, until it ends or the signal aborts. */
  subscribe(observer: NativeObserver<T>, options: { readonly signal: AbortSignal }): void;
}

/** An observable of the platform as one of RxJS; its signal aborts with the reason. */
export const fromNative = <T>(source: NativeObservable<T>, reason: () => unknown): Observable<T> =>
  new Observable((observer) => {
    const abort = new AbortController();
    observer.add(() => {
      abort.abort(reason());
    });
    source.subscribe(tellingOf(observer), { signal: abort.signal });
  });

/** Tells somebody: the platform calls the parts of an observer without it. */
export const tellingOf = <T>(whom: NativeObserver<T>): NativeObserver<T> => ({
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
