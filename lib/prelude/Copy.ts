/** One copy of this package in a process: its version, and where it was loaded from. */
export interface Copy {
  readonly version: string;
  readonly place: string;
}

/** The key under which each class that users hold names the copy that it is of: the same in all copies. */
export const COPY: unique symbol = Symbol.for('routilux.copy') as never;

/** `npm run build` puts the version of the package in its place. */
const VERSION = 'of the sources';

/** In CommonJS the platform knows; an ES module that asked would break in bundles that are none. */
declare const __filename: string | undefined;

/** The copy that this file is of. */
export const OWN: Copy = {
  version: VERSION,
  place: typeof __filename === 'string' ? __filename : 'unknown place',
};

/** The copy that a value, or a class, is of, if it is another one than this. It is asked of anything; a proxy may throw. */
export const otherCopyOf = (value: unknown): Copy | undefined => {
  try {
    const given = typeof value === 'function' ? (value.prototype as unknown) : value;
    const copy = (given as { readonly [COPY]?: Copy } | null | undefined)?.[COPY];
    return copy === OWN ? undefined : copy;
  } catch {
    return undefined;
  }
};
