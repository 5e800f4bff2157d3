import { setOwn } from '../prelude/plainObject.js';
import type { Data } from './Data.js';

/** Brings what a slot holds and what arrives together; the result is held and handed to the handler. */
export type MergeFn<A = Data> = (held: A, incoming: A) => A;

/** How a slot treats what it already holds: replaces it, gathers each key in a list, or asks a function. */
export type Merge<A = Data> = 'override' | 'append' | MergeFn<A>;

/** What one arrival makes: what the slot holds from now on, and what its handler gets. */
export interface Merged {
  readonly held: Data;
  readonly handed: Input;
}

/**
 * The lists of an `append` slot as they were at one arrival. A list only grows, so its first values stay what they are: they are
 * copied when a handler gets them, and not before.
 */
export class Gathered {
  readonly parts: readonly (readonly [key: string, list: readonly unknown[], length: number])[];

  constructor(lists: Readonly<Record<string, readonly unknown[]>>, keys: readonly string[]) {
    this.parts = keys.map((key) => {
      const list = lists[key] ?? [];
      return [key, list, list.length];
    });
  }

  toData(): Data {
    const data: Record<string, unknown> = {};
    for (const [key, list, length] of this.parts) setOwn(data, key, list.slice(0, length));
    return data;
  }
}

/** A merged payload as a task keeps it. */
export type Input = Data | Gathered;

export const dataOf = (input: Input): Data => (input instanceof Gathered ? input.toData() : input);

/** The lists that this module has made: nobody else has them, so they may grow in place. */
const own = new WeakSet();

/**
 * Pushes every arriving value on the list of its key. The handler gets the keys of this arrival only, each list a copy. An
 * arriving list becomes one element; a held single value is wrapped.
 */
const append = (held: Data, incoming: Data): Merged => {
  const lists: Record<string, unknown> = { ...held };
  const keys = Object.keys(incoming);
  for (const key of keys) setOwn(lists, key, pushed(listOf(lists, key), incoming[key]));
  return { held: lists, handed: new Gathered(lists as Record<string, readonly unknown[]>, keys) };
};

const pushed = (list: unknown[], value: unknown): unknown[] => {
  list.push(value);
  return list;
};

const listOf = (held: Data, key: string): unknown[] => {
  const value = Object.hasOwn(held, key) ? held[key] : [];
  const list: unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
  return own.has(list) ? list : copied(list);
};

const copied = (list: readonly unknown[]): unknown[] => {
  const copy = [...list];
  own.add(copy);
  return copy;
};

const both = (data: Data): Merged => ({ held: data, handed: data });

/** A merge as one function; `override` needs none, since the arrival is the whole answer. */
export const compileMerge = (merge: Merge): ((held: Data, incoming: Data) => Merged) | undefined => {
  if (merge === 'override') return undefined;
  return merge === 'append' ? append : (held, incoming) => both(merge(held, incoming));
};

/** A copy of a merged payload that a handler may change: its top level, and the lists that `append` gathered. */
export const copyForHandler = (input: Input): Data => (input instanceof Gathered ? input.toData() : copyLists(input));

const copyLists = (merged: Data): Data => {
  const copy: Record<string, unknown> = { ...merged };
  for (const key of Object.keys(copy)) if (Array.isArray(copy[key])) setOwn(copy, key, [...(copy[key] as unknown[])]);
  return copy;
};
