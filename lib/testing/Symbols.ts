import { preview } from '../flow/Codec.js';
import { describeError } from '../prelude/describeError.js';
import { equals } from './equals.js';
import type { MarbleValues } from './Line.js';
import { charactersOf, RESERVED } from './marbles.js';

export const SPARE = charactersOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');

/** What is drawn if no letter is left. */
export const UNNAMED = '?';

/** Finds one character for every value of a diagram, and the same for the same value; remembers what each stands for. */
export class Symbols {
  readonly #values: MarbleValues;
  readonly #given: { readonly symbol: string; readonly value: unknown }[] = [];
  readonly #taken: Set<string>;
  readonly #spare: readonly string[];
  readonly #meanings = new Set<string>();

  /** `taken`: symbols that are spoken for, beside those of the values; `spare`: those that may be given. */
  constructor(values: MarbleValues, taken: Iterable<string> = [], spare: readonly string[] = SPARE) {
    this.#spare = spare;
    this.#values = values;
    this.#taken = new Set([...taken, ...Object.keys(values)]);
  }

  /** The symbols that were given, in order, and what for. */
  get given(): readonly { readonly symbol: string; readonly value: unknown }[] {
    return this.#given;
  }

  /** What the symbols stand for that do not stand for themselves, as `a = {"n":1}`, in order of use. */
  get meanings(): readonly string[] {
    return [...this.#meanings];
  }

  /** The symbol of a value, by what is known on its line, its own character, the values, or a letter that is free. */
  of(value: unknown, known: MarbleValues): string {
    return this.use(keyOf(known, value) ?? ownCharacter(value) ?? keyOf(this.#values, value) ?? this.#give(value), value);
  }

  /** A symbol is drawn that stands for this value. */
  use(symbol: string, value: unknown): string {
    if (String(value) !== symbol) this.#meanings.add(`${symbol} = ${describeValue(value)}`);
    return symbol;
  }

  #give(value: unknown): string {
    const before = this.#given.find((one) => equals(one.value, value));
    if (before !== undefined) return before.symbol;
    const symbol = this.#free(value);
    this.#given.push({ symbol, value });
    this.#taken.add(symbol);
    return symbol;
  }

  #free(value: unknown): string {
    const initials = typeof value === 'string' ? charactersOf(value).filter((character) => SPARE.includes(character)) : [];
    return [...initials, ...this.#spare].find((symbol) => !this.#taken.has(symbol)) ?? UNNAMED;
  }
}

/** A value as a diagram tells it, on one line and cut short. */
export const describeValue = (value: unknown): string => {
  if (!(value instanceof Error)) return preview(value);
  const { name, message } = describeError(value);
  return `${name}: ${message}`;
};

const keyOf = (values: MarbleValues, value: unknown): string | undefined =>
  Object.keys(values).find((symbol) => charactersOf(symbol).length === 1 && equals(values[symbol], value));

const ownCharacter = (value: unknown): string | undefined =>
  typeof value === 'string' && charactersOf(value).length === 1 && !RESERVED.includes(value) ? value : undefined;
