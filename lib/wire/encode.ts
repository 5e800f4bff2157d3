import { notSerialisable } from '../flow/FlowError.js';
import { fromEntries } from '../prelude/plainObject.js';
import { Misfit } from '../prelude/jsonValue.js';
import { writeValue } from '../prelude/writeValue.js';

/**
 * Writes a document; `where` names it in the error. It does without the codecs that read documents, and so without io-ts: a page
 * that only writes does not ship them.
 *
 * @throws FlowError `NOT_SERIALISABLE`, with the path
 */
export const encode = (where: string, document: object): unknown => {
  try {
    return encodeObject(document);
  } catch (error) {
    throw error instanceof Misfit ? notSerialisable(where, error) : error;
  }
};

/**
 * Writes a part of a document: `undefined` is left out, dates and `Infinity` have words of their own, no text is longer than is read.
 *
 * @throws Misfit
 */
export const encodePart = (part: unknown): unknown => {
  if (typeof part === 'string') return writeValue(part);
  if (part instanceof Date) return part.toISOString();
  if (Array.isArray(part)) return encodeList(part, encodePart);
  if (typeof part === 'object' && part !== null) return encodeObject(part);
  return part === Infinity ? 'Infinity' : part;
};

type Encode = (part: unknown) => unknown;

const encodeList = (parts: readonly unknown[], work: Encode): readonly unknown[] =>
  parts.map((part, place) => under(place, part, work));

const encodeObject = (parts: object): unknown =>
  fromEntries(definedIn(parts).map(([key, part]) => [key, under(key, part, ENCODERS.get(key) ?? encodePart)]));

const definedIn = (parts: object): readonly (readonly [string, unknown])[] =>
  Object.entries(parts).filter(([, part]) => part !== undefined);

const under = (key: string | number, part: unknown, work: Encode): unknown => {
  try {
    return work(part);
  } catch (error) {
    throw error instanceof Misfit ? error.under(key) : error;
  }
};

const encodeValue: Encode = (value) => writeValue(value);
const encodeValues: Encode = (values) => encodeList(values as readonly unknown[], encodeValue);
/** Of names by names: none of them is the key of a part. */
const encodeNames: Encode = (names) => fromEntries(definedIn(names as object));

/** The keys under which documents keep what is the user's. */
const ENCODERS: ReadonlyMap<string, Encode> = new Map([
  ['data', encodeValue],
  ['details', encodeValue],
  ['state', encodeValue],
  ['sharedData', encodeValue],
  ['checkpoint', encodeValue],
  ['question', encodeValue],
  ['schema', encodeValue],
  ['config', encodeValue],
  ['sharedLog', encodeValues],
  ['inputs', encodeValues],
  ['mapping', encodeNames],
]);
