import { NEVER } from 'rxjs';
import { deferred } from '../support/flows.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { PoolBench, Tasks } from '../support/pool.js';
import { virtualTime } from '../support/virtualTime.js';

type Answers = Readonly<Record<string, (bench: PoolBench) => unknown>>;

/** A pool of one worker whose tasks take 5 ms, unless their letter stands among the answers. */
const poolOf = (m: Marbles, answers: Answers): PoolBench => {
  const bench: PoolBench = new PoolBench(m.scheduler, 1, (task) => (answers[task] ?? (() => m.cold('-----|')))(bench));
  return bench;
};

/** Calls back in a frame. */
const at = ({ scheduler }: Marbles, frame: number, work: () => void): void => void scheduler.schedule(work, frame);

/** A job that the handler of task `a` has started and waits for. */
const ofA = (): Tasks => new Tasks(Infinity, 'a');

describe('loans of WorkerPool (D16)', () => {
  it(
    'should run the tasks of a job on the worker of the handler that waits for it, one by one (many)',
    marbles((m) => {
      const bench = poolOf(m, { a: () => m.cold('20ms |') });
      bench.feed(new Tasks(), m.hot('    a--b'));
      bench.feed(ofA(), m.hot('          --(xyz)'));
      m.expectObservable(bench.start$).toBe(' a-x----y----z-------b');
      m.expectObservable(bench.end$).toBe('   -------x----y----z--a----b');
      m.flush();
      expect([bench.peak, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should lend nothing to a job that nobody waits for (never)',
    marbles((m) => {
      const bench = poolOf(m, { a: () => NEVER });
      bench.feed(new Tasks(), m.hot('    a'));
      bench.feed(new Tasks(Infinity, 'z'), m.hot('--x'));
      m.expectObservable(bench.start$).toBe(' a');
    }),
  );

  it(
    'should lend to a job that came while the handler was on the stack (a handler that answers at once)',
    marbles((m) => {
      const job = ofA();
      const bench = poolOf(m, {
        a: (b) => {
          b.put(job, 'x');
          return m.cold('20ms |');
        },
      });
      bench.feed(new Tasks(), m.hot('-a'));
      m.expectObservable(bench.start$).toBe('-(ax)');
      m.expectObservable(bench.end$).toBe('------x 14ms a');
      m.flush();
    }),
  );

  it(
    'should lend the worker to one of two jobs at a time',
    marbles((m) => {
      const bench = poolOf(m, { a: () => NEVER });
      bench.feed(new Tasks(), m.hot('    a'));
      bench.feed(ofA(), m.hot('          -(wx)'));
      bench.feed(ofA(), m.hot('          -(yz)'));
      m.expectObservable(bench.start$).toBe(' aw----y----x----z');
    }),
  );

  it(
    'should lend on, from borrower to borrower',
    marbles((m) => {
      const bench = poolOf(m, { a: () => m.cold('20ms |'), x: () => m.cold('10ms |') });
      bench.feed(new Tasks(), m.hot('           a'));
      bench.feed(ofA(), m.hot('                 --x'));
      bench.feed(new Tasks(Infinity, 'x'), m.hot('----(yz)'));
      m.expectObservable(bench.start$).toBe('        a-x-y----z');
      m.expectObservable(bench.end$).toBe('          ---------y--x-z-----a');
      m.flush();
      expect([bench.peak, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should leave the worker to the borrower if the lender ends first',
    marbles((m) => {
      const bench = poolOf(m, { a: () => m.cold('10ms |'), x: () => m.cold('20ms |') });
      bench.feed(new Tasks(), m.hot('    a--b'));
      bench.feed(ofA(), m.hot('          --x'));
      m.expectObservable(bench.start$).toBe(' a-x 19ms b');
      m.expectObservable(bench.end$).toBe('   10ms a 11ms x----b');
      m.flush();
      expect([bench.peak, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should leave the worker to the borrower if the lender is aborted (early unsubscribe)',
    marbles((m) => {
      const lent$ = m.cold('                   20ms |');
      const bench = poolOf(m, { a: () => lent$, x: () => m.cold('20ms |') });
      bench.feed(new Tasks(), m.hot('    a--b'));
      bench.feed(ofA(), m.hot('          --x'));
      at(m, 5, () => {
        bench.abort('a');
      });
      m.expectObservable(bench.start$).toBe('     a-x 19ms b');
      m.expectObservable(bench.end$).toBe('       22ms x----b');
      m.expectSubscriptions(lent$.subscriptions).toBe('^----!');
    }),
  );

  it(
    'should keep the worker with the lender if the borrower is aborted (early unsubscribe)',
    marbles((m) => {
      const bench = poolOf(m, { a: () => m.cold('20ms |') });
      bench.feed(new Tasks(), m.hot('    a--b'));
      bench.feed(ofA(), m.hot('          --(xy)'));
      at(m, 5, () => {
        bench.abort('x');
      });
      m.expectObservable(bench.start$).toBe(' a-x--y 14ms b');
      m.expectObservable(bench.end$).toBe('   10ms y 9ms a----b');
    }),
  );

  it.each([
    ['at once', (): unknown => undefined, ' a-(xb)'],
    ['with a stream', (m: Marbles): unknown => m.cold('-----|'), 'a-x----b'],
  ])(
    'should leave the worker to the borrower if that aborts the lender on its stack, and answers %s (a handler that answers at once)',
    (_, answer, start) => {
      marbles((m) => {
        const abort = (bench: PoolBench): unknown => {
          bench.abort('a');
          return answer(m);
        };
        const bench = poolOf(m, { a: () => NEVER, x: abort });
        const ended: string[] = [];
        bench.end$.subscribe((task) => ended.push(task));
        bench.feed(new Tasks(), m.hot('  ab'));
        bench.feed(ofA(), m.hot('        --x'));
        m.expectObservable(bench.start$).toBe(start);
        m.flush();
        expect([ended, bench.peak, bench.inside]).toEqual([['x', 'b'], 1, 1]);
      })();
    },
  );

  it(
    'should go on after a borrower that throws (a callback that throws)',
    marbles((m) => {
      const fail = (): never => {
        throw new Error('no');
      };
      const bench = poolOf(m, { a: () => m.cold('20ms |'), x: fail });
      bench.feed(new Tasks(), m.hot('    a'));
      bench.feed(ofA(), m.hot('          --(xy)'));
      m.expectObservable(bench.start$).toBe(' a-(xy)');
      m.expectObservable(bench.end$).toBe('   --x----y 12ms a');
    }),
  );

  it('should let another worker in when a borrower ends whose lender is aborted and never answers', async () => {
    const time = virtualTime();
    const [never, inner] = [deferred(), deferred()];
    const answers: Answers = { a: () => never.promise, x: () => inner.promise, b: () => undefined };
    const bench: PoolBench = new PoolBench(time.scheduler, 1, (task) => answers[task]?.(bench));
    const ended: string[] = [];
    bench.end$.subscribe((task) => ended.push(task));
    bench.put(new Tasks(), 'a', 'b');
    await time.advance(1);
    bench.put(ofA(), 'x');
    await time.advance(1);
    bench.abort('a');
    await time.advance(1);
    expect(ended).toEqual([]);
    inner.resolve();
    await time.advance(1);
    expect([ended, bench.inside, bench.peak]).toEqual([['x', 'b'], 1, 1]);
  });
});
