import fc from 'fast-check';

// ── what is the same ──────────────────────────────────────────────────────────────────────────────────────────────

const partsOf = (value: object): readonly unknown[] => {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat();
  if (value instanceof Set) return [...value];
  if (Array.isArray(value)) return Array.from<unknown>(value);
  return Object.keys(value).flatMap((key): unknown[] => [key, Reflect.get(value, key)]);
};

/** Where two values differ in kind, in order, or in a leaf by `Object.is`; undefined where they do not. */
export const difference = (one: unknown, other: unknown, path = 'it'): string | undefined => {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other) ? undefined : `${path}: ${String(one)} and ${String(other)}`;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return `${path}: of another prototype`;
  const [parts, others] = [partsOf(one), partsOf(other)];
  if (parts.length !== others.length) return `${path}: ${parts.length} and ${others.length} parts`;
  return parts.map((part, at) => difference(part, others[at], `${path}.${at}`)).find((each) => each !== undefined);
};

// ── random values ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Names that mean something to JavaScript, to JSON, or to the codec itself. */
export const NAMES = [
  '$',
  'value',
  '$$',
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'toJSON',
  'toString',
  'hasOwnProperty',
];
const ODD = [...NAMES, '', '0', '7', '-1', '01', '4294967295', 'length', '_type', 'a.b', '雨', '\0', '\ud800'];

const KINDS = ['date', 'map', 'set', 'bigint', 'undefined', 'number', 'object'];

const key = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...ODD) }, { weight: 1, arbitrary: fc.string() });

export const objectOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc
    .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 })
    .map((entries) => Object.fromEntries(entries) as object);

/** Objects that look like what the codec itself writes. */
const lookalike = (value: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.record(
    { $: fc.oneof(fc.constantFrom(...KINDS), value), value, more: value },
    { requiredKeys: ['$'], noNullPrototype: true },
  );

const leaf = fc.oneof(
  fc.constantFrom(null, undefined, true, false, NaN, Infinity, -Infinity, -0, 0, 1e21, 5e-324, Number.MAX_SAFE_INTEGER + 2),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...ODD, ...KINDS, 'NaN', '-0', '\ud83d'),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
);

/** Everything that can be written down. */
export const values = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    fc.array(tie('any'), { maxLength: 5 }),
    objectOf(tie('any')),
    lookalike(tie('any')),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(tie('any'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).any;
