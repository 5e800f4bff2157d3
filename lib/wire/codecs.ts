import * as t from 'io-ts';
import { isPlainObject } from '../prelude/plainObject.js';
import { type Json, Misfit } from '../prelude/jsonValue.js';
import { readValue } from '../prelude/readValue.js';
import { writeValue } from '../prelude/writeValue.js';
import { encodePart } from './encode.js';
import type { Data } from '../flow/Data.js';

/** Documents are written part by part (see `encode`), whatever their codecs. */
const encoded = encodePart as (part: unknown) => never;

/** More mismatches than anybody reads: a hostile list of a million wrong items is left at these. */
export const ENOUGH = 20;

type Props = Readonly<Record<string, t.Mixed>>;

type Read<P extends Props> = { readonly [K in keyof P]: t.TypeOf<P[K]> };

type MayMiss<P extends Props> = { [K in keyof P]: undefined extends t.OutputOf<P[K]> ? K : never }[keyof P];

type Written<P extends Props> = { readonly [K in Exclude<keyof P, MayMiss<P>>]: t.OutputOf<P[K]> } & {
  readonly [K in MayMiss<P>]?: Exclude<t.OutputOf<P[K]>, undefined>;
};

/** An object with these keys. It reads own keys only, leaves others out, and writes none that is `undefined`. */
export const shape = <P extends Props>(name: string, props: P): t.Type<Read<P>, Written<P>> => {
  const parts = Object.entries<t.Mixed>(props);
  return new t.Type<Read<P>, Written<P>>(
    name,
    (u): u is Read<P> => isPlainObject(u),
    (u, context) => {
      if (!isPlainObject(u)) return t.failure(u, context);
      const made: Record<string, unknown> = {};
      const errors: t.Errors = [];
      for (const [key, type] of parts) {
        const read = type.validate(Object.hasOwn(u, key) ? u[key] : undefined, t.appendContext(context, key, type));
        if (read._tag === 'Right') made[key] = read.right;
        else errors.push(...read.left);
      }
      return errors.length > 0 ? t.failures(errors.slice(0, ENOUGH)) : t.success(made as Read<P>);
    },
    encoded,
  );
};

/** A list of such items. */
export const list = <A, O>(item: t.Type<A, O>): t.Type<readonly A[], readonly O[]> =>
  new t.Type<readonly A[], readonly O[]>(
    `a list of ${item.name}`,
    (u): u is readonly A[] => Array.isArray(u),
    (u, context) => {
      if (!Array.isArray(u)) return t.failure(u, context);
      const made: A[] = [];
      const errors: t.Errors = [];
      for (let at = 0; at < u.length && errors.length < ENOUGH; at++) {
        const read = item.validate(u[at], t.appendContext(context, String(at), item));
        if (read._tag === 'Right') made.push(read.right);
        else errors.push(...read.left);
      }
      return errors.length > 0 ? t.failures(errors) : t.success(made);
    },
    encoded,
  );

export const optional = <A, O>(type: t.Type<A, O>): t.Type<A | undefined, O | undefined> =>
  new t.Type<A | undefined, O | undefined>(
    type.name,
    (u): u is A | undefined => u === undefined || type.is(u),
    (u, context) => (u === undefined ? t.success(undefined) : type.validate(u, context)),
    encoded,
  );

const plain = <A>(name: string, is: (u: unknown) => boolean): t.Type<A> =>
  new t.Type<A>(
    name,
    (u): u is A => is(u),
    (u, context) => (is(u) ? t.success(u as A) : t.failure(u, context)),
    t.identity,
  );

export const text: t.Type<string> = plain('text', (u) => typeof u === 'string');
export const name: t.Type<string> = plain('a name', (u) => typeof u === 'string' && u !== '');
export const flag: t.Type<boolean> = plain('true or false', (u) => typeof u === 'boolean');
export const count: t.Type<number> = plain('a whole number from 0 up', (u) => Number.isSafeInteger(u) && (u as number) >= 0);
export const ordinal: t.Type<number> = plain('a whole number from 1 up', (u) => Number.isSafeInteger(u) && (u as number) >= 1);
export const amount: t.Type<number> = plain('a number from 0 up', (u) => Number.isFinite(u) && (u as number) >= 0);
export const fraction: t.Type<number> = plain('a number from 0 to 1', (u) => typeof u === 'number' && u >= 0 && u <= 1);

const isRenames = (u: unknown): u is Readonly<Record<string, string>> =>
  isPlainObject(u) && Object.values(u).every((to) => typeof to === 'string');

/** New names by old ones; a copy, either way. */
export const renames: t.Type<Readonly<Record<string, string>>> = new t.Type(
  'renames',
  isRenames,
  (u, context) => (isRenames(u) ? t.success({ ...u }) : t.failure(u, context)),
  (value) => ({ ...value }),
);

/** How many emissions a job may have had: below that, numbers have 15 digits and leave room for more. */
export const emissions: t.Type<number> = plain(
  'a whole number from 1 up to 9e14',
  (u) => Number.isSafeInteger(u) && (u as number) >= 1 && (u as number) <= 9e14,
);

export const oneOf = <K extends string>(...known: readonly K[]): t.Type<K> =>
  plain(known.map((each) => `'${each}'`).join(' | '), (u) => known.includes(u as K));

/** JSON has no word for `Infinity`. */
const orInfinity = (finite: t.Type<number>): t.Type<number, number | 'Infinity'> =>
  new t.Type<number, number | 'Infinity'>(
    `${finite.name}, or 'Infinity'`,
    finite.is,
    (u, context) => (u === 'Infinity' ? t.success(Infinity) : finite.validate(u, context)),
    encoded,
  );

export const limit = orInfinity(amount);
export const countLimit = orInfinity(count);
export const ordinalLimit = orInfinity(ordinal);
export const duration = orInfinity(plain('a number above 0', (u) => Number.isFinite(u) && (u as number) > 0));

const isInstant = (u: unknown): u is string => {
  const time = typeof u === 'string' ? Date.parse(u) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString() === u;
};

export const instant: t.Type<Date, string> = new t.Type<Date, string>(
  'an ISO date',
  (u): u is Date => u instanceof Date,
  (u, context) => (isInstant(u) ? t.success(new Date(u)) : t.failure(u, context)),
  encoded,
);

/** A value of the user, exactly (see `jsonValue`). */
export const value: t.Type<unknown, Json> = new t.Type<unknown, Json>(
  'a value',
  (_u): _u is unknown => true,
  (u, context) => {
    try {
      return t.success(readValue(u));
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return t.failure(error.value, error.path === '' ? context : t.appendContext(context, error.path, value), error.expected);
    }
  },
  writeValue,
);

/** A payload, or another plain object of the user. */
export const data: t.Type<Data, Json> = new t.Type<Data, Json>(
  'one plain object',
  isPlainObject,
  (u, context) => {
    const read = isPlainObject(u) ? value.validate(u, context) : t.failure<unknown>(u, context);
    return read._tag === 'Right' && !isPlainObject(read.right) ? t.failure(u, context) : (read as t.Validation<Data>);
  },
  value.encode,
);
