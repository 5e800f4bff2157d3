import { at, BIGINT, DEEPEST, entriesOf, inside, itemsOf, TAG, type Walk, walk } from './jsonValue.js';
import { isPlainObject } from './plainObject.js';

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
