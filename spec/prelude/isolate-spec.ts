import { isolates, type Isolation } from '../../lib/prelude/isolate.js';

const sample = (): { n: number; inner: { list: number[] } } => ({ n: 1, inner: { list: [1, 2] } });

const withProto = (): object => JSON.parse('{"__proto__":{"evil":true},"constructor":1}') as object;

describe('isolates', () => {
  it.each<[Isolation, { top: boolean; depth: boolean }]>([
    ['shallow', { top: false, depth: true }],
    ['freeze', { top: true, depth: true }],
    ['clone', { top: false, depth: false }],
  ])('should share with %s what its name says (D6)', (isolation, shares) => {
    const value = sample();
    const isolated = isolates[isolation](value);
    expect(isolated).toEqual(value);
    expect(isolated === value).toBe(shares.top);
    expect(isolated.inner === value.inner).toBe(shares.depth);
  });

  it('should freeze plain objects and lists at every depth (D6)', () => {
    const value = isolates.freeze({ list: [{ deep: { n: 1 } }], bare: Object.assign(Object.create(null) as object, { n: 1 }) });
    const parts: readonly unknown[] = [value, value.list, value.list[0], value.list[0]?.deep, value.bare];
    expect(parts.map(Object.isFrozen)).toEqual([true, true, true, true, true]);
  });

  it('should leave usable what does not keep its state in keys when it freezes', () => {
    const value = { at: new Date(0), map: new Map([['a', 1]]), bytes: new Uint8Array([1, 2]) };
    isolates.freeze(value);
    value.at.setTime(5);
    value.map.set('a', 2);
    value.bytes[0] = 9;
    expect([value.at.getTime(), value.map.get('a'), value.bytes[0]]).toEqual([5, 2, 9]);
  });

  it('should ask a getter once when it freezes, and give a copy without it (D31)', () => {
    let asked = 0;
    const value = {
      get n() {
        return ++asked;
      },
    };
    const isolated = isolates.freeze(value);
    expect([isolated.n, isolated.n, asked]).toEqual([1, 1, 1]);
    expect(Object.isFrozen(isolated)).toBe(true);
  });

  it('should freeze a value that holds itself', () => {
    const value: { self?: object } = {};
    value.self = value;
    expect(Object.isFrozen(isolates.freeze(value))).toBe(true);
  });

  it.each<Isolation>(['shallow', 'freeze', 'clone'])('should take a key __proto__ for a key with %s (X)', (isolation) => {
    const isolated = isolates[isolation](withProto());
    expect(Object.keys(isolated)).toEqual(['__proto__', 'constructor']);
    expect((isolated as { evil?: boolean }).evil).toBeUndefined();
    expect(({} as { evil?: boolean }).evil).toBeUndefined();
  });
});
