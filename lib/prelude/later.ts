import { Observable, type SchedulerLike, Subscription } from 'rxjs';

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
    waiting.add(
      scheduler.schedule(() => {
        if (rest > step) waitOn(rest - step);
        else work();
      }, step),
    );
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
