import { checkKnown, type Known } from '../flow/checkOption.js';
import type { Mismatch } from '../flow/Codec.js';
import { checkBound } from '../flow/FlowOptions.js';
import { LONGEST } from '../prelude/jsonValue.js';

/** How much JSON may ask of whoever reads it. */
export interface DecodeOptions {
  /** Levels of nesting, from 1, or `Infinity`. What this library writes has fewer than 800. @default 1_000 */
  readonly maxDepth?: number | undefined;
  /** UTF-16 units in one string, from 0, or `Infinity`. @default 10_000_000 */
  readonly maxString?: number | undefined;
}

const KNOWN: Known<DecodeOptions> = { maxDepth: true, maxString: true };

/** How much may be asked, with its defaults filled in. @throws FlowError `BAD_OPTION` */
export const checkDecode = (options: DecodeOptions): { readonly maxDepth: number; readonly maxString: number } => {
  const { maxDepth = 1_000, maxString = LONGEST } = checkKnown(options, KNOWN);
  return { maxDepth: checkBound('maxDepth', maxDepth, 1), maxString: checkBound('maxString', maxString) };
};

/** An object on the way down: its keys, the next of them, and how many levels are known to be below it. */
interface Level {
  readonly value: object;
  readonly keys: readonly string[];
  next: number;
  below: number;
}

/** What is deeper or longer than it may be, or a circle: the first one. The parts of a tree (a text) stand in one place each. */
export const oversizes = (json: unknown, options: DecodeOptions, isTree: boolean): readonly Mismatch[] => {
  const { maxDepth, maxString } = checkDecode(options);
  const fault = new Descent(maxDepth, maxString, isTree).fault(json);
  return fault === undefined ? [] : [fault];
};

/**
 * A way down, by a list and not by calls: what is nested too deep must not overflow the stack of whoever says so. An object that
 * stands in several places is looked at once; a second time only on the way to what is too deep there.
 */
class Descent {
  readonly #levels: Level[] = [];
  /** How many levels each object has below it; `Infinity` while the way goes through it. */
  readonly #below = new Map<object, number>();

  constructor(
    private readonly maxDepth: number,
    private readonly maxString: number,
    private readonly isTree: boolean,
  ) {}

  fault(json: unknown): Mismatch | undefined {
    let fault = this.#enter(json);
    for (let level = this.#levels.at(-1); level !== undefined && fault === undefined; level = this.#levels.at(-1)) {
      const key = level.keys[level.next++];
      if (key === undefined) this.#leave(level);
      else fault = this.#enter(key.length > this.maxString ? key : (level.value as Record<string, unknown>)[key]);
    }
    return fault;
  }

  #enter(value: unknown): Mismatch | undefined {
    const depth = this.#levels.length;
    if (depth > this.maxDepth) return this.#misfit(`at most ${this.maxDepth} levels (maxDepth)`, '…');
    if (typeof value === 'string' && value.length > this.maxString)
      return this.#misfit(`strings of at most ${this.maxString} (maxString)`, value);
    if (typeof value === 'object' && value !== null) return this.#enterObject(value, depth);
    return void this.#rise(0);
  }

  #enterObject(value: object, depth: number): Mismatch | undefined {
    const below = this.isTree ? undefined : this.#below.get(value);
    if (below === Infinity) return this.#misfit('JSON without a circle', '…');
    if (below !== undefined && depth + below <= this.maxDepth) return void this.#rise(below);
    if (!this.isTree) this.#below.set(value, Infinity);
    this.#levels.push({ value, keys: Object.keys(value), next: 0, below: 0 });
    return undefined;
  }

  #leave({ value, below }: Level): void {
    this.#levels.pop();
    if (!this.isTree) this.#below.set(value, below);
    this.#rise(below);
  }

  /** A part has so many levels below it: the object around it has one more. */
  #rise(below: number): undefined {
    const level = this.#levels.at(-1);
    if (level !== undefined) level.below = Math.max(level.below, below + 1);
    return undefined;
  }

  #misfit(expected: string, value: string): Mismatch {
    // A key that is too long itself leads nowhere.
    const keys = this.#levels.map(({ keys, next }) => keys[next - 1] as string).filter((key) => key.length <= this.maxString);
    return { path: keys.join('.'), expected, value };
  }
}
