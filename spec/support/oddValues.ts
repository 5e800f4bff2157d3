import { runInNewContext } from 'node:vm';
import fc from 'fast-check';

/**
 * Values of every kind that JavaScript has, their parts shared and in circles: a graph of a few nodes, each of a kind, that hold
 * one another. A node says of itself whether JSON and a clone can give it back.
 */
export interface Odd {
  readonly value: Record<string, unknown>;
  /** The kinds that can be reached from the value. */
  readonly kinds: ReadonlySet<Kind>;
  readonly isCircular: boolean;
}

class Money {
  constructor(readonly n: unknown) {}
}

class Tagged {
  readonly n = 1;
}
Object.defineProperty(Tagged.prototype, Symbol.toStringTag, { value: 'Tagged' });

type Parts = readonly unknown[];
type Fill = (made: never, parts: Parts) => void;

/** How it is made, and filled with its parts; what of `json` and `clone` gives it back. */
type Maker = readonly [make: () => unknown, fill: Fill | undefined, gives: '' | 'clone' | 'both'];

const set = (made: Record<string, unknown>, parts: Parts): void => {
  for (const [at, part] of parts.entries()) made[`k${at}`] = part;
};
const push = (made: unknown[], parts: Parts): void => void made.push(...parts);
const hide = (made: object, parts: Parts): void => {
  Object.defineProperty(made, 'hidden', { value: parts[0], writable: true, configurable: true });
};
const addAll = (made: Set<unknown>, parts: Parts): void => parts.forEach((part) => made.add(part));
const setAll = (made: Map<unknown, unknown>, parts: Parts): void =>
  parts.forEach((part, at) => made.set(at % 2 === 0 ? `place ${at}` : part, part));

const targets = new WeakMap<object, object>();
const proxyOf = (target: object): object => {
  const proxy = new Proxy(target, {});
  targets.set(proxy, target);
  return proxy;
};
const into =
  (fill: (made: never, parts: Parts) => void): Fill =>
  (made: object, parts) => {
    fill(targets.get(made) as never, parts);
  };

const asked = new Map<object, number>();
const withGetter = (made: object, parts: Parts): void => {
  const get = (): unknown => {
    asked.set(made, (asked.get(made) ?? 0) + 1);
    return parts[0];
  };
  Object.defineProperty(made, 'got', { get, enumerable: true, configurable: true });
};

const MAKERS = {
  plain: [() => ({}), set, 'both'],
  bare: [() => Object.create(null) as unknown, set, 'both'],
  list: [() => [], push, 'both'],
  map: [() => new Map(), setAll, 'both'],
  set: [() => new Set(), addAll, 'both'],
  getter: [() => ({}), withGetter, 'both'],
  proxy: [() => proxyOf({}), into(set), 'both'],
  'proxy of a list': [() => proxyOf([]), into(push), 'both'],
  'of another realm': [() => runInNewContext('({})') as unknown, set, 'both'],
  date: [() => new Date(5), undefined, 'both'],
  'invalid date': [() => new Date(NaN), undefined, 'both'],
  'sparse list': [() => Object.assign([], { length: 7 }), (made: unknown[], parts) => void (made[3] = parts[0]), 'clone'],
  'annotated list': [() => [1], (made: unknown[], parts) => void Object.assign(made, { '007': parts[0] }), 'clone'],
  error: [() => new RangeError('m'), (made: Error, [cause]) => void Object.defineProperty(made, 'cause', { value: cause, writable: true, configurable: true }), 'clone'], // prettier-ignore
  'several errors': [() => new AggregateError([], 'm'), (made: AggregateError, parts) => void push(made.errors as unknown[], parts), 'clone'], // prettier-ignore
  'error without a stack': [() => { const error = new TypeError('m'); delete error.stack; return error; }, undefined, 'clone'], // prettier-ignore
  url: [() => new URL('http://host/path?a=1'), undefined, 'clone'],
  buffer: [() => Buffer.from('abc'), undefined, 'clone'],
  bytes: [() => new Uint8Array([1, 2, 3]).subarray(1), undefined, 'clone'],
  'regular expression': [() => /x/gi, undefined, 'clone'],
  boxed: [() => Object('text') as unknown, undefined, 'clone'],
  'with a hidden key': [() => ({}), hide, ''],
  'list with a hidden key': [() => [], hide, ''],
  'with a symbol': [() => ({}), (made: object, parts) => void Object.assign(made, { [Symbol('s')]: parts[0] }), ''],
  'list with a symbol': [() => [], (made: object, parts) => void Object.assign(made, { [Symbol('s')]: parts[0] }), ''],
  'that inherits': [() => Object.create(Object.assign(Object.create(null) as object, { i: 1 })) as unknown, set, ''],
  'of a class': [() => new Money(5), set, ''],
  'of a class with a tag': [() => new Tagged(), undefined, ''],
  'of a subclass': [() => new (class Ordered extends Map {})(), setAll, ''],
  'list of a class': [() => new (class Stack extends Array {})(), push, ''],
  'annotated date': [() => new Date(5), set, ''],
  'annotated map': [() => new Map(), (made: object, parts) => void Object.assign(made, { own: parts[0] }), ''],
  'error with a code': [() => Object.assign(new Error('m'), { code: 'E_X' }), undefined, ''],
  'error of a class': [() => new (class Mine extends TypeError {})('m'), undefined, ''],
  'throwing getter': [() => ({ get bad() { throw new Error('mine'); } }), undefined, ''], // prettier-ignore
  function: [() => () => 1, undefined, ''],
  symbol: [() => Symbol('s'), undefined, ''],
  promise: [() => Promise.resolve(), undefined, ''],
} satisfies Record<string, Maker>;

export type Kind = keyof typeof MAKERS;

export const KINDS = Object.keys(MAKERS) as readonly Kind[];

export const gives = (kind: Kind, by: 'json' | 'clone'): boolean =>
  (MAKERS[kind] as Maker)[2] === 'both' || (MAKERS[kind] as Maker)[2] === by;

const HOLDING_NONE: ReadonlySet<Kind> = new Set(KINDS.filter((kind) => MAKERS[kind][1] === undefined));

interface NodePlan {
  readonly kind: Kind;
  /** Other nodes, by their number, or leaves. */
  readonly parts: readonly ({ readonly to: number } | { readonly leaf: unknown })[];
}

const leaves = fc.oneof(
  fc.constantFrom(null, undefined, true, NaN, -0, Infinity, 'text', '$', 7n),
  fc.string({ maxLength: 3 }),
  fc.integer(),
).map((leaf) => ({ leaf })); // prettier-ignore

const nodesOf = (kinds: readonly Kind[]): fc.Arbitrary<readonly NodePlan[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      parts: fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat(7).map((to) => ({ to })) }, leaves), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 8 },
  );

const GIVEN = KINDS.filter((kind) => gives(kind, 'clone'));

/** Half of them of kinds that can be given back, so that not all are refused. */
export const oddValues: fc.Arbitrary<Odd> = fc
  .oneof(nodesOf(KINDS), nodesOf(GIVEN), nodesOf(KINDS.filter((kind) => gives(kind, 'json'))))
  .chain((plans) => fc.boolean().map((mayCircle) => build(mayCircle ? plans : plans.map(onlyDown))));

const onlyDown = ({ kind, parts }: NodePlan, at: number): NodePlan => ({
  kind,
  parts: parts.map((part) => ('to' in part && part.to <= at ? { to: at + 1 + part.to } : part)),
});

const build = (plans: readonly NodePlan[]): Odd => {
  asked.clear();
  const made = plans.map(({ kind }) => MAKERS[kind][0]());
  const partsOf = ({ parts }: NodePlan): Parts => parts.map((part) => ('to' in part ? made[part.to] : part.leaf));
  plans.forEach((plan, at) => {
    (MAKERS[plan.kind] as Maker)[1]?.(made[at] as never, partsOf(plan));
  });
  const reached = new Set<number>();
  const above: number[] = [];
  let isCircular = false;
  const reach = (at: number): void => {
    const plan = plans[at];
    if (above.includes(at)) isCircular = true;
    if (plan === undefined || reached.has(at)) return;
    reached.add(at);
    above.push(at);
    if (!HOLDING_NONE.has(plan.kind)) for (const part of heldBy(plan)) if ('to' in part) reach(part.to);
    above.pop();
  };
  reach(0);
  const kinds = new Set([...reached].map((at) => (plans[at] as NodePlan).kind));
  return { value: { root: made[0] }, kinds, isCircular };
};

/** Some kinds take one part and leave the rest. */
const heldBy = ({ kind, parts }: NodePlan): NodePlan['parts'] =>
  ['getter', 'sparse list', 'annotated list', 'error'].includes(kind) ? parts.slice(0, 1) : parts;

export const timesAsked = (): number => Math.max(0, ...asked.values());

// ── what is the same ──────────────────────────────────────────────────────────────────────────────────────────────

const classOf = (value: object): string => {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype === null ? 'none' : String(prototype.constructor?.name);
};

const innerOf = (value: object): readonly unknown[] => {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [value.getTime()];
  // A structured clone is of the realm outside jest's sandbox.
  if (['URL', 'RegExp', 'String'].includes(classOf(value))) return [(value as unknown as { toString(): string }).toString()];
  return value instanceof Error ? [value.stack] : [];
};

/**
 * Where two values differ: in a class, in a key (hidden ones and symbols too, and which are listed), in a hole, in what they hold,
 * and, if it is promised, in which parts are the same object. A getter is as good as its value, and a proxy as what it shows.
 */
export const unlike = (one: unknown, other: unknown, keeps: 'shared parts' | 'values'): string | undefined => {
  const pairs = new Map<object, object>();
  const differ = (a: unknown, b: unknown, path: string): string | undefined => {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
      return Object.is(a, b) ? undefined : `${path}: ${String(a)} and ${String(b)}`;
    if (keeps === 'shared parts' && pairs.has(a)) return pairs.get(a) === b ? undefined : `${path}: another object`;
    if (a === b) return `${path}: the same object`;
    pairs.set(a, b);
    const [kind, copied] = [classOf(a), classOf(b)];
    if (kind !== copied && !(keeps === 'values' && kind === 'none' && copied === 'Object'))
      return `${path}: ${kind} and ${copied}`;
    const [keys, others] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
    if (keys.length !== others.length) return `${path}: ${keys.map(String).join()} and ${others.map(String).join()}`;
    for (const key of keys) {
      const [way, otherWay] = [a, b].map((each) => Object.getOwnPropertyDescriptor(each, key)?.enumerable);
      const found =
        way === otherWay ? differ(Reflect.get(a, key), Reflect.get(b, key), `${path}.${String(key)}`) : `${path}: ${String(key)}`;
      if (found !== undefined) return found;
    }
    const [inner, otherInner] = [innerOf(a), innerOf(b)];
    if (inner.length !== otherInner.length) return `${path}: ${inner.length} and ${otherInner.length} parts`;
    return inner.map((part, at) => differ(part, otherInner[at], `${path}(${at})`)).find((each) => each !== undefined);
  };
  return differ(one, other, 'it');
};

/** What stands at the end of a path: own keys first, then the entries of maps and sets by their numbers. */
export const follow = (value: unknown, path: string): unknown => {
  let at = value;
  for (const key of path === '' ? [] : path.split('.')) {
    if (at instanceof Map && !Object.hasOwn(at, key)) at = [...(at as Map<unknown, unknown>)];
    else if (at instanceof Set && !Object.hasOwn(at, key)) at = [...at];
    const keys = Object(at) as Record<string, unknown>;
    if (!(key in keys) && !Array.isArray(at)) throw new Error(`the path ${path} leads nowhere at ${key}`);
    at = keys[key];
  }
  return at;
};
