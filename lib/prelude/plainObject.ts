import { isBareList, unlistedKey } from './unlistedKey.js';

/**
 * Whether a value is one plain object: made by `{}`, `Object.create(null)` or JSON. An object of another realm
 * (a worker, an iframe, jest's sandbox) has another `Object.prototype`, so it is known by what *its* prototype lacks.
 */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === HERE || isOfNoClass(prototype);
};

const HERE = Object.prototype;

/**
 * Whether a value is a plain object of this realm, for the hot path: V8 knows a prototype of this name from the shape of the
 * object, where `getPrototypeOf` is a call of its runtime (20 ns). False says nothing: a key `__proto__`, `--disable-proto=delete`. (An
 * instance passes that has been given an own key `__proto__` with `Object.prototype` in it.)
 */
export const isLiteral = (value: object | null): value is Record<string, unknown> =>
  (value as { __proto__?: unknown } | null)?.__proto__ === HERE;

const isOfNoClass = (prototype: unknown): boolean => prototype === null || Object.getPrototypeOf(prototype) === null;

/** Whether a plain object inherits no more than every object does. (`isPlainObject` does not look, for the sake of the hot path.) */
export const inheritsNothing = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === HERE || prototype === null || Object.hasOwn(prototype as object, 'isPrototypeOf');
};

/** Sets an own key, also one called `__proto__`, which an assignment would turn into a prototype. */
export const setOwn = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
};

/** Whether the class of a value stands right below `Object`: one of the platform, of whatever realm, and no subclass of it. */
export const isDirect = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return !isOfNoClass(prototype) && Object.getPrototypeOf(Object.getPrototypeOf(prototype)) === null;
};

/** Whether a value has the inner parts of a class of the platform. */
const isA = <T>(read: (value: T) => unknown, value: object): value is T & object => {
  try {
    read(value as T);
    return isDirect(value);
  } catch {
    return false;
  }
};

export const isDate = (value: object): value is Date => isA<Date>((date) => Date.prototype.getTime.call(date), value);

export const isMap = (value: object): value is Map<unknown, unknown> =>
  isA<Map<unknown, unknown>>((map) => Map.prototype.has.call(map, 0), value);

export const isSet = (value: object): value is Set<unknown> => isA<Set<unknown>>((set) => Set.prototype.has.call(set, 0), value);

/** An object with these own keys, whatever they are called. */
export const fromEntries = (entries: Iterable<readonly [string, unknown]>): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries) setOwn(made, key, value);
  return made;
};

/** A copy of plain objects and arrays at every depth, also in a circle; anything else in them (dates, maps, functions) is shared. */
export const copyPlain = <T>(value: T): T => copy(value, new Copies(false)) as T;

/** The same, and dates, maps and sets are copied too: nothing that can be written down is shared. */
export const copyDeep = <T>(value: T): T => copy(value, new Copies(true)) as T;

/** The same for what has no circle; an object that stands in two places becomes two, as if it was written down and read. */
export const copyApart = <T>(value: T): T => copy(value, new Forgetful(true)) as T;

/**
 * The same as `copyPlain` or `copyDeep`, for what a user gives: a part that has holes, or keys that a copy would lose, is shared, in this
 * copy and in each copy of it, so that JSON refuses it.
 */
export const copyGiven = <T>(value: T, deep: boolean): T => copy(value, new Copies(deep, true)) as T;

/** Parts that a copy would change. To look at each part takes longer than to copy it, so only what comes in is looked at. */
const odd = new WeakSet();
let hasOdd = false;

const noteOdd = (value: object): boolean => {
  if (!isOdd(value)) return false;
  odd.add(value);
  hasOdd = true;
  return true;
};

const isOdd = (value: object): boolean => {
  if (Array.isArray(value)) return !isDirect(value) || !isBareList(value);
  if (isPlainObject(value)) return !inheritsNothing(value) || unlistedKey(value, Object.keys(value)) !== undefined;
  return unlistedKey(value, []) !== undefined;
};

/** What has been copied, and how deep. */
class Copies extends Map<unknown, unknown> {
  constructor(
    readonly deep: boolean,
    readonly isFirst = false,
  ) {
    super();
  }
}

/** Until there are more copies than a text could hold: then parts of which each stands in the next twice are shared as they were. */
class Forgetful extends Copies {
  #made = 0;

  override set(value: unknown, made: unknown): this {
    return ++this.#made > MOST_COPIES ? super.set(value, made) : this;
  }
}

const MOST_COPIES = 1_000_000;

const copy = (value: unknown, copies: Copies): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  return copies.get(value) ?? copyInside(value, copies);
};

const copyInside = (value: object, copies: Copies): unknown => {
  if ((hasOdd && odd.has(value)) || (copies.isFirst && noteOdd(value))) return value;
  if (Array.isArray(value)) return copyList(value, copies);
  if (isPlainObject(value)) return copyObject(value, copies);
  if (!copies.deep) return value;
  if (isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (isMap(value)) return copyMap(value, copies);
  return isSet(value) ? copySet(value, copies) : value;
};

const copyMap = (map: ReadonlyMap<unknown, unknown>, copies: Copies): Map<unknown, unknown> => {
  const made = new Map<unknown, unknown>();
  copies.set(map, made);
  for (const [key, value] of map) made.set(copy(key, copies), copy(value, copies));
  return made;
};

const copySet = (set: ReadonlySet<unknown>, copies: Copies): Set<unknown> => {
  const made = new Set<unknown>();
  copies.set(set, made);
  for (const value of set) made.add(copy(value, copies));
  return made;
};

const copyList = (list: readonly unknown[], copies: Copies): unknown[] => {
  const made: unknown[] = [];
  copies.set(list, made);
  for (const part of list) made.push(copy(part, copies));
  return made;
};

const copyObject = (value: Record<string, unknown>, copies: Copies): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  copies.set(value, made);
  for (const key of Object.keys(value)) setOwn(made, key, copy(value[key], copies));
  return made;
};
