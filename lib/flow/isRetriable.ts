import type { ErrorClass, ErrorHandler } from './ErrorHandler.js';

/** Whether an error is one that the handler would try again. A filter of the user may throw; the caller guards it. */
export const isRetriable = (error: unknown, { retryOn }: ErrorHandler): boolean => {
  if (retryOn === undefined) return true;
  return typeof retryOn === 'function' ? retryOn(error) : retryOn.some((kind) => error instanceof kind || isForeign(error, kind));
};

/**
 * Whether an error is of this class of the language, made in another realm (a frame, `node:vm`, a test runner): such classes go by their
 * names there (D44).
 */
const isForeign = (error: unknown, kind: ErrorClass): boolean =>
  isBuiltIn(kind) && chainOf(error).some((each) => isBuiltIn(each) && each.name === kind.name);

const isBuiltIn = (kind: ErrorClass): boolean => /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(kind));

/** The classes of an error, from its own to `Error`; none of what is no error of the language, or of a class that extends one. */
const chainOf = (error: unknown): readonly ErrorClass[] => {
  const chain: ErrorClass[] = [];
  if (Object.prototype.toString.call(error) !== '[object Error]') return chain;
  for (
    let part = Object.getPrototypeOf(error) as object | null;
    part !== null;
    part = Object.getPrototypeOf(part) as object | null
  ) {
    const { constructor } = part as { constructor?: unknown };
    if (typeof constructor === 'function') chain.push(constructor as ErrorClass);
  }
  return chain;
};
