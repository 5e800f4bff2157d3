import { it, vi } from 'vitest';
import { moments } from '../journey.mjs';

const fakes = {
  on: () => vi.useFakeTimers(),
  off: () => vi.useRealTimers(),
  advance: (ms) => vi.advanceTimersByTimeAsync(ms),
};

it(process.env.MOMENT, () => moments[process.env.MOMENT]({ load: () => import('routilux'), fakes }), 30_000);
