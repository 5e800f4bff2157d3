import { currentContext } from '../engine/currentContext.js';
import { asyncScheduler, type SchedulerAction, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { type TestingError, testingError } from './TestingError.js';

/** Virtual time that is moved on one timer at a time, and that knows whether anybody does anything with it. */
export class VirtualClock extends VirtualTimeScheduler {
  /** Grows with whatever asks for the time or schedules something. */
  stirred = 0;
  /** How often the time was asked for since a timer fired. */
  looks = 0;
  /** The handlers that have set timers. */
  readonly #owners = new WeakMap<object, object>();

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
    const timer = super.schedule(work, delay, state);
    const owner = currentContext();
    if (owner !== undefined) this.#owners.set(timer, owner);
    return timer;
  }

  /** Whether a timer waits that this handler has set. */
  readonly hasTimerOf = (handler: object): boolean => this.actions.some((timer) => this.#owners.get(timer) === handler);

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

interface Expect {
  readonly getState?: () => { readonly currentTestName?: string };
}

/** Where vitest keeps its `expect`, also if that is no global. */
const VITEST = Symbol.for('expect-global');

/** The test that runs, as jest and vitest tell it. */
const currentTest = (): string | undefined => {
  const { expect, [VITEST]: imported } = globalThis as { readonly expect?: Expect; readonly [VITEST]?: Expect };
  return (imported ?? expect)?.getState?.().currentTestName;
};

/**
 * Puts RxJS's default clock under a virtual one, as `TestScheduler.run` does: `delay(5)`, `timer(5)`, `debounceTime(5)`
 * and flows without a scheduler of their own wait in virtual time. Gives back what it took when it is called.
 *
 * A runner goes on after a test that ran out of time, while that is still at work: the next test takes the time from it, or has it
 * real again, and `end` is told so. If no runner tells which test it is, whoever comes takes it.
 *
 * @throws TestingError `AT_WORK` if this test has the time already
 */
export const lendTime = (clock: VirtualClock, end: (error: TestingError) => void): (() => void) => {
  const test = currentTest();
  if (loan !== undefined && test !== undefined && loan.test === test) throw testingError('AT_WORK', {});
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

/** A runner is at another test by now: time is real again. */
export const lookForNextTest = (): void => {
  if (loan !== undefined && currentTest() !== loan.test) loan.revoke();
};

const putUnder = (clock: VirtualClock): (() => void) => {
  const { now } = asyncScheduler;
  let isUnder = true;
  // Another test may use the clock before this one has come to notice that its own is over.
  const isOurs = (): boolean => {
    lookForNextTest();
    return isUnder;
  };
  asyncScheduler.now = () => (isOurs() ? clock.now() : now());
  asyncScheduler.schedule = (work, delay, state) => (isOurs() ? clock : asyncScheduler).schedule(work, delay, state);
  return () => {
    isUnder = false;
    asyncScheduler.now = now;
    // The method of its class shows again.
    Reflect.deleteProperty(asyncScheduler, 'schedule');
  };
};
