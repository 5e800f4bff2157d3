/** Under which key an observable of any library gives itself: the symbol, if somebody has brought it. */
export const OBSERVABLE: PropertyKey = (Symbol as { observable?: symbol }).observable ?? '@@observable';

/** Whether a value may have methods: an object, or a function. */
export const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Whether an object has a method of this name; looking may throw. */
export const has = (value: object, key: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown>)[key] === 'function';
