/** What can be said of anything that was thrown, without trusting it: its getters may throw, it may be `undefined`. */
interface ThrownFacts {
  readonly name: string;
  readonly message: string;
}

const attempt = (read: () => unknown): string | undefined => {
  try {
    const text = read();
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
};

const isObject = (thrown: unknown): thrown is Record<string, unknown> =>
  (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';

const asText = (thrown: unknown): string => attempt(() => String(thrown)) ?? 'a value that cannot be read';

const nameOf = (thrown: Record<string, unknown>): string => {
  const name = attempt(() => thrown['name']);
  if (name !== undefined && name !== 'Error') return name;
  return attempt(() => (thrown.constructor as { name?: unknown } | undefined)?.name) ?? 'Error';
};

/** The code of an error, if it has one. */
export const codeOf = (thrown: unknown): string | number | undefined => {
  if (!isObject(thrown)) return undefined;
  try {
    const { code } = thrown;
    return typeof code === 'string' || typeof code === 'number' ? code : undefined;
  } catch {
    return undefined;
  }
};

export const describeError = (thrown: unknown): ThrownFacts =>
  isObject(thrown)
    ? {
        name: nameOf(thrown),
        message: attempt(() => thrown['message']) ?? asText(thrown),
      }
    : { name: typeof thrown, message: asText(thrown) };
