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

/** What is expected of a part whose getter or proxy throws: its `value` is what was thrown. */
export const READABLE = 'a value that can be read';

/** How deep a value that is written down may be nested. */
export const DEEPEST = 256;

/** UTF-16 units in one string: as many as are read, unless the reader is told otherwise. */
export const LONGEST = 10_000_000;

/** Longer ones take seconds to read. */
export const BIGINT = /^-?\d{1,100000}$/;

/** Marks what JSON has no word for. An object of the user that has this key is marked itself, so no key is magic. */
export const TAG = '$';

/** The place of a walk: the keys and the objects on the way down, and what it has met so far. */
export interface Walk {
  readonly keys: (string | number)[];
  readonly above: object[];
  readonly deepest: number;
  /** What has been made of objects: each is walked once, in however many places it stands. Most values have one object. */
  known: Map<object, Known> | undefined;
  /** The lowest level since the walk went into the object around it. */
  lowest: number;
  parts: number;
  /** How many of the parts stand below an object that was known. */
  again: number;
  readonly mostAgain: number;
  readonly fail: (expected: string, value: unknown) => never;
}

/** What has been made of an object that has so many levels and parts. */
interface Known {
  readonly made: unknown;
  readonly levels: number;
  readonly parts: number;
}

export const walk = (deepest: number, mostAgain = Infinity): Walk => {
  const keys: Walk['keys'] = [];
  const fail: Walk['fail'] = (expected, value) => {
    throw new Misfit(keys.join('.'), expected, value);
  };
  return { keys, above: [], deepest, known: undefined, lowest: 0, parts: 0, again: 0, mostAgain, fail };
};

/** Goes into an object, and out of it again. */
export const inside = <A extends object, B>(value: A, step: Walk, work: (value: A, step: Walk) => B): B => {
  const known = step.known?.get(value);
  // If it is too deep in this place, the walk goes down to where it is.
  if (known !== undefined && step.above.length + known.levels <= step.deepest) return once(value, step, known) as B;
  if (step.above.includes(value)) return step.fail('plain data without a circle', value);
  if (step.above.length === step.deepest) return step.fail(`at most ${step.deepest} levels`, value);
  return goInto(value, step, work);
};

const goInto = <A extends object, B>(value: A, step: Walk, work: (value: A, step: Walk) => B): B => {
  const { lowest, parts } = step;
  const level = step.above.push(value);
  step.lowest = level;
  const made = work(value, step);
  step.above.pop();
  if (level > 1) (step.known ??= new Map()).set(value, { made, levels: step.lowest - level + 1, parts: step.parts - parts });
  step.lowest = Math.max(lowest, step.lowest);
  return made;
};

/** An object that stands in a second place is not walked again; but a text holds all its parts again. */
const once = (value: object, step: Walk, { made, levels, parts }: Known): unknown => {
  step.lowest = Math.max(step.lowest, step.above.length + levels);
  step.parts += parts;
  step.again += parts;
  return step.again > step.mostAgain ? step.fail(`at most ${step.mostAgain} parts in second places`, value) : made;
};

export const at = <A, B>(step: Walk, key: string | number, value: A, work: (value: A, step: Walk) => B): B => {
  step.parts++;
  step.keys.push(key);
  const made = work(value, step);
  step.keys.pop();
  return made;
};

export const entriesOf = <A, B>(
  value: Readonly<Record<string, A>>,
  step: Walk,
  work: (value: A, step: Walk) => B,
  keys: readonly string[] = Object.keys(value),
): Record<string, B> => {
  const made: Record<string, B> = {};
  step.parts += keys.length;
  for (const key of keys) {
    // Before the value is read: its getter may throw.
    step.keys.push(key);
    setOwn(made, key, work(value[key] as A, step));
    step.keys.pop();
  }
  return made;
};

// Not `map`, which leaves holes out.
export const itemsOf = <A, B>(list: readonly A[], step: Walk, work: (value: A, step: Walk) => B): B[] => {
  const made: B[] = [];
  const { length } = list;
  step.parts += length;
  for (let place = 0; place < length; place++) {
    step.keys.push(place);
    made.push(work(list[place] as A, step));
    step.keys.pop();
  }
  return made;
};
