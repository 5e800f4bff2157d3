import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Misfit } from '../../lib/prelude/jsonValue.js';
import { readValue } from '../../lib/prelude/readValue.js';
import { writeValue } from '../../lib/prelude/writeValue.js';
import { thrown } from '../support/thrown.js';
import { difference, NAMES, objectOf, values } from '../wire/values.js';

/** Over a text and back, as a value goes to another process. */
const trip = (value: unknown): unknown => readValue(JSON.parse(JSON.stringify(writeValue(value))));

/** What a code makes in another realm. */
const elsewhere = (code: string): unknown => runInNewContext(code);

const misfit = (call: () => unknown): Misfit => {
  const error = thrown(call);
  if (error instanceof Misfit) return error;
  throw new Error('not a Misfit', { cause: error });
};

describe('writeValue and readValue', () => {
  it('should refuse parts in second places one beyond the limit, and none before (D43)', () => {
    const shared = { x: 1, y: 2 };
    const thrice = [shared, shared, shared];
    expect(writeValue(thrice, 100, 4)).toEqual(thrice);
    expect(misfit(() => writeValue(thrice, 100, 3))).toMatchObject({ expected: 'at most 3 parts in second places', path: '2' });
  });

  it('should be each other’s inverse, over a text, for whatever is plain data (issue 3)', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(difference(trip(value), value)).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  it('should write the same text for what was read (issue 3)', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.stringify(writeValue(trip(value)))).toBe(JSON.stringify(writeValue(value)));
      }),
    );
  });

  it('should write JSON and nothing else: the text says it all', () => {
    fc.assert(
      fc.property(values, (value) => {
        const written = writeValue(value);
        expect(difference(JSON.parse(JSON.stringify(written)), written)).toBeUndefined();
      }),
    );
  });

  it('should change neither the value nor Object.prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    fc.assert(
      fc.property(objectOf(values), (value) => {
        const frozen = Object.freeze(value);
        trip(frozen);
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
      }),
    );
  });

  it.each(NAMES)('should hold a key %s as an own, plain key at every depth (X)', (name) => {
    const inner = Object.fromEntries([[name, { evil: true }]]);
    const back = trip(new Map<unknown, unknown>([[inner, [Object.fromEntries([[name, inner]])]]])) as Map<object, [object]>;
    const [[first, [second]] = [{}, [{}]]] = [...back];
    for (const each of [first, second])
      expect(Object.getOwnPropertyDescriptor(each, name)).toMatchObject({ writable: true, enumerable: true, configurable: true });
    expect(Object.getPrototypeOf(second)).toBe(Object.prototype);
    expect((second as { evil?: boolean }).evil).toBeUndefined();
  });

  it('should leave plain JSON as it is, so that it can be read by anybody', () => {
    const value = { a: [1, 'x', null, true, { b: {} }], value: 'x', toJSON: 1 };
    expect(writeValue(value)).toEqual(value);
  });

  it.each<[string, unknown, unknown]>([
    ['a date', new Date(0), { $: 'date', value: '1970-01-01T00:00:00.000Z' }],
    ['an invalid date', new Date(NaN), { $: 'date', value: null }],
    ['a map', new Map([[1, 'a']]), { $: 'map', value: [[1, 'a']] }],
    ['a set', new Set(['a', 1n]), { $: 'set', value: ['a', { $: 'bigint', value: '1' }] }],
    ['undefined', [undefined], [{ $: 'undefined' }]],
    ['-0', -0, { $: 'number', value: '-0' }],
    ['NaN', NaN, { $: 'number', value: 'NaN' }],
    ['-Infinity', -Infinity, { $: 'number', value: '-Infinity' }],
    ['an object with the key $', { $: 'date', value: 1 }, { $: 'object', value: { $: 'date', value: 1 } }],
  ])('should write %s as it always has: a change here is a change of the format', (_, value, written) => {
    expect(writeValue(value)).toEqual(written);
  });

  it('should read undefined as a key that is there', () => {
    expect(Object.keys(trip({ a: undefined }) as object)).toEqual(['a']);
  });

  it('should make an ordinary object of one without a prototype', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(difference(trip(bare), { a: 1 })).toBeUndefined();
  });

  it('should write an object that stands in two places twice: that is no circle', () => {
    const shared = { n: new Set([1]) };
    expect(trip({ a: shared, b: [shared, shared], c: new Map([[shared, shared]]) })).toEqual({
      a: shared,
      b: [shared, shared],
      c: new Map([[shared, shared]]),
    });
  });

  it('should read a getter, and a proxy that answers', () => {
    const value = {
      get a() {
        return 1;
      },
    };
    expect(trip([value, new Proxy({ b: 2 }, {}), new Proxy([3], {})])).toEqual([{ a: 1 }, { b: 2 }, [3]]);
  });

  it.each<[string, string, unknown]>([
    ['an object', '({ a: { b: [1, undefined] } })', { a: { b: [1, undefined] } }],
    ['an object without prototype', 'Object.assign(Object.create(null), { a: 1 })', { a: 1 }],
    ['a date', 'new Date(5)', new Date(5)],
    ['a map', 'new Map([[{ a: 1 }, new Set([2n])]])', new Map([[{ a: 1 }, new Set([2n])]])],
    ['a set', 'new Set([NaN])', new Set([NaN])],
    ['a list', '[[-0]]', [[-0]]],
  ])('should write %s of another realm, and read it in this one', (_, code, expected) => {
    expect(difference(trip(elsewhere(code)), expected)).toBeUndefined();
  });

  it('should go down 256 levels, and not one more, whatever the levels are made of', () => {
    const nest = (levels: number, wrap: (inner: unknown) => unknown): unknown =>
      Array.from({ length: levels }).reduce<unknown>((inner) => wrap(inner), 'core');
    const wraps: ((inner: unknown) => unknown)[] = [(a) => [a], (a) => ({ a }), (a) => ({ $: a }), (a) => new Set([a])];
    for (const wrap of wraps) {
      expect(difference(trip(nest(256, wrap)), nest(256, wrap))).toBeUndefined();
      expect(misfit(() => writeValue(nest(257, wrap))).expected).toBe('at most 256 levels');
    }
  });

  it('should say that something is too deep, and not run out of stack', () => {
    const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], 'core');
    const { path, expected } = misfit(() => writeValue({ deep }));
    expect(expected).toBe('at most 256 levels');
    expect(path.split('.')).toHaveLength(256);
  });
});

// ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────

class Point {
  readonly x = 1;
}

const circle = (): object => {
  const around: Record<string, unknown> = { b: [0] };
  (around['b'] as unknown[]).push(around);
  return around;
};

const circularMap = (): object => {
  const around = new Map<string, unknown>();
  return around.set('self', [around]);
};

const throwing = (): never => {
  throw new Error('not for you');
};

const hostile = (trap: 'ownKeys' | 'get' | 'getPrototypeOf'): object => new Proxy({ a: 1 }, { [trap]: throwing });

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** `2 ** levels` ways from its top to its core, through so many objects. */
const diamond = (levels: number, core: unknown = 0): unknown =>
  Array.from({ length: levels }).reduce<unknown>(
    (inner, _, at) => (at % 2 === 0 ? [inner, inner] : { l: inner, r: inner }),
    core,
  );

describe('writeValue', () => {
  it.each<[string, unknown, string, string]>([
    ['a hole', { a: [1, , 3] }, 'a.1', 'a list without holes'], // eslint-disable-line no-sparse-arrays -- the case
    ['a hole at the end', Object.assign([1], { length: 2 }), '1', 'a list without holes'],
    ['a list of nothing but holes', new Array(4_000_000_000), '0', 'a list without holes'],
    ['a hole beside a key', Object.assign([,], { x: 1 }), '0', 'a list without holes'], // eslint-disable-line no-sparse-arrays -- the case
    ['a key of a list', { a: Object.assign([1], { x: 'y' }) }, 'a.x', 'a list without this key'],
    ['a key of a list that looks like a place', Object.assign([1], { '007': 1 }), '007', 'a list without this key'],
    ['a key of a list beyond all places', Object.assign([1], { 4294967295: 1 }), '4294967295', 'a list without this key'],
    ['a key of an empty list', Object.assign([], { x: 1 }), 'x', 'a list without this key'],
    ['several keys of a list', Object.assign([1], { x: 1, '007': 2 }), 'x', 'a list without this key'],
    ['a hidden key of a list', [Object.defineProperty([1], 'raw', { value: 'y' })], '0.raw', 'a list without this key'],
    ['a symbol on a list', { a: Object.assign([1], { [Symbol('s')]: 1 }) }, 'a', 'a list, without symbols as keys'],
    ['a list of a class', { a: new (class extends Array {})() }, 'a', 'a list of no class of its own'],
    ['a hidden key', { a: Object.defineProperty({ b: 1 }, 'c', { value: 2 }) }, 'a.c', 'plain data without this key'],
    ['a hidden getter', Object.defineProperty({}, 'c', { get: throwing }), 'c', 'plain data without this key'],
    ['a hidden symbol', Object.defineProperty({}, Symbol('s'), { value: 2 }), '', 'plain data, without symbols as keys'],
    ['a key of a date', { a: Object.assign(new Date(0), { z: 1 }) }, 'a.z', 'a date without this key'],
    ['a symbol on a date', Object.assign(new Date(0), { [Symbol('s')]: 1 }), '', 'a date, without symbols as keys'],
    ['a key of a map', { a: Object.assign(new Map(), { z: 1 }) }, 'a.z', 'a map without this key'],
    ['a hidden key of a set', Object.defineProperty(new Set(), 'z', { value: 1 }), 'z', 'a set without this key'],
    [
      'what is inherited',
      { a: Object.create(Object.assign(Object.create(null) as object, { i: 1 })) as object },
      'a',
      'plain data',
    ],
    ['a text that nobody reads', { a: 'x'.repeat(10_000_001) }, 'a', 'a text of at most 10000000 characters'],
    ['a bigint that takes seconds to read', [10n ** 100_000n], '0', 'a bigint of at most 100,000 digits'],
    [
      'what stands in a million million places',
      { a: diamond(40) },
      `a.${'l.0.'.repeat(8)}l.1`,
      'at most 10000000 parts in second places',
    ],
    ['a function', () => 0, '', 'plain data'],
    ['a function within', { a: [1, { b: throwing }] }, 'a.1.b', 'plain data'],
    ['a method called toJSON', { toJSON: () => 1 }, 'toJSON', 'plain data'],
    ['a class', { a: Point }, 'a', 'plain data'],
    ['a symbol', { a: Symbol('s') }, 'a', 'plain data'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, 'a', 'plain data, without symbols as keys'],
    ['an instance of a class', { a: new Point() }, 'a', 'plain data'],
    ['an object that inherits', [Object.create({ a: 1 }) as unknown], '0', 'plain data'],
    ['an error', { a: new Error('x') }, 'a', 'plain data'],
    ['a regular expression', { a: /x/ }, 'a', 'plain data'],
    ['a promise', { a: Promise.resolve() }, 'a', 'plain data'],
    ['a weak map', { a: new WeakMap() }, 'a', 'plain data'],
    ['bytes', { a: new Uint8Array(2) }, 'a', 'plain data'],
    ['a boxed number', { a: Object(1) as unknown }, 'a', 'plain data'],
    ['a boxed text', { a: Object('x') as unknown }, 'a', 'plain data'],
    ['a subclass of Map', { a: new (class extends Map {})() }, 'a', 'plain data'],
    ['a subclass of Set', { a: new (class extends Set {})() }, 'a', 'plain data'],
    ['a subclass of Date', { a: new (class extends Date {})() }, 'a', 'plain data'],
    ['what only claims to be a date', { a: Object.create(Date.prototype) as unknown }, 'a', 'plain data'],
    ['what only claims to be a map', { a: Object.create(Map.prototype) as unknown }, 'a', 'plain data'],
    ['a proxy of a date', { a: new Proxy(new Date(), {}) }, 'a', 'plain data'],
    ['a circle', { a: circle() }, 'a.b.1', 'plain data without a circle'],
    ['a circle through a map', circularMap(), '0.1.0', 'plain data without a circle'],
    ['a key of a map', new Map([[throwing, 1]]), '0.0', 'plain data'],
    ['a value of a map', new Map([[1, throwing]]), '0.1', 'plain data'],
    ['an item of a set', new Set([1, throwing]), '1', 'plain data'],
    ['what stands below a key with $', { a: { $: throwing } }, 'a.$', 'plain data'],
    ['a class of another realm', { a: elsewhere('new (class Point {})()') }, 'a', 'plain data'],
    ['a function of another realm', { a: elsewhere('() => 0') }, 'a', 'plain data'],
    ['a getter that throws', { a: { ok: 1, get bad() { return throwing(); } } }, 'a.bad', 'a value that can be read'], // prettier-ignore
    ['a proxy that hides its keys', { a: hostile('ownKeys') }, 'a', 'a value that can be read'],
    ['a proxy that hides a value', { a: hostile('get') }, 'a.a', 'a value that can be read'],
    ['a proxy that hides its prototype', { a: hostile('getPrototypeOf') }, 'a', 'a value that can be read'],
    ['a proxy that is revoked', { a: revoked() }, 'a', 'a value that can be read'],
  ])('should refuse %s, naming where it stands and what was expected', (_, value, path, expected) => {
    const error = misfit(() => writeValue(value));
    expect([error.path, error.expected]).toEqual([path, expected]);
  });

  it('should write a text as long as may be read, and look for the keys of a list however long it is', () => {
    expect((writeValue('x'.repeat(10_000_000)) as string).length).toBe(10_000_000);
    expect(misfit(() => writeValue(Object.assign(Array(2_000).fill(0), { x: 1 }))).path).toBe('x');
  });

  it('should name what stands under a key that is not written, and not ask its getter', () => {
    const getter = throwing;
    expect(misfit(() => writeValue(Object.assign([], { x: 'y' }))).value).toBe('y');
    expect(misfit(() => writeValue(Object.defineProperty({}, 'c', { get: getter }))).value).toBe(getter);
  });

  it.each<[string, (value: unknown) => unknown]>([
    ['writing', writeValue],
    ['reading', readValue],
  ])('should go once through an object that stands in many places, when it is %s (D43)', (_, go) => {
    let asked = 0;
    const core = {
      get a() {
        asked++;
        return 1;
      },
    };
    expect(go(diamond(16, core))).toEqual(diamond(16, { a: 1 }));
    expect(asked).toBe(1);
  });

  it('should read a value of 2 ** 60 ways, and be out of it (D43)', () => {
    const read = Array.from({ length: 60 }).reduce<unknown>((inner) => (inner as unknown[])[0] ?? Reflect.get(inner as object, 'l'), readValue(diamond(60))); // prettier-ignore
    expect(read).toBe(0);
  });

  it('should see how deep an object is in its second place, where it has not been walked (D43)', () => {
    const nest = (levels: number, inner: unknown): unknown => Array.from({ length: levels }).reduce((each) => [each], inner);
    const shared = nest(10, 'core');
    // prettier-ignore
    for (const [value, isFine] of [[[shared, nest(245, shared)], true], [[shared, nest(246, shared)], false]] as const) {
      if (isFine) expect(difference(trip(value), value)).toBeUndefined();
      else {
        const { path, expected } = misfit(() => writeValue(value));
        expect([path.split('.').length, path.slice(0, 3), expected]).toEqual([256, '1.0', 'at most 256 levels']);
        expect(misfit(() => readValue(value)).expected).toBe('at most 256 levels');
      }
    }
  });

  it('should name the value that is refused, and what a getter threw', () => {
    const [point, reason] = [new Point(), new Error('mine')];
    expect(misfit(() => writeValue([point])).value).toBe(point);
    const bad = Object.defineProperty({}, 'bad', {
      enumerable: true,
      get: () => {
        throw reason;
      },
    });
    expect(misfit(() => writeValue(bad)).value).toBe(reason);
  });

  it('should not ask a value for its toJSON, nor await its then', () => {
    const asked: string[] = [];
    const value = { toJSON: 'x', then: 'y', a: new Date(0) };
    const watched = new Proxy(value, {
      get: (target, name) => asked.push(String(name)) && (Reflect.get(target, name) as unknown),
    });
    expect(trip(watched)).toEqual(value);
    expect(asked).toEqual(['toJSON', 'then', 'a']);
  });
});

describe('readValue', () => {
  it.each<[string, unknown, string, string | RegExp]>([
    ['undefined', undefined, '', 'a JSON value'],
    ['NaN', { a: NaN }, 'a', 'a JSON value'],
    ['Infinity', [Infinity], '0', 'a JSON value'],
    ['a function', { a: throwing }, 'a', 'a JSON value'],
    ['a bigint', { a: 1n }, 'a', 'a JSON value'],
    ['an instance', { a: new Point() }, 'a', 'a JSON value'],
    ['a live date', { a: new Date(0) }, 'a', 'a JSON value'],
    ['a circle', { a: circle() }, 'a.b.1', 'plain data without a circle'],
    ['a hole', { a: [1, , 3] }, 'a.1', 'a JSON value'], // eslint-disable-line no-sparse-arrays -- the case
    ['an unknown kind', { a: { $: 'regexp', value: 'x' } }, 'a', /one of date, map, .* under '\$'/],
    ['a kind that is no text', { a: { $: ['date'], value: null } }, 'a', /one of date/],
    ['a kind that is an inherited name', { a: { $: 'constructor' } }, 'a', /one of date/],
    ['a kind that is __proto__', { a: { $: '__proto__', value: {} } }, 'a', /one of date/],
    ['no kind', { a: { $: null } }, 'a', /one of date/],
    ['a date that is none', { a: { $: 'date', value: 'yesterday' } }, 'a.value', 'an ISO date or null'],
    ['a date that is not written so', { a: { $: 'date', value: '2020-01-01' } }, 'a.value', 'an ISO date or null'],
    ['a day that does not exist', { a: { $: 'date', value: '2021-02-30T00:00:00.000Z' } }, 'a.value', 'an ISO date or null'],
    ['a date as a number', { a: { $: 'date', value: 0 } }, 'a.value', 'an ISO date or null'],
    ['a date without a value', { a: { $: 'date' } }, 'a.value', 'an ISO date or null'],
    ['a map that is no list', { a: { $: 'map', value: {} } }, 'a.value', 'a list'],
    ['a map of single items', { a: { $: 'map', value: [[1]] } }, 'a.value', 'pairs'],
    ['a map of triples', { a: { $: 'map', value: [[1, 2, 3]] } }, 'a.value', 'pairs'],
    ['a map of texts', { a: { $: 'map', value: ['ab'] } }, 'a.value', 'pairs'],
    ['a set that is a text', { a: { $: 'set', value: 'abc' } }, 'a.value', 'a list'],
    ['a set of a bad value', { a: { $: 'set', value: [1, { $: 'x' }] } }, 'a.value.1', /one of date/],
    ['a bigint in words', { a: { $: 'bigint', value: 'ten' } }, 'a.value', 'digits'],
    ['a bigint in hexadecimal', { a: { $: 'bigint', value: '0x10' } }, 'a.value', 'digits'],
    ['an empty bigint', { a: { $: 'bigint', value: '' } }, 'a.value', 'digits'],
    ['a bigint as a number', { a: { $: 'bigint', value: 5 } }, 'a.value', 'digits'],
    ['a bigint that takes seconds to read', { $: 'bigint', value: '9'.repeat(100_001) }, 'value', 'digits'],
    ['a number that JSON has', { a: { $: 'number', value: '5' } }, 'a.value', 'NaN, Infinity, -Infinity or -0'],
    ['a number that is one', { a: { $: 'number', value: 0 } }, 'a.value', 'NaN, Infinity, -Infinity or -0'],
    ['an object that is a list', { a: { $: 'object', value: [] } }, 'a.value', 'an object'],
    ['an object that is missing', { a: { $: 'object' } }, 'a.value', 'an object'],
  ])('should refuse %s, naming where it stands and what was expected', (_, json, path, expected) => {
    const error = misfit(() => readValue(json));
    expect(error.path).toBe(path);
    expect(error.expected).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  it('should read the longest bigint that may be written', () => {
    const long = BigInt('9'.repeat(100_000));
    expect(trip(long) === long).toBe(true);
  });

  it('should make nothing of a kind that stands deeper than its object', () => {
    expect(readValue({ $: 'object', value: { $: 'map', value: 'no pairs' } })).toEqual({ $: 'map', value: 'no pairs' });
  });
});
