import { type Observable, Subject, takeUntil } from 'rxjs';
import { type NativeObservable, type NativeObserver, tellingOf } from '../engine/fromNative.js';
import { flowError } from '../flow/FlowError.js';

/** The subscriber of an observable of the platform: it gets values, and what is to be done at the end. */
interface NativeSubscriber<T> extends NativeObserver<T> {
  addTeardown(teardown: () => void): void;
}

type NativeConstructor = new <T>(subscribe: (subscriber: NativeSubscriber<T>) => void) => NativeObservable<T>;

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
