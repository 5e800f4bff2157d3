import type { ObservableInput } from 'rxjs';

/** What a handler may leave unfinished: it holds its worker until it settles. Anything else that it returns is ignored. */
export type Unfinished = PromiseLike<unknown> | ObservableInput<unknown>;

const OBSERVABLE: PropertyKey = (Symbol as { observable?: symbol }).observable ?? '@@observable';

const has = (value: object, key: PropertyKey): boolean => typeof (value as Record<PropertyKey, unknown>)[key] === 'function';

export const isPromiseLike = (value: object): value is PromiseLike<unknown> => has(value, 'then');

/** A promise, an observable of any library, or an async iterable; never told by `instanceof`. */
export const isUnfinished = (value: unknown): value is Unfinished =>
  typeof value === 'object' &&
  value !== null &&
  (isPromiseLike(value) || has(value, OBSERVABLE) || has(value, Symbol.asyncIterator));
