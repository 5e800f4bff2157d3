import { VirtualTimeScheduler } from 'rxjs';
import { after, later } from '../../lib/prelude/later.js';

const LONGEST = 2 ** 31 - 1;

/** Virtual time, and every delay that it is asked for. */
const noting = (): { scheduler: VirtualTimeScheduler; delays: () => readonly unknown[] } => {
  const scheduler = new VirtualTimeScheduler();
  const schedule = jest.spyOn(scheduler, 'schedule');
  return { scheduler, delays: () => schedule.mock.calls.map(([, delay]) => delay) };
};

describe('later', () => {
  it.each([
    ['at once', 0, [0]],
    ['a second', 1_000, [1_000]],
    ['the longest delay of a timer', LONGEST, [LONGEST]],
    ['one more than that', LONGEST + 1, [LONGEST, 1]],
    ['a year', 31_536_000_000, [...Array<number>(14).fill(LONGEST), 31_536_000_000 - 14 * LONGEST]],
  ])('should work once, after %s, in steps that a timer can hold (GOALS, DESIGN 2.5)', (_, delay, steps) => {
    const { scheduler, delays } = noting();
    const workedAt: number[] = [];
    later(scheduler, delay, () => workedAt.push(scheduler.now()));
    expect(workedAt).toEqual([]);
    scheduler.flush();
    expect(workedAt).toEqual([delay]);
    expect(delays()).toEqual(steps);
  });

  it('should never work after Infinity, and hold no timer for it', () => {
    const { scheduler, delays } = noting();
    const work = jest.fn();
    later(scheduler, Infinity, work);
    scheduler.flush();
    expect(work).not.toHaveBeenCalled();
    expect(delays()).toEqual([]);
  });

  it('should not work once it is unsubscribed, also between two steps', () => {
    const { scheduler, delays } = noting();
    const work = jest.fn();
    const waiting = later(scheduler, 3 * LONGEST, work);
    scheduler.schedule(() => {
      waiting.unsubscribe();
    }, LONGEST + 5);
    scheduler.flush();
    expect(work).not.toHaveBeenCalled();
    expect(delays()).toEqual([LONGEST, LONGEST + 5, LONGEST]);
  });
});

describe('after', () => {
  it('should emit once and complete when the time has come', () => {
    const { scheduler } = noting();
    const seen: string[] = [];
    after(scheduler, 20).subscribe({
      next: () => seen.push(`next at ${scheduler.now()}`),
      complete: () => seen.push(`complete at ${scheduler.now()}`),
    });
    expect(seen).toEqual([]);
    scheduler.flush();
    expect(seen).toEqual(['next at 20', 'complete at 20']);
  });

  it('should hold no time before somebody subscribes, nor after the last one has left', () => {
    const { scheduler, delays } = noting();
    const next = jest.fn();
    const waiting$ = after(scheduler, 20);
    expect(delays()).toEqual([]);
    waiting$.subscribe(next).unsubscribe();
    scheduler.flush();
    expect(next).not.toHaveBeenCalled();
  });
});
