import { it, jest } from '@jest/globals';
import { moments } from '../journey.mjs';

const { MOMENT, LEGACY } = process.env;
const realImmediate = setImmediate;
const turn = () => new Promise((resolve) => void realImmediate(resolve));

const fakes = {
  on: () => jest.useFakeTimers({ legacyFakeTimers: LEGACY !== undefined }),
  off: () => jest.useRealTimers(),
  advance: async (ms) => {
    if (LEGACY === undefined) return jest.advanceTimersByTimeAsync(ms);
    await turn();
    jest.advanceTimersByTime(ms);
    return turn();
  },
};

it(MOMENT, () => moments[MOMENT]({ load: () => import('routilux'), fakes }), 30_000);
