import { cloneOfClass, tagOf } from './cloneOfClass.js';
import { Copying, refuseKey } from './Copying.js';
import { inheritsNothing, isDate, isDirect, isMap, isPlainObject, isSet, setOwn } from './plainObject.js';
import { hiddenInList, isBareList, unlistedKey } from './unlistedKey.js';

const begin = (value: object, copying: Copying): object => {
  if (Array.isArray(value)) return copying.open(value, [], fillList);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return copying.open(value, {}, fillPlain);
  if (prototype === null) return copying.open(value, Object.create(null) as object, fillPlain);
  return isPlainObject(value) && inheritsNothing(value) ? copying.open(value, {}, fillPlain) : ofTag(value, copying);
};

/** The tag tells what to ask a value for: what is no date throws when it is asked for its time. */
const ofTag = (value: object, copying: Copying): object => {
  const tag = tagOf(value);
  if (tag === '[object Date]' && isDate(value)) return new Date(Date.prototype.getTime.call(bare(value, copying)));
  if (tag === '[object Map]' && isMap(value)) return copying.open(bare(value, copying), new Map(), fillMap);
  if (tag === '[object Set]' && isSet(value)) return copying.open(bare(value, copying), new Set(), fillSet);
  return cloneOfClass(value, copying);
};

const bare = <T extends object>(value: T, copying: Copying): T => {
  refuseKey(copying, value, unlistedKey(value, []));
  return value;
};

type Keyed = Record<string, unknown>;

const fillPlain = (value: Keyed, made: Keyed, copying: Copying): void => {
  const keys = Object.keys(value);
  refuseKey(copying, value, unlistedKey(value, keys));
  fillKeys(value, made, copying, keys);
};

const fillKeys = (value: Keyed, made: Keyed, copying: Copying, keys: readonly string[]): void => {
  for (const key of keys) {
    copying.key = key;
    setOwn(made, key, copying.of(value[key], key));
  }
};

const fillList = (list: readonly unknown[], made: unknown[], copying: Copying): void => {
  if (!isDirect(list)) copying.refuse('a list of no class of its own', list);
  if (isBareList(list)) fillItems(list, made, copying);
  else fillOdd(list, made, copying);
};

const fillItems = (list: readonly unknown[], made: unknown[], copying: Copying): void => {
  const { length } = list;
  for (let place = 0; place < length; place++) {
    copying.key = place;
    made.push(copying.of(list[place], place));
  }
};

/** A list keeps its holes, and its keys beside places. */
const fillOdd = (list: readonly unknown[], made: unknown[], copying: Copying): void => {
  const keys = Object.keys(list);
  refuseKey(copying, list, hiddenInList(list, keys));
  made.length = list.length;
  fillKeys(list as never, made as never, copying, keys);
};

const fillMap = (map: ReadonlyMap<unknown, unknown>, made: Map<unknown, unknown>, copying: Copying): void => {
  for (const [at, [key, value]] of [...map].entries()) made.set(copying.of(key, `${at}.0`), copying.of(value, `${at}.1`));
};

const fillSet = (set: ReadonlySet<unknown>, made: Set<unknown>, copying: Copying): void => {
  for (const [at, value] of [...set].entries()) made.add(copying.of(value, String(at)));
};

/**
 * A copy at every depth, of the same kinds and with the same shared parts and circles: plain objects, lists, dates, maps and sets,
 * errors and other classes of the platform (see `cloneOfClass`). A getter becomes its value. Refused is what a copy would lose:
 * functions, symbols, instances of other classes, hidden keys and symbols as keys, keys of what keeps its state elsewhere. (A hidden
 * key is not looked for in a list of more than 1,000 items, nor a key of bytes beside more than 256.)
 *
 * @throws Misfit
 */
export const clone = <T extends object>(value: T): T => new Copying(begin).run(value) as T;
