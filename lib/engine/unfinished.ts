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
  typeof value === 'object' && value !== null ? unfinishedIn(value) : undefined;

const unfinishedIn = (value: object): Unfinished | undefined => {
  if (has(value, 'then')) return { kind: 'promise', work: value as PromiseLike<unknown> };
  if (has(value, OBSERVABLE) || has(value, Symbol.asyncIterator))
    return { kind: 'stream', work: value as ObservableInput<unknown> };
  return undefined;
};

/** Lets a promise that nobody waits for fail in silence: its job has ended, and its failure changes nothing. */
export const ignore = ({ kind, work }: Unfinished): void => {
  if (kind === 'promise') Promise.resolve(work).catch(() => undefined);
};
