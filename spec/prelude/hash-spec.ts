import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hash } from '../../lib/prelude/hash.js';

/** The same by the platform; `utf16le` has the lower byte first. */
const twin = (text: string): string =>
  createHash('sha256').update(Buffer.from(text, 'utf16le').swap16()).digest('hex').slice(0, 32);

describe('hash (D44)', () => {
  // A change here is a change of format: what was written down under the old digits would be refused.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb924'],
    ['a', '022a6979e6dab7aa5ae4c3e5e45f7e97'],
    ['routilux', 'b9bf6c3232f0f8697a790c53d974708b'],
    ['["a",["trigger"],[]]', '8d2d0a48f6f53ee33dcf0c5a4e718df4'],
  ])('should give %j the digits it has always had: %s', (text, digits) => {
    expect(hash(text)).toBe(digits);
  });

  it('should be half of the SHA-256 of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(hash(text)).toBe(twin(text));
      }),
    );
    for (const text of ['\uD800', '\uDC00\uD800', '\uFFFF', '\0', '\u8000']) expect(hash(text)).toBe(twin(text));
  });

  it('should be that for texts of every length around the end of a block, and for a long one', () => {
    const lengths = [...Array(150).keys(), 10_000, 200_000];
    const texts = lengths.map((length) => '雨'.repeat(length));
    expect(texts.map(hash)).toEqual(texts.map(twin));
  });

  it('should tell 200,000 texts apart, in each quarter of its digits but for chance', () => {
    const digits = Array.from({ length: 200_000 }, (_, n) => hash(`routine-${n}`));
    // Of 20 billion pairs a few meet in 32 bits.
    for (const at of [0, 8, 16, 24]) expect(new Set(digits.map((all) => all.slice(at, at + 8))).size).toBeGreaterThan(199_960);
    expect(new Set(digits).size).toBe(200_000);
  });
});
