/** A function that a description may hold: a mapping, a `retryOn`, or an error class in one. */
export type Named = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/** Error classes that every registry knows by their own names. */
export const BUILT_IN: readonly Named[] = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

// By function and not by registry, since `flow.toJSON()` has no registry to ask.
const names = new WeakMap<Named, string>(BUILT_IN.map((kind) => [kind, kind.name]));

/** The name under which a function has been registered first, in whatever registry. */
export const nameOf = (work: Named): string | undefined => names.get(work);

/** Gives a function its name, unless it has one. */
export const giveName = (name: string, work: Named): void => {
  if (!names.has(work)) names.set(work, name);
};
