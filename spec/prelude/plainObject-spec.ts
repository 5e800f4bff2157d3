import { runInNewContext } from 'node:vm';
import { copyApart, copyDeep, copyGiven, copyPlain, isLiteral, isPlainObject, setOwn } from '../../lib/prelude/plainObject.js';

class Point {
  readonly x = 1;
}

function Olden(this: { a: number }): void {
  this.a = 1;
}
Olden.prototype = { method: () => undefined };

describe('isPlainObject', () => {
  it.each<[string, unknown]>([
    ['a literal', { a: 1 }],
    ['an empty one', {}],
    ['one without a prototype', Object.create(null)],
    ['what JSON gives', JSON.parse('{"a":1}')],
    ['a literal of another realm', runInNewContext('({ a: 1 })')],
    ['one without a prototype of another realm', runInNewContext('Object.create(null)')],
    ['a structured clone', structuredClone({ a: 1 })],
    ['one with a key called constructor', { constructor: 1 }],
    ['one with a key called then', { then: () => undefined }],
    ['one with a key called __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['one of another realm with a key called __proto__', runInNewContext('JSON.parse(\'{"__proto__":null}\')')],
  ])('should accept %s', (_, value) => {
    expect(isPlainObject(value)).toBe(true);
  });

  it('should be sure of a literal of this realm at the first question, and of no other plain object', () => {
    const plain = [
      { a: 1 },
      {},
      Object.create(null),
      JSON.parse('{"__proto__":{"a":1}}'),
      runInNewContext('({ a: 1 })'),
    ] as object[];
    expect(plain.map(isLiteral)).toEqual([true, true, false, false, false]);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a text', 'a'],
    ['a symbol', Symbol('a')],
    ['a function', () => undefined],
    ['a list', [1]],
    ['a list of another realm', runInNewContext('[1]')],
    ['a date', new Date()],
    ['a date of another realm', runInNewContext('new Date()')],
    ['a map', new Map()],
    ['a promise', Promise.resolve()],
    ['an error', new Error('x')],
    ['an instance', new Point()],
    ['an instance of another realm', runInNewContext('new (class Point {})()')],
    ['an instance of a class that is a function', new (Olden as unknown as new () => object)()],
    ['an instance with a key called __proto__', Object.defineProperty(new Point(), '__proto__', { value: null })],
    ['what inherits from a literal', Object.create({ a: 1 })],
  ])('should refuse %s', (_, value) => {
    expect([isPlainObject(value), isLiteral(value as object)]).toEqual([false, false]);
  });
});

describe('setOwn', () => {
  it.each(['a', '__proto__', 'constructor', 'toString'])('should set %s as a key of the object itself (X)', (key) => {
    const target: Record<string, unknown> = {};
    setOwn(target, key, { evil: true });
    expect(Object.keys(target)).toEqual([key]);
    expect(Object.getOwnPropertyDescriptor(target, key)).toEqual({
      value: { evil: true },
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
    expect(({} as { evil?: boolean }).evil).toBeUndefined();
  });
});

describe('copyPlain', () => {
  it('should copy plain objects and lists at every depth', () => {
    const value = { list: [{ n: 1 }], inner: { deep: { n: 2 } } };
    const copy = copyPlain(value);
    expect(copy).toEqual(value);
    expect(copy).not.toBe(value);
    expect(copy.list).not.toBe(value.list);
    expect(copy.list[0]).not.toBe(value.list[0]);
    expect(copy.inner.deep).not.toBe(value.inner.deep);
  });

  it('should share whatever is not plain', () => {
    const value = { at: new Date(0), call: () => 1, point: new Point(), map: new Map() };
    const copy = copyPlain(value);
    expect(copy.at).toBe(value.at);
    expect(copy.call).toBe(value.call);
    expect(copy.point).toBe(value.point);
    expect(copy.map).toBe(value.map);
  });

  it('should share the rest also where dates, maps and sets are copied', () => {
    class Day extends Date {}
    const value = { call: () => 1, point: new Point(), day: new Day(0) };
    const copy = copyDeep(value);
    expect(copy.call).toBe(value.call);
    expect(copy.point).toBe(value.point);
    expect(copy.day).toBe(value.day);
  });

  it('should copy dates, maps and sets too, with what is in them, also in a circle', () => {
    const map = new Map<unknown, unknown>([[{ key: 1 }, [1]]]);
    const value = { at: new Date(5), map, set: new Set<unknown>([map]), bad: new Date(NaN) };
    map.set('self', value);
    const copy = copyDeep(value);
    expect(copy.at).toEqual(value.at);
    expect(copy.at).not.toBe(value.at);
    expect(Number.isNaN(copy.bad.getTime())).toBe(true);
    expect(copy.map.get('self')).toBe(copy);
    expect([...copy.set]).toEqual([copy.map]);
    expect([...copy.map][0]).toEqual([{ key: 1 }, [1]]);
    for (const part of [...copy.map][0] ?? []) expect([...map][0]).not.toContain(part);
  });

  it.each<[unknown]>([[undefined], [null], [0], ['a'], [true]])('should give %p as it is', (value) => {
    expect(copyPlain(value)).toBe(value);
  });

  it('should take a key __proto__ for a key at every depth (X)', () => {
    const copy = copyPlain(JSON.parse('{"inner":{"__proto__":{"evil":true}}}') as { inner: { evil?: boolean } });
    expect(Object.keys(copy.inner)).toEqual(['__proto__']);
    expect(copy.inner.evil).toBeUndefined();
  });
});

describe('copyApart', () => {
  it('should make two of what stands in two places, and be out of a value of 2 ** 60 ways (D43)', () => {
    const part = { n: 1 };
    const { a, b } = copyApart({ a: part, b: part });
    expect([a, a === b, a === part]).toEqual([part, false, false]);
    const diamond = Array.from({ length: 60 }).reduce<unknown>((inner) => [inner, inner], 'core');
    const read = Array.from({ length: 60 }).reduce<unknown>((each) => (each as unknown[])[1], copyApart(diamond));
    expect(read).toBe('core');
  });
});

describe('copyGiven', () => {
  it.each<[string, object]>([
    ['a hole', Object.assign([], { length: 1 })],
    ['a hidden key', Object.defineProperty({}, 'own', { value: 1 })],
    ['a key of a list', Object.assign([1], { own: 1 })],
    ['a key of a date', Object.assign(new Date(0), { own: 1 })],
  ])('should share a part with %s, in each copy of it, and copy what is around it (D43)', (_, odd) => {
    const value = { deep: [odd] };
    const given = copyGiven(value, true);
    expect([given === value, given.deep === value.deep, given.deep[0] === odd]).toEqual([false, false, true]);
    for (const copy of [copyPlain(given), copyDeep(given), copyApart(given)]) expect(copy.deep[0]).toBe(odd);
  });
});
