import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import { clockOf } from '../../lib/prelude/Clock.js';

/** Holds the two clocks of the platform: readings of `performance.now`, and the time of day that belongs to them. */
const platform = (): { at(elapsed: number, epoch: number): void } => {
  const elapsed = jest.spyOn(performance, 'now').mockReturnValue(0);
  const epoch = jest.spyOn(Date, 'now').mockReturnValue(0);
  return {
    at: (reading, time) => {
      elapsed.mockReturnValue(reading);
      epoch.mockReturnValue(time);
    },
  };
};

describe('clockOf', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('should read the two clocks of the platform for the default scheduler', () => {
    const clock = clockOf(asyncScheduler);
    const before = Date.now();
    const first = clock.elapsed();
    const time = clock.epoch(clock.elapsed());
    expect(clock.elapsed()).toBeGreaterThanOrEqual(first);
    expect(Number.isInteger(time)).toBe(true);
    expect(time).toBeGreaterThanOrEqual(before - 2);
    expect(time).toBeLessThanOrEqual(Date.now() + 2);
  });

  it('should notice within a second of its readings that the time of day was set', () => {
    const wall = platform();
    const clock = clockOf(asyncScheduler);
    wall.at(100, 1_000_100);
    expect(clock.epoch(100)).toBe(1_000_100);
    wall.at(200, 9_000_200);
    expect(clock.epoch(200)).toBe(1_000_200);
    wall.at(1_101, 9_001_101);
    expect(clock.epoch(1_101)).toBe(9_001_101);
  });

  it('should give whole milliseconds of the time of day', () => {
    const wall = platform();
    const clock = clockOf(asyncScheduler);
    wall.at(10.75, 1_000);
    expect(clock.epoch(10.75)).toBe(1_000);
    expect(clock.epoch(11.5)).toBe(1_000);
    expect(clock.epoch(11.8)).toBe(1_001);
  });

  it('should ask the platform of the moment, and further readings the one that was asked last: fake timers put another one in its place', () => {
    const clock = clockOf(asyncScheduler);
    const real = Object.getOwnPropertyDescriptor(globalThis, 'performance') ?? {};
    Object.defineProperty(globalThis, 'performance', { value: { now: () => 7 }, configurable: true });
    expect(clock.elapsedFurther()).not.toBe(7);
    expect(clock.elapsed()).toBe(7);
    Object.defineProperty(globalThis, 'performance', real);
    expect(clock.elapsedFurther()).toBe(7);
    expect(clock.elapsed()).not.toBe(7);
    expect(clock.elapsedFurther()).not.toBe(7);
  });

  it('should ask any other scheduler only', () => {
    const scheduler = new VirtualTimeScheduler();
    const clock = clockOf(scheduler);
    const readings: number[] = [];
    scheduler.schedule(() => readings.push(clock.elapsed()), 70);
    scheduler.flush();
    expect(readings).toEqual([70]);
    expect(clock.elapsedFurther()).toBe(70);
    expect(clock.epoch(70)).toBe(70);
  });
});
