import type { Either } from 'fp-ts/lib/Either.js';
import type { Errors } from 'io-ts';
import { isObject } from '../prelude/has.js';

/** The part of an io-ts `Type` that reads a value. */
export interface IoTsCodec<A> {
  /** Only for the compiler: it reads an `A`. */
  readonly _A: A;
  /** What it expects, as an error names it. */
  readonly name: string;
  /** Reads a value: a `Right` with what it is, or a `Left` with what is wrong. */
  decode(value: unknown): Either<Errors, A>;
}

/** The part of the Standard Schema interface that reads a value (zod, valibot, arktype and others give it). */
export interface StandardSchema<A> {
  /** Version 1 of the interface. A slot reads at once, so `validate` must not give a promise. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<A> | Promise<StandardResult<A>>;
    readonly types?: { readonly input: unknown; readonly output: A } | undefined;
  };
}

type StandardResult<A> =
  | { readonly value: A; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly PathPart[] | undefined }[] };

type PathPart = PropertyKey | { readonly key: PropertyKey };

/** A description of a payload that also reads it: an io-ts codec, or any Standard Schema. */
export type Codec<A> = IoTsCodec<A> | StandardSchema<A>;

/** The type that a codec reads. */
export type TypeOf<C> = C extends IoTsCodec<infer A> ? A : C extends StandardSchema<infer A> ? A : never;

/** One place where a value is not what a codec expects. */
export interface Mismatch {
  /** Where in the payload, as in `lines.0.price`; '' for all of it. */
  readonly path: string;
  /** What the codec expects there. */
  readonly expected: string;
  /** What was there. */
  readonly value: unknown;
}

type Decoded<A> = { readonly value: A } | { readonly mismatches: readonly Mismatch[] };

/** Reads a value with a codec; says path, expectation and value wherever it is not what the codec expects. */
export const decode = <A>(codec: Codec<A>, value: unknown): Decoded<A> =>
  '~standard' in codec ? decodeStandard(codec, value) : decodeIoTs(codec, value);

export const isCodec = (value: unknown): value is Codec<unknown> =>
  isObject(value) && ('~standard' in value || 'decode' in value);

const decodeIoTs = <A>(codec: IoTsCodec<A>, value: unknown): Decoded<A> => {
  const result = codec.decode(value);
  return result._tag === 'Right' ? { value: result.right } : { mismatches: result.left.map(fromIoTs) };
};

/** One error of io-ts as a mismatch. */
export const fromIoTs = (error: Errors[number]): Mismatch => ({
  path: error.context
    // The parts of an intersection or a union are numbered in the codec, not in the value.
    .filter((_, place, all) => place > 0 && !isNumbered(all[place - 1]?.type))
    .map(({ key }) => key)
    .join('.'),
  expected: error.message ?? error.context.at(-1)?.type.name ?? 'another value',
  value: error.value,
});

const isNumbered = (type: unknown): boolean =>
  ['IntersectionType', 'UnionType'].includes(String((type as { _tag?: unknown } | undefined)?._tag));

const decodeStandard = <A>(schema: StandardSchema<A>, value: unknown): Decoded<A> => {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new TypeError('A slot reads its payload at once; give it a schema that answers without a promise.');
  }
  if (result.issues === undefined) return { value: result.value };
  return { mismatches: result.issues.map(({ message, path = [] }) => fromIssue(value, message, path.map(keyOf))) };
};

const keyOf = (part: PathPart): PropertyKey => (typeof part === 'object' ? part.key : part);

const fromIssue = (whole: unknown, message: string, path: readonly PropertyKey[]): Mismatch => ({
  path: path.map(String).join('.'),
  expected: message,
  value: path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], whole),
});

/** A mismatch in words. */
export const describeMismatch = (whole: string, { path, expected, value }: Mismatch): string =>
  `${path === '' ? whole : cut(path)} is ${preview(value)}, expected ${expected}`;

/** The ends of a path that a thousand levels, or the keys of a stranger, have made long. */
const cut = (path: string): string => (path.length > 200 ? `${path.slice(0, 100)}…${path.slice(-100)}` : path);

/** A value as an error shows it: its JSON, cut short. Its parts may stand in each other in more ways than anybody has time for. */
export const preview = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100)).slice(0, 100);
  let left = 100;
  const first = (_: string, part: unknown): unknown => (left-- > 0 ? part : undefined);
  try {
    return (JSON.stringify(value, first) ?? String(value)).slice(0, 100);
  } catch {
    return `a ${typeof value}`;
  }
};
