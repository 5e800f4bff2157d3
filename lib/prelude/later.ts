import { Observable, type SchedulerLike, Subscription } from 'rxjs';

/** The longest delay a platform timer takes, in ms: 24.8 days. One more and it fires at once. */
const LONGEST = 2 ** 31 - 1;

/** Runs work after `delay` ms on the scheduler, also a delay longer than a platform timer can hold; `Infinity` never. */
export const later = (scheduler: SchedulerLike, delay: number, work: () => void): Subscription => {
  const waiting = new Subscription();
  const wait = (rest: number): void => {
    const step = Math.min(rest, LONGEST);
    waiting.add(
      scheduler.schedule(() => {
        if (rest > step) wait(rest - step);
        else work();
      }, step),
    );
  };
  if (delay !== Infinity) wait(delay);
  return waiting;
};

/** Completes after `delay` ms; emits once then. */
export const after = (scheduler: SchedulerLike, delay: number): Observable<void> =>
  new Observable((observer) =>
    later(scheduler, delay, () => {
      observer.next();
      observer.complete();
    }),
  );
