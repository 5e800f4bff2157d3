import { Observable, type Subscribable } from 'rxjs';
import { has, OBSERVABLE } from '../prelude/has.js';
import { fromNative, type NativeObservable } from './fromNative.js';

/** What is asked for its values, and what tells them by itself. */
export type Stream =
  | { readonly kind: 'pulled'; readonly source: object; readonly open: () => Pulled }
  | { readonly kind: 'pushed'; readonly observe: (reason: () => unknown) => Observable<unknown> };

export type Pulled = Iterator<unknown> | AsyncIterator<unknown>;

/** A web stream. */
interface WebStream {
  getReader(): { read(): Promise<IteratorResult<unknown>>; cancel(reason: unknown): Promise<void>; releaseLock(): void };
}

/** What an object is as a stream: an observable of any library or of the platform, a web stream, or an async iterable. Looking may throw. */
export const streamIn = (value: object): Stream | undefined => {
  if (has(value, OBSERVABLE)) return observed(value, OBSERVABLE);
  if (has(value, '@@observable')) return observed(value, '@@observable');
  if (has(value, 'getReader')) return pulled(value, () => valuesOf(value as WebStream));
  if (has(value, Symbol.asyncIterator)) return pulled(value, () => (value as AsyncIterable<unknown>)[Symbol.asyncIterator]());
  return Object.prototype.toString.call(value) === '[object Observable]' ? nativeIn(value) : undefined;
};

/** The values of a sync iterable as a stream. */
export const iterableIn = (value: object): Stream | undefined =>
  has(value, Symbol.iterator) ? pulled(value, () => (value as Iterable<unknown>)[Symbol.iterator]()) : undefined;

/** What only a `subscribe` tells to be an observable of the platform. */
export const nativeIn = (value: object): Stream | undefined =>
  has(value, 'subscribe')
    ? { kind: 'pushed', observe: (reason) => fromNative(value as NativeObservable<unknown>, reason) }
    : undefined;

/** Opened when reading begins: most iterables can be read once. */
export const pulled = (source: object, open: () => Pulled): Stream => ({ kind: 'pulled', source, open });

// By hand: RxJS looks for one key only, the one that there was when it was loaded.
const observed = (source: object, key: PropertyKey): Stream => ({
  kind: 'pushed',
  observe: () =>
    new Observable((observer) => (source as Record<PropertyKey, () => Subscribable<unknown>>)[key]?.().subscribe(observer)),
});

// By its reader, which can be cancelled also while it waits for a value; its async iterator answers only after that.
const valuesOf = (stream: WebStream): AsyncIterator<unknown> => {
  const reader = stream.getReader();
  const ended = (step: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (step.done === true) reader.releaseLock();
    return step;
  };
  const failed = (error: unknown): never => {
    reader.releaseLock();
    throw error;
  };
  return {
    next: () => reader.read().then(ended, failed),
    return: async (reason) => {
      try {
        await reader.cancel(reason);
      } finally {
        reader.releaseLock();
      }
      return { done: true, value: undefined };
    },
  };
};
