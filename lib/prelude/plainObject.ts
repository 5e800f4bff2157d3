/**
 * Whether a value is one plain object: made by `{}`, `Object.create(null)` or JSON. An object of another realm
 * (a worker, an iframe, jest's sandbox) has another `Object.prototype`, so it is known by what *its* prototype lacks.
 */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** Sets an own key, also one called `__proto__`, which an assignment would turn into a prototype. */
export const setOwn = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
};

/** An object with these own keys, whatever they are called. */
export const fromEntries = (entries: Iterable<readonly [string, unknown]>): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries) setOwn(made, key, value);
  return made;
};

/** A copy of plain objects and arrays at every depth, also in a circle; anything else in them (dates, functions) is shared. */
export const copyPlain = <T>(value: T): T => copy(value, new Map()) as T;

const copy = (value: unknown, copies: Map<unknown, unknown>): unknown => {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  return copies.get(value) ?? (Array.isArray(value) ? copyList(value, copies) : copyObject(value, copies));
};

const copyList = (list: readonly unknown[], copies: Map<unknown, unknown>): unknown[] => {
  const made: unknown[] = [];
  copies.set(list, made);
  for (const part of list) made.push(copy(part, copies));
  return made;
};

const copyObject = (value: Record<string, unknown>, copies: Map<unknown, unknown>): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  copies.set(value, made);
  for (const key of Object.keys(value)) setOwn(made, key, copy(value[key], copies));
  return made;
};
