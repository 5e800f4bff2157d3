import { has, isObject } from '../prelude/has.js';
import { close } from './pull.js';
import { type Stream, streamIn } from './streamIn.js';

/** What a handler may leave unfinished: it holds its worker until it settles. Anything else that it returns is ignored. */
export type Unfinished = { readonly kind: 'promise'; readonly work: PromiseLike<unknown> } | Stream;

/**
 * A promise, an observable of any library or of the platform, a web stream, or an async iterable; never told by `instanceof`. It looks once,
 * and what it looks at may throw.
 */
export const unfinished = (value: unknown): Unfinished | undefined => (isObject(value) ? unfinishedIn(value) : undefined);

const unfinishedIn = (value: object): Unfinished | undefined =>
  has(value, 'then') ? { kind: 'promise', work: value as PromiseLike<unknown> } : streamIn(value);

/** What nobody waits for, since its attempt has ended: a promise may fail in silence, and what is open behind a stream is closed. */
export const ignore = (left: Unfinished): void => {
  if (left.kind === 'promise') whenSettled(left.work, doNothing, doNothing);
  else if (left.kind === 'pulled') void close(left.open, left.source);
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
