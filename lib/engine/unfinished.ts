import type { ObservableInput } from 'rxjs';
import { has, OBSERVABLE } from '../prelude/has.js';

/** What a handler may leave unfinished: it holds its worker until it settles. Anything else that it returns is ignored. */
export type Unfinished =
  | { readonly kind: 'promise'; readonly work: PromiseLike<unknown> }
  | { readonly kind: 'stream'; readonly work: ObservableInput<unknown> };

/**
 * A promise, an observable of any library, or an async iterable; never told by `instanceof`. It looks once, and what it
 * looks at may throw.
 */
export const unfinished = (value: unknown): Unfinished | undefined =>
  (typeof value === 'object' && value !== null) || typeof value === 'function' ? unfinishedIn(value) : undefined;

const unfinishedIn = (value: object): Unfinished | undefined => {
  if (has(value, 'then')) return { kind: 'promise', work: value as PromiseLike<unknown> };
  if (has(value, OBSERVABLE) || has(value, Symbol.asyncIterator))
    return { kind: 'stream', work: value as ObservableInput<unknown> };
  return undefined;
};

/** Lets a promise that nobody waits for fail in silence: its job has ended, and its failure changes nothing. */
export const ignore = ({ kind, work }: Unfinished): void => {
  if (kind === 'promise') whenSettled(work, doNothing, doNothing);
};

const doNothing = (): void => undefined;

/**
 * Calls back once, in a later microtask, with what a promise comes to. A promise is the user's: one that throws when it is asked has
 * been rejected with that, and one that answers twice is heard once (D31). A `then` that is not the platform's is called `within`.
 */
export const whenSettled = <T>(
  work: PromiseLike<T>,
  fulfilled: (value: T) => void,
  rejected: (error: unknown) => void,
  within: <R>(ask: () => R) => R = (ask) => ask(),
): void => {
  try {
    (isPlain(work) ? work : within(() => answering(work))).then(fulfilled, rejected);
  } catch (error) {
    Promise.reject(error as Error).catch(rejected);
  }
};

/** Whether it is a promise of the platform with nothing of its own. */
const isPlain = (work: PromiseLike<unknown>): boolean => work.then === Promise.prototype.then && work.constructor === Promise;

/** A thenable, or a promise with a `then` of its own, may answer twice; this one does not. */
const answering = <T>(work: PromiseLike<T>): Promise<T> => {
  const promise = Promise.resolve(work);
  if (promise.then === Promise.prototype.then) return promise;
  return new Promise((resolve) => {
    resolve(promise);
  });
};
