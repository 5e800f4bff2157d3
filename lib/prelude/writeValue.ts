import {
  BIGINT,
  DEEPEST,
  entriesOf,
  inside,
  itemsOf,
  type Json,
  LONGEST,
  Misfit,
  READABLE,
  TAG,
  type Walk,
  walk,
} from './jsonValue.js';
import { inheritsNothing, isDate, isDirect, isMap, isPlainObject, isSet } from './plainObject.js';
import { heldAt, hiddenInList, isBareList, unlistedKey } from './unlistedKey.js';

const tag = (kind: string, value?: Json): Json => (value === undefined ? { [TAG]: kind } : { [TAG]: kind, value });

const write = (value: unknown, step: Walk): Json => {
  if (typeof value === 'string') return writeText(value, step);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return writeNumber(value);
  if (value === undefined) return tag('undefined');
  if (typeof value === 'bigint') return writeBigint(String(value), step);
  return typeof value === 'object' ? inside(value, step, writeObject) : step.fail('plain data', value);
};

const writeText = (text: string, step: Walk): string =>
  text.length > LONGEST ? step.fail(`a text of at most ${LONGEST} characters`, `${text.slice(0, 50)}…`) : text;

const writeBigint = (digits: string, step: Walk): Json =>
  BIGINT.test(digits) ? tag('bigint', digits) : step.fail('a bigint of at most 100,000 digits', digits);

const writeNumber = (value: number): Json => {
  if (Object.is(value, -0)) return tag('number', '-0');
  return Number.isFinite(value) ? value : tag('number', String(value));
};

const writeObject = (value: object, step: Walk): Json => {
  if (Array.isArray(value)) return writeList(value, step);
  if (isPlainObject(value) && inheritsNothing(value)) return writePlain(value, step);
  if (isDate(value)) return tag('date', toIso(bare(value, step, 'a date')));
  if (isMap(value)) return tag('map', itemsOf([...bare(value, step, 'a map')], step, writePair));
  if (isSet(value)) return tag('set', writeItems([...bare(value, step, 'a set')], step));
  return step.fail('plain data', value);
};

const writeItems = (items: readonly unknown[], step: Walk): Json[] => itemsOf(items, step, write);
const writePair = (pair: readonly unknown[], step: Walk): Json => inside(pair, step, writeItems);

// Its own toJSON may say anything.
const toIso = (date: Date): string | null => {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
};

const bare = <T extends object>(value: T, step: Walk, what: string): T => {
  refuseKey(value, unlistedKey(value, []), step, what);
  return value;
};

/** What has been found under a key is not written. */
const refuseKey = (value: object, key: PropertyKey | undefined, step: Walk, what: string): void => {
  if (typeof key === 'symbol') step.fail(`${what}, without symbols as keys`, value);
  if (key === undefined) return;
  step.keys.push(key);
  step.fail(`${what} without this key`, heldAt(value, key));
};

const writeList = (items: readonly unknown[], step: Walk): Json => {
  if (!isDirect(items)) return step.fail('a list of no class of its own', items);
  if (!isBareList(items)) refuseOdd(items, Object.keys(items), step);
  return writeItems(items, step);
};

const refuseOdd = (items: readonly unknown[], keys: readonly string[], step: Walk): void => {
  const place = keys.findIndex((key, at) => key !== String(at));
  const at = place === -1 ? keys.length : place;
  if (at >= items.length) return refuseKey(items, hiddenInList(items, keys) ?? keys[at], step, 'a list');
  step.keys.push(at);
  step.fail('a list without holes', items[at]);
};

const writePlain = (value: Record<string, unknown>, step: Walk): Json => {
  const keys = Object.keys(value);
  refuseKey(value, unlistedKey(value, keys), step, 'plain data');
  const made = entriesOf(value, step, write, keys);
  return Object.hasOwn(made, TAG) ? tag('object', made) : made;
};

/** Parts that stand below objects in second places: more are a text that no program holds, of few objects in each other. */
const MOST_AGAIN = 10_000_000;

/**
 * A value as JSON, to be read back exactly: what JSON has, and `Date`, `Map`, `Set`, `bigint`, `undefined`, `NaN`,
 * `±Infinity` and `-0`. An object in several places is written in each, though it is walked once. Refused is what would be lost:
 * functions, symbols, instances of other classes, what is inherited, circles, holes in lists, keys that are hidden or symbols, keys
 * of lists, dates, maps and sets, more levels than `deepest` (256), longer texts than `LONGEST`. (A hidden key is not looked for
 * in a list of more than 1,000 items.)
 *
 * @throws Misfit
 */
export const writeValue = (value: unknown, deepest = DEEPEST, mostAgain = MOST_AGAIN): Json => {
  const step = walk(deepest, mostAgain);
  try {
    return write(value, step);
  } catch (error) {
    // A getter or a proxy of the user may throw on the way.
    throw error instanceof Misfit ? error : new Misfit(step.keys.join('.'), READABLE, error);
  }
};
