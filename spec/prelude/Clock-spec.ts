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

  it('should take over from a clock that fake timers have put in its place, and go on from where it was', () => {
    const wall = platform();
    wall.at(5_000, 1_000_000);
    const clock = clockOf(asyncScheduler);
    expect([clock.elapsed(), clock.isPlain]).toEqual([5_000, true]);
    const real = Object.getOwnPropertyDescriptor(globalThis, 'performance') ?? {};
    let fake = 7;
    Object.defineProperty(globalThis, 'performance', { value: { now: () => fake }, configurable: true });
    wall.at(5_010, 1_000_000);
    expect([clock.elapsed(), clock.isPlain]).toEqual([5_010, false]);
    fake += 3;
    expect([clock.elapsed(), clock.elapsedFurther()]).toEqual([5_013, 5_013]);
    Object.defineProperty(globalThis, 'performance', real);
    wall.at(900_000, 1_000_000);
    expect([clock.elapsedFurther(), clock.elapsed()]).toEqual([5_013, 5_013]);
    wall.at(900_004, 1_000_000);
    expect(clock.elapsed()).toBe(5_017);
  });

  it('should ask for the time of day each time, if that is not the one that there was first: fake ones are set as tests like', () => {
    const { Date: real } = globalThis;
    const clock = clockOf(asyncScheduler);
    try {
      for (const day of [50, 20, 1_000_000]) {
        globalThis.Date = { now: () => day } as never;
        expect(Math.abs(clock.epoch(clock.elapsed()) - day)).toBeLessThanOrEqual(1);
      }
    } finally {
      globalThis.Date = real;
    }
    expect(Math.abs(clock.epoch(clock.elapsed() + 2_000) - 2_000 - Date.now())).toBeLessThan(1_000);
  });

  it('should ask for the time of day again when the clock of the platform has changed', () => {
    const wall = platform();
    wall.at(5_000, 1_000_000);
    const clock = clockOf(asyncScheduler);
    clock.epoch(clock.elapsed());
    jest.spyOn(performance, 'now').mockRestore();
    jest.spyOn(performance, 'now').mockReturnValue(3);
    wall.at(3, 70_000);
    expect(clock.epoch(clock.elapsed())).toBe(70_000);
  });

  it('should go on if a scheduler goes back, and tell its time of day: that of RxJS is the time of day', () => {
    const scheduler = { time: 100, now: () => scheduler.time, schedule: jest.fn() };
    const clock = clockOf(scheduler);
    const readings = [100, 110, 50, 57, 1_000, 3].map((time) => {
      scheduler.time = time;
      const reading = clock.elapsed();
      return [reading, clock.epoch(reading)];
    });
    expect(readings).toEqual([
      [100, 100],
      [110, 110],
      [110, 50],
      [117, 57],
      [1_060, 1_000],
      [1_060, 3],
    ]);
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
