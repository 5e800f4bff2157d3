import type { Data } from '../flow/Data.js';
import type { ErrorHandler } from '../flow/ErrorHandler.js';
import { flowError } from '../flow/FlowError.js';
import { checkName } from '../flow/names.js';
import type { Part } from '../flow/Part.js';

/** A function that a description may hold: a mapping, a `retryOn`, or an error class in one. */
type Named = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

// By function and not by registry, since `flow.toJSON()` has no registry to ask.
const names = new WeakMap<Named, string>();

const BUILT_IN: readonly Named[] = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
for (const kind of BUILT_IN) names.set(kind, kind.name);

/** The name under which a function has been registered first, in whatever registry. */
export const nameOf = (work: Named): string | undefined => names.get(work);

/** A routine as its JSON has to do with it: what is written of it, and filled in again. */
export interface Described extends Part {
  readonly type: string;
  readonly config: Data;
  setConfig(patch: Data): this;
  setErrorHandler(handler: ErrorHandler): this;
}

/**
 * What JSON may be turned into: routines by their type, functions by their name. Nothing else of a flow's JSON becomes code,
 * and what is not registered is refused. `R` is the kind of its routines.
 */
export class Registry<R extends Described = Described> {
  readonly #factories = new Map<string, () => R>();
  readonly #functions = new Map<string, Named>(BUILT_IN.map((kind) => [kind.name, kind]));

  /** The types that are known. */
  get types(): readonly string[] {
    return [...this.#factories.keys()];
  }

  /**
   * Makes a routine of this type by calling `factory`, which takes no arguments: what differs between two routines of a type
   * is in their config.
   *
   * @throws FlowError `BAD_NAME`, `BAD_OPTION`, `DUPLICATE_TYPE`
   */
  register(type: string, factory: () => R): this {
    add(this.#factories, 'type', type, factory);
    return this;
  }

  /**
   * Gives a function a name in JSON: a mapping of a connection, or what `retryOn` of an error handler asks. A function of the
   * flow that is written has to be the very one that is registered; where several registries name it, the first name counts.
   *
   * @throws FlowError `BAD_NAME`, `BAD_OPTION`, `DUPLICATE_TYPE`
   */
  registerFunction(name: string, work: Named): this {
    add(this.#functions, 'function', name, work);
    if (!names.has(work)) names.set(work, name);
    return this;
  }

  factory(type: string): (() => R) | undefined {
    return this.#factories.get(type);
  }

  function(name: string): Named | undefined {
    return this.#functions.get(name);
  }
}

const add = <T>(known: Map<string, T>, what: string, name: string, work: T): void => {
  checkName(what, name);
  if (typeof work !== 'function') throw flowError('BAD_OPTION', { option: name, value: work, expected: 'a function' });
  if (known.has(name)) throw flowError('DUPLICATE_TYPE', { what, name });
  known.set(name, work);
};
