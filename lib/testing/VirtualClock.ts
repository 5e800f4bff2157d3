import { asyncScheduler, type SchedulerAction, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { testingError } from './TestingError.js';

/** Virtual time that is moved on one timer at a time, and that knows whether anybody does anything with it. */
export class VirtualClock extends VirtualTimeScheduler {
  /** Grows with whatever asks for the time or schedules something. */
  stirred = 0;
  /** How often the time was asked for since a timer fired. */
  looks = 0;

  constructor(looked: (looks: number) => void) {
    super();
    this.now = () => {
      this.stirred++;
      looked(++this.looks);
      return this.frame;
    };
  }

  override schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    this.stirred++;
    return super.schedule(work, delay, state);
  }

  /** When the next timer fires, in ms; undefined where none waits. */
  get next(): number | undefined {
    return this.actions[0]?.delay;
  }

  /** Moves on to the next timer, and fires it alone: as on a real clock, promises are answered before the one after it. */
  step(): void {
    const action = this.actions.shift();
    if (action === undefined) return;
    this.frame = Math.max(this.frame, action.delay);
    this.looks = 0;
    const error = action.execute(action.state, action.delay) as Error | undefined;
    if (error !== undefined) throw error;
  }
}

let lent = false;

/**
 * Puts RxJS's default clock under a virtual one, as `TestScheduler.run` does: `delay(5)`, `timer(5)`, `debounceTime(5)`
 * and flows without a scheduler of their own wait in virtual time. Gives back what it took when it is called.
 *
 * @throws TestingError `AT_WORK`
 */
export const lendTime = (clock: VirtualClock): (() => void) => {
  if (lent) throw testingError('AT_WORK', {});
  lent = true;
  const { now } = asyncScheduler;
  asyncScheduler.now = () => clock.now();
  asyncScheduler.schedule = (work, delay, state) => clock.schedule(work, delay, state);
  return () => {
    lent = false;
    asyncScheduler.now = now;
    // The method of its class shows again.
    Reflect.deleteProperty(asyncScheduler, 'schedule');
  };
};
