/** Under which key an observable of any library gives itself: the symbol, if somebody has brought it. */
export const OBSERVABLE: PropertyKey = (Symbol as { observable?: symbol }).observable ?? '@@observable';

/** Whether an object has a method of this name; looking may throw. */
export const has = (value: object, key: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown>)[key] === 'function';
