import { setOwn } from '../prelude/plainObject.js';
import type { Data } from './Data.js';

/** Brings what a slot holds and what arrives together; the result is held and handed to the handler. */
export type MergeFn<A = Data> = (held: A, incoming: A) => A;

/** How a slot treats what it already holds: replaces it, gathers each key in a list, or asks a function. */
export type Merge<A = Data> = 'override' | 'append' | MergeFn<A>;

/** What one arrival makes: what the slot holds from now on, and what its handler gets. */
export interface Merged {
  readonly held: Data;
  readonly handed: Data;
}

/**
 * Pushes every arriving value on the list of its key. The handler gets the keys of this arrival only, each list a
 * copy: the slot goes on appending to its own. An arriving list becomes one element; a held single value is wrapped.
 */
const append = (held: Data, incoming: Data): Merged => {
  const lists: Record<string, unknown> = { ...held };
  const handed: Record<string, unknown> = {};
  for (const key of Object.keys(incoming)) {
    const list = [...listOf(lists, key), incoming[key]];
    setOwn(lists, key, list);
    setOwn(handed, key, list);
  }
  return { held: lists, handed };
};

const listOf = (held: Data, key: string): readonly unknown[] => {
  if (!Object.hasOwn(held, key)) return [];
  const value = held[key];
  return Array.isArray(value) ? (value as unknown[]) : [value];
};

const both = (data: Data): Merged => ({ held: data, handed: data });

/** A merge as one function; `override` needs none, since the arrival is the whole answer. */
export const compileMerge = (merge: Merge): ((held: Data, incoming: Data) => Merged) | undefined => {
  if (merge === 'override') return undefined;
  return merge === 'append' ? append : (held, incoming) => both(merge(held, incoming));
};

/** A copy of a merged payload that a handler may change: its top level, and the lists that `append` gathered. */
export const handOut = (merged: Data): Data => {
  const copy: Record<string, unknown> = { ...merged };
  for (const key of Object.keys(copy)) if (Array.isArray(copy[key])) setOwn(copy, key, [...(copy[key] as unknown[])]);
  return copy;
};
