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

/** A copy of plain objects and arrays at every depth; anything else in them (dates, functions, instances) is shared. */
export const copyPlain = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(copyPlain) as T;
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, copyPlain(value[key]));
  return copy as T;
};
