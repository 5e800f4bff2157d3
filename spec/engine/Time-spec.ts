import { asapScheduler, asyncScheduler, queueScheduler, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Time } from '../../lib/engine/Time.js';

// The event loop is turned by hand, and so are the clocks: a reading of 0 is 1,000,000 by the time of day.
const asked: (() => void)[] = [];
jest.spyOn(globalThis, 'setImmediate').mockImplementation(((work: () => void) => asked.push(work)) as never);

let now = 0;
let looks = 0;
jest.spyOn(performance, 'now').mockImplementation(() => {
  looks++;
  return now;
});
jest.spyOn(Date, 'now').mockImplementation(() => 1_000_000 + now);

const turn = (): void => {
  for (const work of asked.splice(0)) work();
};

/** A scheduler of the user, with a clock of his own. */
const ownClock = (): SchedulerLike & { time: number } => ({
  time: 0,
  now(): number {
    return this.time;
  },
  schedule: () => {
    throw new Error('nothing is scheduled here');
  },
});

/** After how many tasks the clock is read, if each takes so many ms. */
const looksAfter = (time: Time, lengths: readonly number[]): readonly number[] =>
  lengths.flatMap((ms, n) => {
    now += ms;
    looks = 0;
    time.spend();
    return looks > 0 ? [n + 1] : [];
  });

describe('Time', () => {
  beforeEach(() => {
    turn();
    now = Math.ceil(now) + 10_000;
  });

  describe('of the wall clock', () => {
    it('should be that of the last look, in ms of the day, since the flow was made, and by the clock', () => {
      const time = new Time(asyncScheduler);
      const made = now;
      expect([time.now, time.tick, time.base, time.reading]).toEqual([1_000_000 + made, 0, 1_000_000 + made, made]);
      now += 7;
      expect([time.now, time.tick, time.reading]).toEqual([1_000_000 + made, 0, made]);
      time.look();
      expect([time.now, time.tick, time.base, time.reading]).toEqual([1_000_007 + made, 7, 1_000_000 + made, made + 7]);
    });

    it('should measure its slices by a clock that nobody fakes', () => {
      Object.assign(performance, { clock: {} });
      const time = new Time(asyncScheduler);
      time.begin();
      const wasLeft = time.isLeft;
      for (const until = process.hrtime.bigint() + 8_000_000n; process.hrtime.bigint() < until;);
      time.look();
      Reflect.deleteProperty(performance, 'clock');
      expect([wasLeft, time.isLeft]).toEqual([true, false]);
    });

    it('should read the clock when asked for what has elapsed, without a look', () => {
      const time = new Time(asyncScheduler);
      const made = now;
      now += 7.5;
      expect([time.elapsed, time.reading, time.tick]).toEqual([made + 7.5, made, 0]);
    });

    it('should tell whole ms since the flow was made, also after 25 days', () => {
      const time = new Time(asyncScheduler);
      now += 3.7;
      time.look();
      expect(time.tick).toBe(3);
      now += 2 ** 33;
      time.look();
      expect(time.tick).toBe(2 ** 33 + 3);
    });

    it('should leave no time for work before work begins (never)', () => {
      const time = new Time(asyncScheduler);
      time.look();
      expect(time.isLeft).toBe(false);
    });

    it('should leave 5 ms, by the looks at the clock', () => {
      const time = new Time(asyncScheduler);
      time.begin();
      now += 4.9;
      time.look();
      expect(time.isLeft).toBe(true);
      now += 0.1;
      expect(time.isLeft).toBe(true);
      time.look();
      expect(time.isLeft).toBe(false);
    });

    it('should leave none again before the event loop has turned', () => {
      const time = new Time(asyncScheduler);
      time.begin();
      now += 5;
      time.look();
      time.begin();
      expect(time.isLeft).toBe(false);
      turn();
      time.begin();
      expect(time.isLeft).toBe(true);
    });

    it('should share the 5 ms with the other flows of the process', () => {
      const [one, other] = [new Time(asyncScheduler), new Time(asyncScheduler)];
      one.begin();
      now += 4;
      other.look();
      other.begin();
      expect(other.isLeft).toBe(true);
      now += 1;
      for (const time of [one, other]) time.look();
      expect([one.isLeft, other.isLeft]).toEqual([false, false]);
    });
  });

  describe('between two looks', () => {
    const begun = (): Time => {
      const time = new Time(asyncScheduler);
      time.begin();
      return time;
    };

    it('should let more and more quick tasks pass, and eight at most', () => {
      const quick = Array.from({ length: 32 }, () => 0.001);
      expect(looksAfter(begun(), quick)).toEqual([1, 3, 7, 15, 23, 31]);
    });

    it('should let no task pass that comes after a slow one', () => {
      expect(looksAfter(begun(), [2, 2, 2])).toEqual([1, 2, 3]);
    });

    it('should look after each task from a slow one on, and let more pass again when they are quick', () => {
      const lengths = [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
      expect(looksAfter(begun(), lengths)).toEqual([1, 3, 7, 8, 10]);
    });

    it('should take 1 ms between two looks for quick, whatever the number of tasks', () => {
      expect(looksAfter(begun(), [1, 0.5, 0.5, 0])).toEqual([1, 3]);
      expect(looksAfter(begun(), [1, 0.6, 0.6, 0])).toEqual([1, 3, 4]);
    });

    it('should look again when it is to catch up, if a handler has been called since, and only then', () => {
      const time = begun();
      looksAfter(time, [0, 0]);
      now += 3;
      looks = 0;
      time.catchUp();
      const after = [looks, time.tick];
      time.catchUp();
      expect([after, looks]).toEqual([[1, 3], 1]);
    });

    it('should have looked at the end of a timed run, so that no look is due at the end of its job', () => {
      const time = begun();
      looksAfter(time, [0, 0]);
      now += 3;
      const ended = time.lap();
      looks = 0;
      time.catchUp();
      expect([ended, time.reading, time.tick, looks]).toEqual([now, now, 3, 0]);
    });

    it('should read the clock at the end of a timed run also if no handler has been called since the last look', () => {
      const time = begun();
      now += 3;
      expect([time.lap(), time.reading]).toEqual([now, now]);
    });

    it('should not take the end of a timed run for a stretch of quick tasks', () => {
      const time = begun();
      looksAfter(time, [2]);
      time.lap();
      expect(looksAfter(time, [2, 2])).toEqual([1, 2]);
    });

    it('should look after each task if a timed run was slow', () => {
      const time = begun();
      looksAfter(time, [0, 0, 0]);
      now += 2;
      time.spend();
      time.lap();
      expect(looksAfter(time, [2, 2])).toEqual([1, 2]);
    });

    it('should not look after the first task if it has begun right after a look: the stride goes on', () => {
      const time = begun();
      looksAfter(time, [0, 0, 0]);
      time.begin();
      expect(looksAfter(time, [0, 0, 0, 0])).toEqual([4]);
    });
  });

  describe('of a scheduler with a clock of its own', () => {
    it('should be told by that clock, and not by that of the platform', () => {
      const scheduler = ownClock();
      scheduler.time = 500;
      const time = new Time(scheduler);
      now += 100;
      scheduler.time += 20;
      time.look();
      expect([time.now, time.tick, time.base, time.reading, time.isVirtual]).toEqual([520, 20, 500, 520, false]);
    });

    it('should not be asked for at the end of a timed run, which is inside a step (D31)', () => {
      const scheduler = ownClock();
      const time = new Time(scheduler);
      scheduler.time = 20;
      expect([time.lap(), time.reading]).toEqual([0, 0]);
    });

    it('should be counted in whole ms, also if that clock counts in parts of one: history and records say the same', () => {
      const scheduler = ownClock();
      scheduler.time = 0.6;
      const time = new Time(scheduler);
      scheduler.time = 1.5;
      time.look();
      expect([time.now, time.base, time.base + time.tick]).toEqual([1.5, 0, 1]);
      scheduler.time = 2.4;
      time.look();
      expect(time.base + time.tick).toBe(2);
    });

    it('should be measured by the clock of the platform for work: a clock that stands still makes no slice endless', () => {
      const time = new Time(ownClock());
      time.begin();
      expect(time.isLeft).toBe(true);
      now += 5;
      time.look();
      expect(time.isLeft).toBe(false);
    });

    it('should be measured so also if its clock runs far ahead: work goes on', () => {
      const scheduler = ownClock();
      const time = new Time(scheduler);
      time.begin();
      scheduler.time += 1_000;
      time.look();
      expect(time.isLeft).toBe(true);
    });

    it.each([
      ['asapScheduler', asapScheduler],
      ['queueScheduler', queueScheduler],
    ])('should be real time for %s', (_, scheduler) => {
      expect(new Time(scheduler).isVirtual).toBe(false);
    });
  });

  describe('of a test', () => {
    it.each([
      ['VirtualTimeScheduler', () => new VirtualTimeScheduler()],
      ['TestScheduler', () => new TestScheduler(() => undefined)],
    ])('should stand still while a flow works: %s', (_, make) => {
      const time = new Time(make());
      time.begin();
      now += 1_000;
      time.look();
      looksAfter(time, [100, 100]);
      expect([time.isVirtual, time.isLeft, time.now, time.tick]).toEqual([true, true, 0, 0]);
    });

    it('should need no turn of the event loop', () => {
      const time = new Time(new VirtualTimeScheduler());
      time.begin();
      now += 1_000;
      time.begin();
      expect([time.isLeft, asked]).toEqual([true, []]);
    });

    it('should be that of its frames', () => {
      const scheduler = new VirtualTimeScheduler();
      scheduler.frame = 40;
      const time = new Time(scheduler);
      scheduler.frame = 47;
      time.look();
      expect([time.now, time.tick, time.base]).toEqual([47, 7, 40]);
    });
  });
});
