import { EMPTY, NEVER, of, timer, VirtualTimeScheduler } from 'rxjs';
import { deferred } from '../support/flows.js';
import { PoolBench, Tasks } from '../support/pool.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { virtualTime } from '../support/virtualTime.js';

type Answers = Readonly<Record<string, () => unknown>>;

/** A pool whose tasks answer with a stream of this diagram, or with what stands under their letter. */
const poolOf = (m: Marbles, size: number, stream: string, answers: Answers = {}): PoolBench =>
  new PoolBench(m.scheduler, size, (task) => (answers[task] ?? (() => m.cold(stream)))());

/** Calls back in a frame. */
const at = ({ scheduler }: Marbles, frame: number, work: () => void): void => void scheduler.schedule(work, frame);

describe('hire and sized of WorkerPool', () => {
  it(
    'should hire nobody before the first task comes (never)',
    marbles((m) => {
      const bench = poolOf(m, 2, '|');
      bench.feed(new Tasks(), m.hot('-'));
      m.expectObservable(bench.start$).toBe('-');
      m.flush();
      expect([bench.limits, bench.offered]).toEqual([[2], 0]);
    }),
  );

  it(
    'should hire nobody for a job that has nothing to start (empty)',
    marbles((m) => {
      const bench = poolOf(m, 2, '|');
      bench.feed(new Tasks(0), m.hot('ab|'));
      m.expectObservable(bench.start$).toBe('-');
      m.flush();
      expect(bench.offered).toBe(0);
    }),
  );

  it(
    'should hire one worker for one task, and keep it (one)',
    marbles((m) => {
      const bench = poolOf(m, 2, '      ---|');
      bench.feed(new Tasks(), m.hot('   --a------b--'));
      m.expectObservable(bench.start$).toBe('--a------b--');
      m.expectObservable(bench.end$).toBe('  -----a------b');
      m.flush();
      expect([bench.offered, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should have as many at work as there may be, the others in order (many)',
    marbles((m) => {
      const bench = poolOf(m, 2, '      -----|');
      bench.feed(new Tasks(), m.hot('   (abcd)'));
      m.expectObservable(bench.start$).toBe('(ab)-(cd)');
      m.expectObservable(bench.end$).toBe('  -----(ab)-(cd)');
      m.flush();
      expect(bench.peak).toBe(2);
    }),
  );

  it(
    'should offer no other worker while one waits to be let in (many)',
    marbles((m) => {
      const bench = poolOf(m, 1, '      -----------|');
      bench.feed(new Tasks(), m.hot('   a-(bcd)-e-f'));
      m.expectObservable(bench.start$).toBe('a----------b----------c----------d----------e----------f');
      m.flush();
      expect([bench.offered, bench.peak]).toEqual([2, 1]);
    }),
  );

  it(
    'should keep the worker of a task whose stream errors (error)',
    marbles((m) => {
      const bench = poolOf(m, 1, '      --#');
      bench.feed(new Tasks(), m.hot('   (abc)'));
      m.expectObservable(bench.start$).toBe('a-b-c');
      m.expectObservable(bench.end$).toBe('  --a-b-c');
      m.flush();
      expect([bench.peak, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should leave a task that never ends its worker, and go on with the other (endless)',
    marbles((m) => {
      const bench = poolOf(m, 2, '      -----|', { a: () => NEVER });
      bench.feed(new Tasks(), m.hot('   (abcd)'));
      m.expectObservable(bench.start$).toBe('(ab)-c----d');
      m.expectObservable(bench.end$).toBe('  -----b----c----d');
    }),
  );

  it(
    'should have the worker of a task that is aborted take the next, and unsubscribe from its stream (early unsubscribe)',
    marbles((m) => {
      const left$ = m.cold('              ----------|');
      const bench = poolOf(m, 1, '        -----|', { a: () => left$ });
      bench.feed(new Tasks(), m.hot('     (ab)'));
      at(m, 3, () => {
        bench.abort('a');
      });
      m.expectObservable(bench.start$).toBe('  a--b');
      m.expectObservable(bench.end$).toBe('    --------b');
      m.expectSubscriptions(left$.subscriptions).toBe('^--!');
      m.flush();
      expect(bench.offered).toBe(2);
    }),
  );

  it(
    'should go on with the worker of a handler that throws (a callback that throws)',
    marbles((m) => {
      const fail = (): never => {
        throw new Error('no');
      };
      const bench = poolOf(m, 1, '      -------|', { a: fail, b: fail });
      bench.feed(new Tasks(), m.hot('   (abcd)'));
      m.expectObservable(bench.start$).toBe('(abc)--d');
      m.expectObservable(bench.end$).toBe('  (ab)---c------d');
      m.flush();
      expect(bench.peak).toBe(1);
    }),
  );

  it(
    'should have one worker do all that is answered at once (a handler that answers at once)',
    marbles((m) => {
      const bench = poolOf(m, 3, '', { a: () => undefined, b: () => of(1), c: () => EMPTY });
      const jobs = [new Tasks(), new Tasks()] as const;
      bench.feed(jobs[0], m.hot('        (abc)'));
      bench.feed(jobs[1], m.hot('        (abc)'));
      m.expectObservable(bench.start$).toBe('(aabbcc)');
      m.expectObservable(bench.end$).toBe('  (aabbcc)');
      m.flush();
      expect([bench.peak, bench.inside]).toEqual([1, 1]);
    }),
  );

  it(
    'should take tasks in the drain, never while one comes in (a handler that answers at once)',
    marbles((m) => {
      const bench = poolOf(m, 1, '', { a: () => undefined });
      const told: string[] = [];
      bench.start$.subscribe((task) => told.push(`${task} starts`));
      bench.put(new Tasks(), 'a');
      told.push('put');
      m.flush();
      expect(told).toEqual(['put', 'a starts']);
    }),
  );

  it(
    'should tell the values of a stream as they come, and hand the task out at its end',
    marbles((m) => {
      const bench = poolOf(m, 2, '        --x--y-|');
      bench.feed(new Tasks(), m.hot('     ab'));
      m.expectObservable(bench.value$).toBe('--xx-yy');
      m.expectObservable(bench.end$).toBe('  -------ab');
    }),
  );

  it('should let another worker in for one whose promise never comes back after an abort', async () => {
    const time = virtualTime();
    const bench = new PoolBench(time.scheduler, 1, (task) => (task === 'a' ? new Promise(() => undefined) : of(1)));
    const ended: string[] = [];
    bench.end$.subscribe((task) => ended.push(task));
    const job = new Tasks();
    bench.put(job, 'a', 'b', 'c');
    await time.advance(1);
    expect([bench.inside, ended]).toEqual([1, []]);
    bench.abort('a');
    await time.advance(1);
    expect([bench.inside, bench.peak, ended]).toEqual([1, 1, ['b', 'c']]);
  });

  it('should take no late answer of an aborted promise for that of the next task', async () => {
    const time = virtualTime();
    const [late, next] = [deferred(), deferred()];
    const bench = new PoolBench(time.scheduler, 1, (task) => (task === 'a' ? late : next).promise);
    const ended: string[] = [];
    bench.end$.subscribe((task) => ended.push(task));
    bench.put(new Tasks(), 'a', 'b');
    await time.advance(1);
    bench.abort('a');
    await time.advance(1);
    late.resolve();
    await time.advance(1);
    expect(ended).toEqual([]);
    next.resolve();
    await time.advance(1);
    expect(ended).toEqual(['b']);
  });

  it('should send the idle beyond 64 home when no job is left', () => {
    const scheduler = new VirtualTimeScheduler();
    const bench = new PoolBench(scheduler, 100, () => timer(5, scheduler));
    bench.put(new Tasks(), ...Array.from({ length: 100 }, (_, n) => String(n)));
    scheduler.flush();
    expect(bench.inside).toBe(100);
    bench.pool.trim();
    expect(bench.inside).toBe(64);
  });
});

describe('a task that is aborted in the middle of its turn (D31)', () => {
  /** Runs `a` and then `b` on one worker; `a` is aborted when it begins, or inside its handler, which then does something. */
  const run = (at: 'start' | 'handler', then: () => unknown) => {
    const scheduler = new VirtualTimeScheduler();
    const handled: string[] = [];
    const bench = new PoolBench(scheduler, 1, (task) => {
      handled.push(task);
      if (task !== 'a') return undefined;
      if (at === 'handler') bench.abort('a');
      return then();
    });
    bench.start$.subscribe((name) => {
      if (at === 'start' && name === 'a') bench.abort('a');
    });
    bench.put(new Tasks(), 'a', 'b');
    scheduler.flush();
    return { bench, handled };
  };

  it('should not be handled if that comes before its handler', () => {
    expect(run('start', () => undefined).handled).toEqual(['b']);
  });

  it.each<[string, () => unknown]>([
    ['ends', () => undefined],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['leaves a promise that never settles', () => new Promise(() => undefined)],
    ['leaves a stream that never ends', () => NEVER],
  ])('should not be asked what it comes to, nor hold its worker, if its handler then %s', (_, then) => {
    const { bench, handled } = run('handler', then);
    expect([handled, bench.late]).toEqual([['a', 'b'], []]);
  });
});
