import { type SchedulerLike, Subscription, VirtualTimeScheduler } from 'rxjs';
import { type Delayed, Delays } from '../../lib/engine/Delays.js';
import { Steps } from '../../lib/engine/Steps.js';
import { callingClock } from '../support/callingClock.js';

const numbers = (due: readonly Delayed<number>[]): readonly number[] => due.map(({ task }) => task);

/** A job with this scheduler, and what it is warned of. */
const jobWith = (scheduler: SchedulerLike) => {
  const warned: string[] = [];
  const ledger = { warn: (message: string): void => void warned.push(message) };
  return { warned, job: { ledger, plan: { settings: { scheduler } }, engine: { steps: new Steps() } } };
};

/** Retries on a clock of their own, and when which of them fell due. */
const onClock = () => {
  const scheduler = new VirtualTimeScheduler();
  const due: [number, number][] = [];
  const { job } = jobWith(scheduler);
  const retries: Delays<number> = new Delays<number>(job, (delayed) => {
    retries.remove(delayed);
    due.push([delayed.task, scheduler.now()]);
  });
  const add = (order: number, delay: number, now = 0): void => {
    retries.arm(retries.add(order, now + delay, now + delay), delay);
  };
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  const shown = (): unknown => retries.delayed.map(({ task, dueAt }) => [task, dueAt]);
  return { scheduler, retries, due, add, until, shown };
};

describe('Delays (D20)', () => {
  it('should tell each at its time, whatever the order in which they came', () => {
    const { retries, due, add, until } = onClock();
    add(1, 30);
    add(2, 10);
    add(3, 20);
    until(9);
    expect(due).toEqual([]);
    until(100);
    expect(due).toEqual([
      [2, 10],
      [3, 20],
      [1, 30],
    ]);
    expect(retries.delayed).toEqual([]);
  });

  it('should tell those of one instant in the order in which they came', () => {
    const { due, add, until, shown } = onClock();
    for (const order of [3, 1, 2]) add(order, 10);
    expect(shown()).toEqual([3, 1, 2].map((order) => [order, 10]));
    until(10);
    expect(due.map(([order]) => order)).toEqual([3, 1, 2]);
  });

  it('should show what waits in due order, with its instant, until it is due', () => {
    const { add, until, shown } = onClock();
    add(1, 30, 1_000);
    add(2, 10, 1_005);
    expect(shown()).toEqual([
      [2, 1_015],
      [1, 1_030],
    ]);
    until(10);
    expect(shown()).toEqual([[1, 1_030]]);
  });

  it('should have no timer while they are held, and keep their instants', () => {
    const { scheduler, retries, due, add, until, shown } = onClock();
    add(1, 10);
    add(2, 2 ** 40);
    retries.hold();
    expect(scheduler.actions).toEqual([]);
    until(100);
    expect([due, shown()]).toEqual([
      [],
      [
        [1, 10],
        [2, 2 ** 40],
      ],
    ]);
  });

  it('should hand out once what is due when they go on, in due order, and wait for the rest', () => {
    const { retries, due, add, until, shown } = onClock();
    add(1, 20);
    add(2, 10);
    add(3, 50);
    retries.add(4, 15, 15);
    retries.hold();
    const taken = retries.due(20).filter((each) => retries.remove(each));
    expect(numbers(taken)).toEqual([2, 4, 1]);
    retries.armAll(20);
    expect([retries.due(20), shown()]).toEqual([[], [[3, 50]]]);
    until(30);
    expect(due).toEqual([[3, 30]]);
  });

  it('should leave nothing behind where it is cleared (X)', () => {
    const { scheduler, retries, due, add, until } = onClock();
    add(1, 10);
    add(2, 2 ** 40);
    retries.add(3, 5, 5);
    retries.clear();
    expect([retries.delayed, retries.due(100), scheduler.actions]).toEqual([[], [], []]);
    until(2 ** 41);
    expect(due).toEqual([]);
  });

  it('should wait longer than a platform timer can hold (rule 5)', () => {
    const { retries, due, add, until } = onClock();
    const year = 365 * 86_400_000;
    add(1, year);
    until(year - 1);
    expect([due, retries.delayed.length]).toEqual([[], 1]);
    until(year);
    expect(due).toEqual([[1, year]]);
  });

  it('should leave no timer behind if the scheduler of the user holds, clears or fires while it is asked for one (D31)', () => {
    for (const deed of ['hold', 'clear', 'fire'] as const) {
      const { scheduler, timers } = callingClock((call) => {
        if (call !== 'schedule') return;
        if (deed === 'fire') retries.remove(retries.delayed[0] as Delayed<number>);
        else retries[deed]();
      });
      const retries: Delays<number> = new Delays<number>(jobWith(scheduler).job, () => undefined);
      retries.arm(retries.add(1, 10, 10), 10);
      expect([deed, timers.size]).toEqual([deed, 0]);
    }
  });

  it('should take one for unarmed that rang at once and was not wanted then: it rings again when it is armed (D31)', () => {
    const atOnce: SchedulerLike = {
      now: () => 0,
      schedule: (work) => {
        (work as () => void)();
        return Subscription.EMPTY;
      },
    };
    const told: number[] = [];
    const retries = new Delays<number>(jobWith(atOnce).job, ({ task }) => told.push(task));
    const delayed = retries.add(1, 10, 10);
    retries.arm(delayed, 10);
    retries.arm(delayed, 10);
    expect([told, retries.size]).toEqual([[1, 1], 1]);
  });

  it('should tell at once what the scheduler of the user refuses a timer for, and warn (D31)', () => {
    const refusing: SchedulerLike = {
      now: () => 0,
      schedule: () => {
        throw new Error('no');
      },
    };
    const { job, warned } = jobWith(refusing);
    const due: number[] = [];
    const retries = new Delays<number>(job, (delayed) => {
      retries.remove(delayed);
      due.push(delayed.task);
    });
    retries.arm(retries.add(1, 10, 10), 10);
    expect([due, warned, retries.size]).toEqual([[1], ['The scheduler of the flow threw; there is no timer'], 0]);
  });
});
