import { checkOption } from '../flow/checkOption.js';

/**
 * Numbers from 0 to below 1 that look like chance and are the same for the same seed (xorshift, 32 bits).
 *
 * @example
 * const random = seeded(7); // a whole number
 * random();
 *
 * @throws FlowError `BAD_OPTION`
 */
export const seeded = (seed: number): (() => number) => {
  checkOption('seed', seed, Number.isInteger(seed), 'a whole number');
  // 0 would stay 0 for ever.
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};
