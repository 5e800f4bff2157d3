import { isObject } from './has.js';

/** What can be said of anything that was thrown, without trusting it: its getters may throw, it may be `undefined`. */
interface ThrownFacts {
  readonly name: string;
  readonly message: string;
}

/** What can be read of what was thrown, each part if it is there. */
type Thrown = Readonly<Partial<Record<'name' | 'message' | 'code' | 'constructor', unknown>>>;

/** What a read gives; nothing if it throws. */
const attempt = (read: () => unknown): unknown => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const textOf = (read: () => unknown): string | undefined => {
  const text = attempt(read);
  return typeof text === 'string' ? text : undefined;
};

const asText = (thrown: unknown): string => textOf(() => String(thrown)) ?? 'a value that cannot be read';

const nameOf = (thrown: Thrown): string => {
  const name = textOf(() => thrown.name);
  if (name !== undefined && name !== 'Error') return name;
  return textOf(() => (thrown.constructor as { name?: unknown } | undefined)?.name) ?? 'Error';
};

/** The code of an error, if it has one. */
export const codeOf = (thrown: unknown): string | number | undefined => {
  const code = isObject(thrown) ? attempt(() => (thrown as Thrown).code) : undefined;
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
};

export const describeError = (thrown: unknown): ThrownFacts =>
  isObject(thrown)
    ? {
        name: nameOf(thrown),
        message: textOf(() => (thrown as Thrown).message) ?? asText(thrown),
      }
    : { name: typeof thrown, message: asText(thrown) };
