import { setOwn } from './plainObject.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The path of a value that cannot be written or read (`a.0.b`); a caller around it may put its own keys before. */
export class Misfit extends Error {
  constructor(
    public path: string,
    readonly expected: string,
    readonly value: unknown,
  ) {
    super(expected);
  }

  /** The same, seen from one level further out. */
  under(key: string | number): this {
    this.path = this.path === '' ? String(key) : `${key}.${this.path}`;
    return this;
  }
}

/** How deep a value that is written down may be nested. */
export const DEEPEST = 256;

/** Longer ones take seconds to read. */
export const BIGINT = /^-?\d{1,100000}$/;

/** Marks what JSON has no word for. An object of the user that has this key is marked itself, so no key is magic. */
export const TAG = '$';

/** The place of a walk: the keys and the objects on the way down. */
export interface Walk {
  readonly keys: (string | number)[];
  readonly above: object[];
  readonly deepest: number;
  readonly fail: (expected: string, value: unknown) => never;
}

export const walk = (deepest: number): Walk => {
  const keys: Walk['keys'] = [];
  const fail: Walk['fail'] = (expected, value) => {
    throw new Misfit(keys.join('.'), expected, value);
  };
  return { keys, above: [], deepest, fail };
};

/** Goes into an object, and out of it again. */
export const inside = <A extends object, B>(value: A, step: Walk, work: (value: A, step: Walk) => B): B => {
  if (step.above.length === step.deepest) return step.fail(`at most ${step.deepest} levels`, value);
  step.above.push(value);
  const made = work(value, step);
  step.above.pop();
  return made;
};

export const at = <A, B>(step: Walk, key: string | number, value: A, work: (value: A, step: Walk) => B): B => {
  step.keys.push(key);
  const made = work(value, step);
  step.keys.pop();
  return made;
};

export const entriesOf = <A, B>(
  value: Readonly<Record<string, A>>,
  step: Walk,
  work: (value: A, step: Walk) => B,
): Record<string, B> => {
  const made: Record<string, B> = {};
  for (const key of Object.keys(value)) {
    // Before the value is read: its getter may throw.
    step.keys.push(key);
    setOwn(made, key, work(value[key] as A, step));
    step.keys.pop();
  }
  return made;
};

// Not `map`, which leaves holes out.
export const itemsOf = <A, B>(list: Iterable<A>, step: Walk, work: (value: A, step: Walk) => B): B[] =>
  Array.from(list, (item, place) => at(step, place, item, work));
