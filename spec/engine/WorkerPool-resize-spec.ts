import { PoolBench, Tasks } from '../support/pool.js';
import { type Marbles, marbles } from '../support/marbles.js';

type Answers = Readonly<Record<string, (bench: PoolBench) => unknown>>;

/** Calls back in a frame. */
const at = ({ scheduler }: Marbles, frame: number, work: () => void): void => void scheduler.schedule(work, frame);

describe('resize of WorkerPool', () => {
  const idle = (): void => undefined;

  /** A pool whose tasks take 20 ms, unless their letter stands among the answers. */
  const poolOf = (m: Marbles, size: number, answers: Answers = {}): PoolBench => {
    const bench: PoolBench = new PoolBench(m.scheduler, size, (task) => (answers[task] ?? (() => m.cold('20ms |')))(bench));
    return bench;
  };

  /** The same for five tasks that end one after the other. */
  const endingInTurn = (m: Marbles, size: number, answers: Answers = {}): PoolBench =>
    poolOf(m, size, {
      a: () => m.cold('10ms |'),
      b: () => m.cold('12ms |'),
      c: () => m.cold('14ms |'),
      d: () => m.cold('16ms |'),
      e: () => m.cold('18ms |'),
      ...answers,
    });

  const resizing = (m: Marbles, bench: PoolBench, sizes: Readonly<Record<number, number>>): void => {
    for (const [frame, size] of Object.entries(sizes))
      at(m, Number(frame), () => {
        bench.resize(size);
      });
  };

  it(
    'should let more work at once, the busy going on in the larger pool (2 → 7)',
    marbles((m) => {
      const bench = poolOf(m, 2);
      bench.feed(new Tasks(), m.hot('   (abcdefghi)'));
      resizing(m, bench, { 6: 7 });
      m.expectObservable(bench.start$).toBe('(ab) 2ms (cdefg) 7ms (hi)');
      m.expectObservable(bench.end$).toBe('  20ms (ab) 2ms (cdefg) 7ms (hi)');
      m.flush();
      expect([bench.limits, bench.peak, bench.inside]).toEqual([[2, 7], 7, 7]);
    }),
  );

  it(
    'should let those that are too many finish, and start nothing before so few are busy (7 → 2)',
    marbles((m) => {
      const five = () => m.cold('-----|');
      const bench = endingInTurn(m, 7, { f: five, g: five, h: five });
      bench.feed(new Tasks(), m.hot('   (abcde)(fgh)'));
      resizing(m, bench, { 3: 2 });
      m.expectObservable(bench.start$).toBe('(abcde) 9ms f-g--h');
      m.expectObservable(bench.end$).toBe('  10ms a-b-c-d-e--f-g--h');
      m.flush();
      expect([bench.limits, bench.peak, bench.inside]).toEqual([[7, 2], 5, 2]);
    }),
  );

  it(
    'should not let in the worker that waits when somebody goes home (3 → 1)',
    marbles((m) => {
      const bench = endingInTurn(m, 3);
      bench.feed(new Tasks(), m.hot('   (abcfg)'));
      resizing(m, bench, { 5: 1 });
      m.expectObservable(bench.start$).toBe('(abc) 9ms f 19ms g');
      m.expectObservable(bench.end$).toBe('  10ms a-b-c 19ms f 19ms g');
      m.flush();
      expect([bench.limits, bench.peak, bench.inside]).toEqual([[3, 1], 3, 1]);
    }),
  );

  it(
    'should send the idle home at once (7 → 2)',
    marbles((m) => {
      const bench = poolOf(m, 7);
      bench.feed(new Tasks(), m.hot('(abcdefg)'));
      at(m, 30, () => {
        expect(bench.inside).toBe(7);
        bench.resize(2);
        expect(bench.inside).toBe(2);
      });
      m.flush();
      expect(bench.limits).toEqual([7, 2]);
    }),
  );

  it(
    'should send home the idle and not the busy (7 → 2)',
    marbles((m) => {
      const bench = endingInTurn(m, 7);
      bench.feed(new Tasks(), m.hot('   (abcde)'));
      at(m, 15, () => {
        bench.resize(2);
        expect(bench.inside).toBe(2);
      });
      m.expectObservable(bench.end$).toBe('  10ms a-b-c-d-e');
      m.flush();
      expect(bench.limits).toEqual([7, 2]);
    }),
  );

  it(
    'should take the last number when it changes again before so few are busy (7 → 2 → 4)',
    marbles((m) => {
      const bench = endingInTurn(m, 7);
      bench.feed(new Tasks(), m.hot('   (abcde)(fgh)'));
      resizing(m, bench, { 3: 2, 5: 4 });
      m.expectObservable(bench.start$).toBe('(abcde) 5ms f-g-h');
      m.flush();
      expect([bench.limits, bench.inside]).toEqual([[7, 4], 4]);
    }),
  );

  it(
    'should start what waits when the number is what it was before (6 → 2 → 6)',
    marbles((m) => {
      const bench = endingInTurn(m, 6);
      bench.feed(new Tasks(), m.hot('   (abcde)(fgh)'));
      resizing(m, bench, { 3: 2, 8: 6 });
      m.expectObservable(bench.start$).toBe('(abcde)-f-g-h');
    }),
  );

  it(
    'should not change the pool for the number that there is',
    marbles((m) => {
      const bench = endingInTurn(m, 2);
      bench.feed(new Tasks(), m.hot('   (ab)'));
      resizing(m, bench, { 3: 2 });
      m.expectObservable(bench.end$).toBe('  10ms a-b');
      m.flush();
      expect(bench.limits).toEqual([2]);
    }),
  );

  it(
    'should subscribe once to what a worker holds, however often the number changes (endless)',
    marbles((m) => {
      const endless$ = m.cold('           ');
      const bench = poolOf(m, 2, { a: () => endless$ });
      bench.feed(new Tasks(), m.hot('a'));
      resizing(m, bench, { 2: 5, 4: 1, 6: 9 });
      at(m, 8, () => {
        bench.abort('a');
      });
      m.expectSubscriptions(endless$.subscriptions).toBe('^-------!');
      m.flush();
      expect(bench.limits).toEqual([2, 5, 1, 9]);
    }),
  );

  it.each([
    ['at once', idle],
    ['with a stream', (m: Marbles) => m.cold('-----|')],
  ])('should grow on the stack of a handler, which answers %s (a handler that answers at once)', (_, answer) => {
    marbles((m) => {
      const grow = (bench: PoolBench): unknown => {
        bench.resize(3);
        return answer(m);
      };
      const bench = poolOf(m, 1, { a: grow });
      const ended: string[] = [];
      bench.end$.subscribe((task) => ended.push(task));
      bench.feed(new Tasks(), m.hot('   (abcd)'));
      m.flush();
      expect([ended.sort(), bench.limits, bench.peak]).toEqual([['a', 'b', 'c', 'd'], [1, 3], 3]);
    })();
  });

  it.each([
    ['at once', idle],
    ['with a stream', (m: Marbles) => m.cold('-----|')],
  ])('should shrink on the stack of a handler, which answers %s (a handler that answers at once)', (_, answer) => {
    marbles((m) => {
      const shrink = (bench: PoolBench): unknown => {
        bench.resize(1);
        return answer(m);
      };
      const bench = endingInTurn(m, 3, { x: shrink });
      bench.feed(new Tasks(), m.hot('   (abxfg)'));
      m.expectObservable(bench.start$).toBe('(abx) 7ms f 19ms g');
      m.flush();
      expect([bench.limits, bench.inside]).toEqual([[3, 1], 1]);
    })();
  });

  it(
    'should shrink when those that are too many are aborted (early unsubscribe)',
    marbles((m) => {
      const bench = poolOf(m, 4);
      bench.feed(new Tasks(), m.hot('   (abcdef)'));
      resizing(m, bench, { 3: 2 });
      at(m, 12, () => {
        for (const task of ['a', 'b', 'c']) bench.abort(task);
      });
      m.expectObservable(bench.start$).toBe('(abcd) 6ms e 7ms f');
      m.expectObservable(bench.end$).toBe('  20ms d 11ms e 7ms f');
      m.flush();
      expect([bench.limits, bench.inside]).toEqual([[4, 2], 2]);
    }),
  );

  it(
    'should go for the first task too (empty)',
    marbles((m) => {
      const bench = poolOf(m, 1);
      bench.resize(3);
      bench.feed(new Tasks(), m.hot('   (abcd)'));
      m.expectObservable(bench.start$).toBe('(abc) 15ms d');
      m.flush();
      expect(bench.limits).toEqual([1, 3]);
    }),
  );
});
