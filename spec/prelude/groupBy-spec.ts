import fc from 'fast-check';
import { groupBy } from '../../lib/prelude/groupBy.js';

describe('groupBy', () => {
  it('should keep the order of keys and of values', () => {
    const groups = groupBy(
      ['b1', 'a1', 'b2', 'a2'],
      (text) => text.charAt(0),
      (text) => Number(text.charAt(1)),
    );
    expect([...groups]).toEqual([
      ['b', [1, 2]],
      ['a', [1, 2]],
    ]);
  });

  it('should hold each item once, under its key (fast-check)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat())), (pairs) => {
        const groups = groupBy(
          pairs,
          ([key]) => key,
          (pair) => pair,
        );
        expect([...groups.values()].flat()).toHaveLength(pairs.length);
        for (const [key, group] of groups) expect(group).toEqual(pairs.filter(([of]) => of === key));
      }),
    );
  });
});
