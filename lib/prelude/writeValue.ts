import { BIGINT, DEEPEST, entriesOf, inside, itemsOf, type Json, Misfit, TAG, type Walk, walk } from './jsonValue.js';
import { isDate, isDirect, isMap, isPlainObject, isSet } from './plainObject.js';

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
