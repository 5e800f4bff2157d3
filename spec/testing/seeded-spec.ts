import { seeded } from '../../lib/testing/index.js';

describe('seeded', () => {
  it('should give numbers from 0 to below 1 that are spread, the same for the same seed, for every seed', () => {
    for (const seed of [0, 1, -1, 2 ** 31, 0x9e3779b9, 2 ** 53]) {
      const [random, again] = [seeded(seed), seeded(seed)];
      const numbers = Array.from({ length: 1_000 }, random);
      expect(Array.from({ length: 1_000 }, again)).toEqual(numbers);
      expect(numbers.every((n) => n >= 0 && n < 1)).toBe(true);
      const tenths = new Set(numbers.map((n) => Math.floor(n * 10)));
      expect([tenths.size, new Set(numbers).size]).toEqual([10, 1_000]);
    }
    expect(seeded(1)()).not.toBe(seeded(2)());
  });
});
