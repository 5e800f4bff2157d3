/**
 * A key of an object's own beside those that are listed; a symbol comes first. By two calls and not by `Reflect.ownKeys`, which takes
 * twice as long for an object.
 */
export const unlistedKey = (value: object, listed: readonly string[]): PropertyKey | undefined => {
  const [symbol] = Object.getOwnPropertySymbols(value);
  if (symbol !== undefined) return symbol;
  const names = Object.getOwnPropertyNames(value);
  return names.length === listed.length ? undefined : otherThan(listed, names);
};

const otherThan = (listed: readonly string[], names: readonly string[]): string | undefined => {
  const known = new Set(listed);
  return names.find((name) => !known.has(name));
};

/** Whether a list has no holes, and no keys of its own beside its places. */
export const isBareList = (list: readonly unknown[]): boolean => {
  const { length } = list;
  if (length > MANY) return Object.getOwnPropertySymbols(list).length === 0 && isEach(Object.keys(list), length);
  const keys = Reflect.ownKeys(list);
  return keys.length === length + 1 && keys[length] === 'length';
};

/** Who hides a key among more? To look for it would take longer than all the rest. */
const MANY = 1_000;

// Other keys than places come last.
const isEach = (keys: readonly string[], length: number): boolean =>
  keys.length === length && keys[length - 1] === String(length - 1);

/** The key of a list, beside its places, that `Object.keys` does not give. */
export const hiddenInList = (list: readonly unknown[], keys: readonly string[]): PropertyKey | undefined =>
  unlistedKey(list, [...keys, 'length']);

/** What stands under a key; a getter is not asked. */
export const heldAt = (value: object, key: PropertyKey): unknown => {
  const { get, value: held } = (Object.getOwnPropertyDescriptor(value, key) ?? {}) as { get?: unknown; value?: unknown };
  return get ?? held;
};
