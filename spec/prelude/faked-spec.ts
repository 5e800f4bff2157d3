import { isFaked } from '../../lib/prelude/faked.js';

describe('isFaked', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('should not be said of what the platform has', () => {
    const parts = [setImmediate, setTimeout, setInterval, clearInterval, performance, structuredClone, () => undefined];
    expect(parts.map(isFaked)).toEqual(parts.map(() => false));
  });

  it('should be said of the timers of sinon, as jest has them, and of functions that are bound, as those of node:test', () => {
    jest.useFakeTimers();
    expect([setImmediate, setTimeout, setInterval, performance].map(isFaked)).toEqual([true, true, true, true]);
    expect(isFaked((() => undefined).bind(undefined))).toBe(true);
  });
});
