import { isPlainObject } from '../prelude/plainObject.js';

interface Matcher {
  asymmetricMatch(other: unknown): boolean;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isMatcher = (value: object): value is Matcher =>
  typeof (value as Partial<Record<string, unknown>>)['asymmetricMatch'] === 'function';

/**
 * Whether a value is what a test expects: the same, or alike at every depth. What knows for itself what it accepts
 * (`expect.any(Number)`, by its `asymmetricMatch`) is asked.
 */
export const equals = (expected: unknown, actual: unknown): boolean => {
  if (Object.is(expected, actual)) return true;
  if (!isObject(expected)) return false;
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  return isObject(actual) && ofOneKind(expected, actual) && alike(expected, actual);
};

const ofOneKind = (expected: object, actual: object): boolean =>
  Object.getPrototypeOf(expected) === Object.getPrototypeOf(actual) || (isPlainObject(expected) && isPlainObject(actual));

const alike = (expected: object, actual: object): boolean => {
  if (expected instanceof Date) return expected.getTime() === (actual as Date).getTime();
  if (expected instanceof Error) return expected.message === (actual as Error).message;
  if (expected instanceof Map || expected instanceof Set) return partsAlike([...expected], [...(actual as Iterable<unknown>)]);
  return partsAlike(expected, actual);
};

const partsAlike = (expected: object, actual: object): boolean => {
  const keys = Reflect.ownKeys(expected);
  const others = actual as Record<PropertyKey, unknown>;
  return (
    keys.length === Reflect.ownKeys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && equals((expected as Record<PropertyKey, unknown>)[key], others[key]))
  );
};
