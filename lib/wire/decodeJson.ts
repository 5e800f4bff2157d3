import type { Type } from 'io-ts';
import { type Mismatch, fromIoTs } from '../flow/Codec.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { type DecodeOptions, oversizes } from './oversizes.js';
import { newest, type Step } from './steps.js';
import { wireError } from './WireError.js';
import { checkCopy } from '../flow/checkCopy.js';

export type { DecodeOptions } from './oversizes.js';

/** What one kind of document is called, and how each of its versions becomes the next. */
export interface Format<A> {
  readonly what: string;
  readonly kind: string;
  readonly steps: readonly Step[];
  readonly codec: Type<A, unknown>;
  /** What is wrong although every part has the right shape: ids that meet twice, or lead nowhere. */
  readonly faults: (document: A) => readonly Mismatch[];
}

/**
 * Reads a document from JSON, or from its text. Nothing of it is evaluated, and nothing is made before all of it is read.
 *
 * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`
 */
export const decodeJson = <A>(format: Format<A>, given: unknown, options: DecodeOptions = {}): A => {
  const json = typeof given === 'string' ? parse(format, given) : checkCopy(given);
  check(format, oversizes(json, options, json !== given));
  const read = format.codec.decode(migrate(format, json));
  if (read._tag === 'Left') return refuse(format, read.left.map(fromIoTs));
  check(format, format.faults(read.right));
  return read.right;
};

/** @throws WireError `BAD_JSON` */
export const refuse = ({ what }: { what: string }, mismatches: readonly Mismatch[]): never => {
  throw wireError('BAD_JSON', { what, mismatches });
};

const check = (format: { what: string }, mismatches: readonly Mismatch[]): void => {
  if (mismatches.length > 0) refuse(format, mismatches);
};

const parse = (format: { what: string }, text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw wireError('BAD_JSON', { what: format.what, mismatches: [{ path: '', expected: 'JSON', value: text }] }, error);
  }
};

const migrate = <A>(format: Format<A>, json: unknown): unknown => {
  const { what, kind, steps } = format;
  if (!isPlainObject(json) || json['kind'] !== kind)
    return refuse(format, [
      { path: isPlainObject(json) ? 'kind' : '', expected: `'${kind}'`, value: isPlainObject(json) ? json['kind'] : json },
    ]);
  const { version } = json;
  if (!Number.isSafeInteger(version) || (version as number) < 1 || (version as number) > newest(steps))
    throw wireError('UNKNOWN_VERSION', { what, version, newest: newest(steps) });
  return steps.slice((version as number) - 1).reduce<Readonly<Record<string, unknown>>>((document, step) => step(document), json);
};

/** Every item whose key an earlier one has. */
export const twice = <A>(path: string, items: readonly A[], keyOf: (item: A) => string): readonly Mismatch[] => {
  const seen = new Set<string>();
  return items.flatMap((item, at) => {
    const key = keyOf(item);
    if (!seen.has(key)) return seen.add(key) && [];
    return [{ path: `${path}.${at}`, expected: 'another id than an earlier one', value: key }];
  });
};
