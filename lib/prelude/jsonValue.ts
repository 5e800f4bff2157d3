import { isDate, isDirect, isMap, isPlainObject, isSet, setOwn } from './plainObject.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The path of a value that cannot be written or read (`a.0.b`); a caller around it may put its own keys before. */
export class Misfit extends Error {
  constructor(
    public path: string,
    readonly expected: string,
    readonly value: unknown,
  ) {
    super(expected);
  }

  /** The same, seen from one level further out. */
  under(key: string | number): this {
    this.path = this.path === '' ? String(key) : `${key}.${this.path}`;
    return this;
  }
}

/** How deep a value that is written down may be nested. */
const DEEPEST = 256;

/** Longer ones take seconds to read. */
const BIGINT = /^-?\d{1,100000}$/;

/** Marks what JSON has no word for. An object of the user that has this key is marked itself, so no key is magic. */
const TAG = '$';

/** The place of a walk: the keys and the objects on the way down. */
interface Walk {
  readonly keys: (string | number)[];
  readonly above: object[];
  readonly deepest: number;
  readonly fail: (expected: string, value: unknown) => never;
}

const walk = (deepest: number): Walk => {
  const keys: Walk['keys'] = [];
  const fail: Walk['fail'] = (expected, value) => {
    throw new Misfit(keys.join('.'), expected, value);
  };
  return { keys, above: [], deepest, fail };
};

/** Goes into an object, and out of it again. */
const inside = <A extends object, B>(value: A, step: Walk, work: (value: A, step: Walk) => B): B => {
  if (step.above.length === step.deepest) return step.fail(`at most ${step.deepest} levels`, value);
  step.above.push(value);
  const made = work(value, step);
  step.above.pop();
  return made;
};

const at = <A, B>(step: Walk, key: string | number, value: A, work: (value: A, step: Walk) => B): B => {
  step.keys.push(key);
  const made = work(value, step);
  step.keys.pop();
  return made;
};

const entriesOf = <A, B>(
  value: Readonly<Record<string, A>>,
  step: Walk,
  work: (value: A, step: Walk) => B,
): Record<string, B> => {
  const made: Record<string, B> = {};
  for (const key of Object.keys(value)) {
    // Before the value is read: its getter may throw.
    step.keys.push(key);
    setOwn(made, key, work(value[key] as A, step));
    step.keys.pop();
  }
  return made;
};

// Not `map`, which leaves holes out.
const itemsOf = <A, B>(list: Iterable<A>, step: Walk, work: (value: A, step: Walk) => B): B[] =>
  Array.from(list, (item, place) => at(step, place, item, work));

// ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

const tag = (kind: string, value?: Json): Json => (value === undefined ? { [TAG]: kind } : { [TAG]: kind, value });

const write = (value: unknown, step: Walk): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return writeNumber(value);
  if (value === undefined) return tag('undefined');
  if (typeof value === 'bigint') return writeBigint(String(value), step);
  if (typeof value !== 'object') return step.fail('plain data', value);
  return step.above.includes(value) ? step.fail('plain data without a circle', value) : inside(value, step, writeObject);
};

const writeBigint = (digits: string, step: Walk): Json =>
  BIGINT.test(digits) ? tag('bigint', digits) : step.fail('a bigint of at most 100,000 digits', digits);

const writeNumber = (value: number): Json => {
  if (Object.is(value, -0)) return tag('number', '-0');
  return Number.isFinite(value) ? value : tag('number', String(value));
};

const writeObject = (value: object, step: Walk): Json => {
  if (Array.isArray(value)) return writeList(value, step);
  if (isPlainObject(value)) return writePlain(value, step);
  if (isDate(value)) return tag('date', toIso(value));
  if (isMap(value)) return tag('map', itemsOf<unknown, Json>(value, step, write));
  if (isSet(value)) return tag('set', itemsOf<unknown, Json>(value, step, write));
  return step.fail('plain data', value);
};

// Its own toJSON may say anything.
const toIso = (date: Date): string | null => {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
};

const writeList = (items: readonly unknown[], step: Walk): Json => {
  // Other keys than places come last.
  const last = Object.keys(items).at(-1) ?? '0';
  if (!isDirect(items) || !/^\d+$/.test(last)) return step.fail('a list without keys of its own', items);
  return itemsOf<unknown, Json>(items, step, write);
};

const writePlain = (value: Record<string, unknown>, step: Walk): Json => {
  if (Object.getOwnPropertySymbols(value).length > 0) return step.fail('plain data, without symbols as keys', value);
  const made = entriesOf(value, step, write);
  return Object.hasOwn(made, TAG) ? tag('object', made) : made;
};

/**
 * A value as JSON, to be read back exactly: what JSON has, and `Date`, `Map`, `Set`, `bigint`, `undefined`, `NaN`,
 * `±Infinity` and `-0`. Functions, symbols, instances of other classes, circles, and more levels than `deepest` (256) are
 * refused.
 *
 * @throws Misfit
 */
export const writeValue = (value: unknown, deepest = DEEPEST): Json => {
  const step = walk(deepest);
  try {
    return write(value, step);
  } catch (error) {
    // A getter or a proxy of the user may throw on the way.
    throw error instanceof Misfit ? error : new Misfit(step.keys.join('.'), 'a value that can be read', error);
  }
};

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

const read = (json: unknown, step: Walk): unknown => {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number' && Number.isFinite(json)) return json;
  return typeof json === 'object' ? inside(json, step, readObject) : step.fail('a JSON value', json);
};

const readObject = (json: object, step: Walk): unknown => {
  if (Array.isArray(json)) return itemsOf<unknown, unknown>(json, step, read);
  if (!isPlainObject(json)) return step.fail('a JSON value', json);
  return Object.hasOwn(json, TAG) ? readTagged(json, step) : entriesOf(json, step, read);
};

const readTagged = (json: Record<string, unknown>, step: Walk): unknown => {
  const reader = READERS.get(json[TAG] as string);
  if (reader === undefined) return step.fail(`one of ${[...READERS.keys()].join(', ')} under '${TAG}'`, json[TAG]);
  return at(step, 'value', json['value'], reader);
};

const list = (json: unknown, step: Walk): unknown[] =>
  Array.isArray(json) ? itemsOf<unknown, unknown>(json, step, read) : step.fail('a list', json);

const pairs = (json: unknown, step: Walk): [unknown, unknown][] =>
  list(json, step).map((pair) =>
    Array.isArray(pair) && pair.length === 2 ? (pair as [unknown, unknown]) : step.fail('pairs', pair),
  );

const date = (json: unknown, step: Walk): Date => {
  const made = new Date(typeof json === 'string' ? json : NaN);
  return made.toJSON() === json ? made : step.fail('an ISO date or null', json);
};

const READERS: ReadonlyMap<string, (json: unknown, step: Walk) => unknown> = new Map<
  string,
  (json: unknown, step: Walk) => unknown
>([
  ['date', date],
  ['map', (json, step) => new Map(pairs(json, step))],
  ['set', (json, step) => new Set(list(json, step))],
  ['bigint', (json, step) => (typeof json === 'string' && BIGINT.test(json) ? BigInt(json) : step.fail('digits', json))],
  ['undefined', () => undefined],
  ['number', (json, step) => NUMBERS.get(json as string) ?? step.fail('NaN, Infinity, -Infinity or -0', json)],
  ['object', (json, step) => (isPlainObject(json) ? entriesOf(json, step, read) : step.fail('an object', json))],
]);

const NUMBERS: ReadonlyMap<string, number> = new Map(
  [NaN, Infinity, -Infinity, -0].map((n) => [Object.is(n, -0) ? '-0' : String(n), n]),
);

/**
 * The value that `writeValue` wrote. The keys of objects become own plain keys, whatever they are called.
 *
 * @throws Misfit
 */
export const readValue = (json: unknown): unknown => read(json, walk(DEEPEST));
