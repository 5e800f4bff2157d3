import fc from 'fast-check';
import { oldHash } from '../../lib/prelude/oldHash.js';

describe('oldHash, of 0.1.0', () => {
  // A change here would refuse what 0.1.0 has written down.
  it.each([
    ['', '5db4a50193694f34'],
    ['a', '579640c7eee3d751'],
    ['routilux', 'd645dc9390d8c9fc'],
    ['["a",["trigger"],[]]', 'fa3a0976e491617e'],
  ])('should give %j the digits it has always had: %s', (text, digits) => {
    expect(oldHash(text)).toBe(digits);
  });

  it('should give 16 hexadecimal digits for any text, the same each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(oldHash(text)).toMatch(/^[0-9a-f]{16}$/);
        expect(oldHash(text)).toBe(oldHash([...text].join('')));
      }),
    );
  });

  it('should tell texts apart that differ in one character, wherever it stands', () => {
    const text = 'x'.repeat(300);
    const all = Array.from(text, (_, at) => `${text.slice(0, at)}y${text.slice(at + 1)}`);
    expect(new Set([text, ...all].map(oldHash)).size).toBe(301);
  });

  it('should tell apart what is alike: order, length, and characters above 255', () => {
    const texts = ['ab', 'ba', 'a', 'aa', 'aaa', ' ', '  ', '\0', '\0\0', 'é', 'ĩ', '雨', '😀', '😁'];
    expect(new Set(texts.map(oldHash)).size).toBe(texts.length);
  });

  it('should tell 100,000 texts apart in each of its halves but for chance', () => {
    const digits = Array.from({ length: 100_000 }, (_, n) => oldHash(`routine-${n}`));
    expect(new Set(digits).size).toBe(100_000);
    // By chance about one pair in 4 billion meets: of 5 billion pairs, a few.
    for (const half of [0, 8]) expect(new Set(digits.map((all) => all.slice(half, half + 8))).size).toBeGreaterThan(99_900);
  });

  it('should use both halves: none follows from the other', () => {
    const [first, second] = [oldHash('a'), oldHash('b')];
    expect(first.slice(0, 8)).not.toBe(second.slice(0, 8));
    expect(first.slice(8)).not.toBe(second.slice(8));
    expect(first.slice(0, 8)).not.toBe(first.slice(8));
  });
});
