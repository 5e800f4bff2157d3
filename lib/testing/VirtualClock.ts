import { asyncScheduler, type SchedulerAction, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { type TestingError, testingError } from './TestingError.js';

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

  /** When the next timer fires, in ms; undefined if none waits. */
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

/** A test that has the time. */
interface Loan {
  /** Undefined if no runner tells which test it is. */
  readonly test: string | undefined;
  readonly revoke: () => void;
}

let loan: Loan | undefined;

interface Runner {
  readonly expect?: { readonly getState?: () => { readonly currentTestName?: string } };
}

/** The test that runs, as jest and vitest tell it. */
const currentTest = (): string | undefined => (globalThis as Runner).expect?.getState?.().currentTestName;

/**
 * Puts RxJS's default clock under a virtual one, as `TestScheduler.run` does: `delay(5)`, `timer(5)`, `debounceTime(5)`
 * and flows without a scheduler of their own wait in virtual time. Gives back what it took when it is called.
 *
 * A runner goes on after a test that ran out of time, while that is still at work: the next test takes the time from it, and
 * `end` is told so.
 *
 * @throws TestingError `AT_WORK` if this test has the time already
 */
export const lendTime = (clock: VirtualClock, end: (error: TestingError) => void): (() => void) => {
  const test = currentTest();
  if (loan !== undefined && loan.test === test) throw testingError('AT_WORK', {});
  loan?.revoke();
  const putBack = putUnder(clock);
  const giveBack = (): void => {
    if (loan !== mine) return;
    loan = undefined;
    putBack();
  };
  const revoke = (): void => {
    giveBack();
    end(testingError('AT_WORK', {}));
  };
  const mine: Loan = (loan = { test, revoke });
  return giveBack;
};

const putUnder = (clock: VirtualClock): (() => void) => {
  const { now } = asyncScheduler;
  asyncScheduler.now = () => clock.now();
  asyncScheduler.schedule = (work, delay, state) => clock.schedule(work, delay, state);
  return () => {
    asyncScheduler.now = now;
    // The method of its class shows again.
    Reflect.deleteProperty(asyncScheduler, 'schedule');
  };
};
