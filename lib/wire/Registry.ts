import { checkOption } from '../flow/checkOption.js';
import { flowError } from '../flow/FlowError.js';
import { checkName } from '../flow/names.js';
import type { DecodeOptions } from './decodeJson.js';
import type { Described, FlowParts } from './FlowParts.js';
import { BUILT_IN, giveName, type Named } from './functionNames.js';
import { readFlow } from './readFlow.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';

/**
 * What JSON may be turned into: routines by their type, functions by their name. Nothing else of a flow's JSON becomes code,
 * and what is not registered is refused. `R` is the kind of its routines.
 *
 * @example
 * const registry = new Registry().register('Doubler', () => new Doubler()).registerFunction('trim', trim);
 * const flow = Flow.fromJSON(json, registry);
 */
export class Registry<R extends Described = Described> {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

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
   * flow that is written has to be the very one that is registered; if several registries name it, the first name counts.
   *
   * @throws FlowError `BAD_NAME`, `BAD_OPTION`, `DUPLICATE_TYPE`
   */
  registerFunction(name: string, work: Named): this {
    add(this.#functions, 'function', name, work);
    giveName(name, work);
    return this;
  }

  /** What makes a routine of a type; undefined for one that is not registered. */
  factory(type: string): (() => R) | undefined {
    return this.#factories.get(type);
  }

  /** The function of a name; undefined for one that is not registered. The error classes of the platform are there from the start. */
  function(name: string): Named | undefined {
    return this.#functions.get(name);
  }

  /**
   * Reads the parts of a flow from JSON, or from its text. Every routine is new. A page that never makes a registry does not
   * ship what reads a flow.
   *
   * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`, `NOT_CONSTRUCTIBLE`
   */
  read(json: unknown, options?: DecodeOptions): FlowParts<R> {
    return readFlow(json, this, options);
  }
}

const add = <T>(known: Map<string, T>, what: string, name: string, work: T): void => {
  checkName(what, name);
  checkOption(name, work, typeof work === 'function', 'a function');
  if (known.has(name)) throw flowError('DUPLICATE_TYPE', { what, name });
  known.set(name, work);
};
