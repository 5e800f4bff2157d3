import { Misfit, READABLE } from './jsonValue.js';
import { heldAt } from './unlistedKey.js';

/** Fills the copy of a part. */
export type Fill = (value: never, made: never, copying: Copying) => void;

/** A part whose copy is empty so far, and the way to it. */
interface Part {
  readonly value: object;
  readonly made: object;
  readonly fill: Fill;
  readonly above: Part | undefined;
  readonly key: string | number | undefined;
}

/**
 * One copy at every depth: each object is copied once, so shared parts stay shared and circles stay closed. By a list of parts and
 * not by calls: a list of a million links does not overflow the stack.
 */
export class Copying {
  readonly #made = new Map<object, object>();
  readonly #parts: Part[] = [];
  #part: Part | undefined = undefined;
  /** Where it is in the part at hand, if it is not at the part itself: set before anything is read, since a getter may throw. */
  key: string | number | undefined = undefined;

  /** `begin` makes a copy of an object, or opens an empty one. */
  constructor(private readonly begin: (value: object, copying: Copying) => object) {}

  /** @throws Misfit, with the path of what cannot be copied */
  run(value: object): object {
    try {
      const made = this.of(value, '') as object;
      // The list grows meanwhile.
      for (const part of this.#parts) {
        this.#part = part;
        this.key = undefined;
        part.fill(part.value as never, part.made as never, this);
      }
      return made;
    } catch (error) {
      throw error instanceof Misfit ? error : this.#misfit(READABLE, error);
    }
  }

  /** The copy of what stands under a key of the part at hand. */
  of(value: unknown, key: string | number): unknown {
    if (typeof value === 'object' && value !== null) return this.#made.get(value) ?? this.#copyOf(value, key);
    if (typeof value !== 'function' && typeof value !== 'symbol') return value;
    this.key = key;
    return this.refuse('plain data', value);
  }

  #copyOf(value: object, key: string | number): object {
    this.key = key;
    const made = this.begin(value, this);
    this.#made.set(value, made);
    return made;
  }

  /** An empty copy, which is filled later. */
  open(value: object, made: object, fill: Fill): object {
    this.#parts.push({ value, made, fill, above: this.#part, key: this.key });
    return made;
  }

  /** Refuses what is at hand, or what it holds under a key of its own. */
  refuse(expected: string, value: unknown, own?: string): never {
    throw this.#misfit(expected, value, own);
  }

  #misfit(expected: string, value: unknown, own?: string): Misfit {
    // From the innermost, and then the other way round: each key at the front of a long list would move all of it (D46).
    const keys: (string | number)[] = own === undefined ? [] : [own];
    // The topmost object stands under no key.
    if (this.#part !== undefined && this.key !== undefined) keys.push(this.key);
    for (let part = this.#part; part?.above !== undefined; part = part.above) keys.push(part.key as string | number);
    return new Misfit(keys.reverse().join('.'), expected, value);
  }
}

/** Refuses a key that a copy would lack. */
export const refuseKey = (copying: Copying, value: object, key: PropertyKey | undefined): void => {
  if (typeof key === 'symbol') copying.refuse('a value without symbols as keys', value);
  if (key !== undefined) copying.refuse('a value without this key', heldAt(value, key), String(key));
};
