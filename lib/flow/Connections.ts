import type { Connection } from './Connection.js';
import { pairsOf, type ParamMapping } from './mapping.js';

/** The connections of a flow, in the order in which they were made, each once. What one costs does not grow with their number (D46). */
export class Connections {
  readonly #byKey = new Map<string, Connection>();
  /** Numbers for mappings that are functions. */
  readonly #numbers = new WeakMap<ParamMapping, number>();
  #count = 0;
  /** Handed out: what was handed out before stays as it was. */
  #all: readonly Connection[] | undefined;

  get all(): readonly Connection[] {
    return (this.#all ??= [...this.#byKey.values()]);
  }

  /** Gives the one that is there already, if there is the same. */
  add(connection: Connection): Connection {
    const key = this.#keyOf(connection);
    const present = this.#byKey.get(key);
    if (present !== undefined) return present;
    this.#byKey.set(key, connection);
    this.#all = undefined;
    return connection;
  }

  /** One that is not there is no error. */
  remove(connection: Connection): void {
    if (this.#byKey.delete(this.#keyOf(connection))) this.#all = undefined;
  }

  /** The same for the same ends and the same mapping: the same function, or the same renames in whatever order. */
  #keyOf({ sourceId, sourceEvent, targetId, targetSlot, mapping }: Connection): string {
    return JSON.stringify([sourceId, sourceEvent, targetId, targetSlot, this.#mappingOf(mapping)]);
  }

  #mappingOf(mapping: ParamMapping | undefined): unknown {
    if (typeof mapping === 'object') return pairsOf(mapping);
    if (mapping === undefined) return null;
    const number = this.#numbers.get(mapping) ?? this.#count++;
    this.#numbers.set(mapping, number);
    return number;
  }
}
