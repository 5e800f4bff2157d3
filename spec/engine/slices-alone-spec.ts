import fc from 'fast-check';
import { slices } from '../../lib/engine/slices.js';

// The event loop is turned by hand; slices ask for a turn by the platform's `setImmediate`, which they look up at the first.
const asked: (() => void)[] = [];
jest.spyOn(globalThis, 'setImmediate').mockImplementation(((work: () => void) => asked.push(work)) as never);

let now = 0;
jest.spyOn(performance, 'now').mockImplementation(() => now);

const turn = (): void => {
  for (const work of asked.splice(0)) work();
};

/** A drain that takes so many ms, and notes its name. */
const drain =
  (told: string[], name: string, ms = 0) =>
  (): void => {
    told.push(name);
    slices.begin(now);
    now += ms;
  };

describe('slices on their own (D32)', () => {
  // Nothing waits, and the last slice is over.
  beforeEach(() => {
    for (let turns = 0; turns < 3; turns++) turn();
    now += 1_000;
    expect([asked, slices.isAwaited()]).toEqual([[], false]);
  });

  it('should ask for no turn while nobody works (never)', () => {
    expect([slices.isOpen(now), slices.isAwaited(), asked]).toEqual([false, false, []]);
  });

  it('should open a slice of 5 ms for the first who works, and ask for a turn once (one)', () => {
    expect(slices.begin(now)).toBe(true);
    expect([slices.isOpen(now), slices.isOpen(now + 4.9), slices.isOpen(now + 5)]).toEqual([true, true, false]);
    slices.begin(now + 1);
    expect(asked).toHaveLength(1);
  });

  it('should be one slice for all who begin in it: none is longer for that (many)', () => {
    for (let ms = 0; ms < 5; ms++) expect(slices.begin(now + ms)).toBe(true);
    expect(slices.isOpen(now + 5)).toBe(false);
  });

  it('should open no other slice before the event loop has turned (many)', () => {
    slices.begin(now);
    now += 5;
    expect([slices.begin(now), slices.begin(now + 100)]).toEqual([false, false]);
    turn();
    expect([slices.begin(now), slices.isOpen(now + 4.9)]).toEqual([true, true]);
  });

  it('should turn to nobody if nobody waits (empty)', () => {
    slices.begin(now);
    turn();
    expect(asked).toEqual([]);
  });

  it('should run a drain that waits when the event loop has turned, and not before (one)', () => {
    const told: string[] = [];
    slices.later(drain(told, 'a'));
    expect([told, slices.isAwaited(), asked.length]).toEqual([[], true, 1]);
    turn();
    expect([told, slices.isAwaited()]).toEqual([['a'], false]);
  });

  it('should run drains in the order in which they came, as long as there is time (many)', () => {
    const told: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) slices.later(drain(told, name, 2));
    turn();
    expect([told, slices.isAwaited()]).toEqual([['a', 'b', 'c'], true]);
    turn();
    expect([told, slices.isAwaited()]).toEqual([['a', 'b', 'c', 'd'], false]);
  });

  it('should let a drain that goes on join the end, and keep those in front for which no time was left (endless)', () => {
    const told: string[] = [];
    let left = 4;
    const long = (): void => {
      drain(told, 'long', 6)();
      if (--left > 0) slices.later(long);
    };
    slices.later(long);
    for (const name of ['a', 'b']) slices.later(drain(told, name, 6));
    for (let turns = 0; turns < 6; turns++) turn();
    expect(told).toEqual(['long', 'a', 'b', 'long', 'long', 'long']);
  });

  it('should let the event loop turn before a drain that asks again, also if there is time (a callback that answers at once)', () => {
    const told: string[] = [];
    slices.later(() => {
      drain(told, 'a')();
      slices.later(drain(told, 'again'));
    });
    turn();
    expect(told).toEqual(['a']);
    turn();
    expect(told).toEqual(['a', 'again']);
  });

  it('should run the drains behind one that throws (a callback that throws)', () => {
    const told: string[] = [];
    slices.later(() => {
      throw new Error('no');
    });
    slices.later(drain(told, 'behind'));
    expect(turn).toThrow('no');
    turn();
    expect(told).toEqual(['behind']);
  });

  it('should run each drain once, in order, and begin none when the 5 ms of a turn are over, however long they take', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { maxLength: 30 }), (lengths) => {
        const told: string[] = [];
        const used: number[] = [];
        let since = now;
        for (const [n, ms] of lengths.entries())
          slices.later(() => {
            used.push(now - since);
            drain(told, String(n), ms)();
          });
        while (slices.isAwaited()) {
          since = now;
          turn();
        }
        turn();
        now += 1_000;
        expect(told).toEqual(lengths.map((_, n) => String(n)));
        expect(used.every((ms) => ms < 5)).toBe(true);
      }),
    );
  });
});
