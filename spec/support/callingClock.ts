import { type SchedulerAction, type SchedulerLike, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { type VirtualTime, virtualTime } from './virtualTime.js';

/** The ways in which an engine calls a scheduler of the user. */
export type ClockCall = 'now' | 'schedule' | 'unschedule';

/** A scheduler that tells of each call, before it answers. */
export interface CallingClock {
  readonly scheduler: SchedulerLike;
  /** What it goes by; it tells of nothing. */
  readonly time: VirtualTimeScheduler;
  /** The timers that run. */
  readonly timers: ReadonlySet<unknown>;
  /** Fires what is due next, if that is at `until` or before; false if nothing is. */
  step(until?: number): boolean;
}

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

/** With `asVirtual` an engine takes it for a clock of tests, and has its own work scheduled by it. */
export const callingClock = (called: (call: ClockCall) => void, asVirtual = false): CallingClock => {
  const time = new VirtualTimeScheduler();
  const timers = new Set<unknown>();

  const arm = <T>(work: Work<T>, delay: number | undefined, state: T | undefined): Subscription => {
    const fire: Work<T> = function (given) {
      timers.delete(fire);
      work.call(this, given);
    };
    timers.add(fire);
    const timer = time.schedule(fire, delay, state);
    timer.add(() => {
      timers.delete(fire);
      called('unschedule');
    });
    return timer;
  };

  const scheduler: SchedulerLike = {
    now: () => {
      called('now');
      return time.now();
    },
    schedule: <T>(work: Work<T>, delay?: number, state?: T) => {
      called('schedule');
      return arm(work, delay, state);
    },
  };

  return {
    scheduler: asVirtual ? Object.assign(scheduler, { flush: () => undefined, maxFrames: Infinity }) : scheduler,
    time,
    timers,
    step: (until = Infinity) => {
      const [next] = time.actions;
      if (next === undefined || next.delay > until) return false;
      time.maxFrames = next.delay;
      time.flush();
      return true;
    },
  };
};

/** Such a scheduler and its time; the next call of one kind does some work before it answers, once. */
export const workingClock = (
  kind: ClockCall,
): { readonly scheduler: SchedulerLike; readonly time: VirtualTime; atNext(work: () => void): void } => {
  let work: (() => void) | undefined;
  const { scheduler, time } = callingClock((call) => {
    if (call !== kind) return;
    const now = work;
    work = undefined;
    now?.();
  });
  return {
    scheduler,
    time: virtualTime(time),
    atNext: (next) => {
      work = next;
    },
  };
};
