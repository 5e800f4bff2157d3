import { equals } from '../../lib/testing/equals.js';

class Point {
  constructor(readonly x: number) {}
}

describe('equals', () => {
  it.each([
    [1, 1],
    [NaN, NaN],
    [undefined, undefined],
    [
      { n: 1, deep: [{ m: 'x' }] },
      { n: 1, deep: [{ m: 'x' }] },
    ],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{}, Object.create(null)],
    [new Date(5), new Date(5)],
    [new Map([['a', { n: 1 }]]), new Map([['a', { n: 1 }]])],
    [new Set([1]), new Set([1])],
    [new Error('x'), new Error('x')],
    [new Point(1), new Point(1)],
    [{ n: expect.any(Number) as number }, { n: 7 }],
  ])('should take %p for what %p expects', (expected, actual) => {
    expect(equals(expected, actual)).toBe(true);
  });

  it.each([
    [1, '1'],
    [0, -0],
    [null, {}],
    [{}, null],
    [{}, undefined],
    [{ n: 1 }, { n: 1, m: 2 }],
    [{ n: 1, m: 2 }, { n: 1 }],
    [{ n: undefined }, {}],
    [{ n: undefined }, { m: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [[], {}],
    [new Date(5), new Date(6)],
    [new Map([['a', 1]]), new Map([['a', 2]])],
    [new Set([1]), new Set([1, 2])],
    [new Error('x'), new Error('y')],
    [new Error('x'), new TypeError('x')],
    [new Point(1), { x: 1 }],
    [{ n: expect.any(Number) as number }, { n: '7' }],
  ])('should not take %p for %p', (expected, actual) => {
    expect(equals(expected, actual)).toBe(false);
  });
});
