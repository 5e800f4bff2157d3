import { asyncScheduler, Observable, type SchedulerLike, Subscription } from 'rxjs';
import { platformTimer } from './platformTimer.js';

/** The longest delay a platform timer takes, in ms: 24.8 days. One more and it fires at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Runs work after `delay` ms on the scheduler, also a delay longer than a platform timer can hold; `Infinity` never. A scheduler may be
 * the user's: what it throws later than in this call goes to `refused`.
 */
export const later = (
  scheduler: SchedulerLike,
  delay: number,
  work: () => void,
  refused: (error: unknown) => void = rethrow,
): Subscription => {
  const waiting = new Subscription();
  const wait = (rest: number): void => {
    const step = Math.min(rest, LONGEST);
    const ring = (): void => {
      if (rest > step) waitOn(rest - step);
      else work();
    };
    waiting.add(isPlatform(scheduler) ? platformTimer(ring, step) : scheduler.schedule(ring, step));
  };
  const waitOn = (rest: number): void => {
    try {
      wait(rest);
    } catch (error) {
      refused(error);
    }
  };
  if (delay !== Infinity) wait(delay);
  return waiting;
};

/** A test may have put virtual time under RxJS's default scheduler. */
const isPlatform = (scheduler: SchedulerLike): boolean =>
  scheduler === asyncScheduler && !Object.hasOwn(asyncScheduler, 'schedule');

const rethrow = (error: unknown): never => {
  throw error;
};

/** Completes after `delay` ms; emits once then. */
export const after = (scheduler: SchedulerLike, delay: number): Observable<void> =>
  new Observable((observer) =>
    later(scheduler, delay, () => {
      observer.next();
      observer.complete();
    }),
  );
