import { setOwn } from '../prelude/plainObject.js';
import type { Data } from './Data.js';

/** Old name → new name; names that are not listed pass as they are. */
export type Renames = Readonly<Record<string, string>>;

/** How a payload changes on its way over a connection: renames, or a function from payload to payload. */
export type ParamMapping<A = Data, B = Data> = Renames | ((data: A) => B);

/**
 * Renames the listed names, passes the others, and leaves out a listed name that was not emitted. If a renamed
 * and an unlisted name meet, the renamed one wins: `{ a: 'b' }` turns `{ a: 1, b: 2 }` into `{ b: 1 }`.
 */
export const rename = (renames: Renames): ((data: Data) => Data) => {
  const pairs = Object.entries(renames);
  const listed = new Set(Object.keys(renames));
  return (data) => {
    const renamed: Record<string, unknown> = {};
    for (const key of Object.keys(data)) if (!listed.has(key)) setOwn(renamed, key, data[key]);
    for (const [from, to] of pairs) if (Object.hasOwn(data, from)) setOwn(renamed, to, data[from]);
    return renamed;
  };
};

/** Renames, told the same in whatever order they are written. */
export const pairsOf = (renames: Renames): readonly (readonly [from: string, to: string])[] =>
  Object.entries(renames).sort(([one], [other]) => (one < other ? -1 : 1));

/** A mapping as a function; none for the connection that passes everything on. */
export const compileMapping = (mapping: ParamMapping | undefined): ((data: Data) => Data) | undefined =>
  typeof mapping === 'object' ? rename(mapping) : mapping;
