import { clone } from './clone.js';
import { isPlainObject } from './plainObject.js';

/**
 * How a payload is kept apart from those who also hold it: `shallow` copies the top level, `freeze` shares one
 * object frozen at every depth (a copy of the top level, if that has getters), `clone` copies every depth, and throws a `Misfit`
 * with the path of what it cannot copy.
 */
export type Isolation = 'shallow' | 'freeze' | 'clone';

export type Isolate = <T extends object>(value: T) => T;

const shallow: Isolate = (value) => ({ ...value });

// Only plain objects and arrays: a typed array cannot be frozen, and a date or a map does not keep its state in keys.
const freezeParts = (value: unknown, seen: Set<unknown>): void => {
  if ((!isPlainObject(value) && !Array.isArray(value)) || seen.has(value)) return;
  seen.add(Object.freeze(value));
  for (const part of Object.values(value)) freezeParts(part, seen);
};

const isAccessor = (value: object, key: PropertyKey): boolean => Object.getOwnPropertyDescriptor(value, key)?.get !== undefined;

// A getter is not frozen: it would be asked each time that somebody reads the object. It is asked once, here.
const withoutGetters: Isolate = (value) => (Reflect.ownKeys(value).some((key) => isAccessor(value, key)) ? { ...value } : value);

const freeze: Isolate = (value) => {
  const plain = withoutGetters(value);
  freezeParts(plain, new Set());
  return plain;
};

export const isolates: Readonly<Record<Isolation, Isolate>> = {
  shallow,
  freeze,
  clone,
};
