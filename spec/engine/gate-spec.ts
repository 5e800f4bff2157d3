import { map, NEVER, type Observable, Subject, tap } from 'rxjs';
import { gate, type Toggle } from '../../lib/engine/gate.js';
import { Calling } from '../support/Calling.js';
import { Job, type Task } from '../support/gated.js';
import { endless$, type Marbles, marbles } from '../support/marbles.js';

/** One job: each letter is a task of it; `o` opens its gate and `x` closes it. */
const played = ({ hot }: Marbles, job: Job, tasks: string, toggles: string): Observable<Job> =>
  hot(tasks)
    .pipe(map((name) => job.task(name)))
    .pipe(gate(hot(toggles).pipe(map((letter) => job.toggle(letter === 'o')))));

/** What waits when the job is announced; it stays in the queue. */
const queues = (run$: Observable<Job>): Observable<string> => run$.pipe(map(({ queue }) => queue));

/** What waits when the job is announced; the job takes it. */
const takes = (run$: Observable<Job>): Observable<string> => run$.pipe(map((job) => job.take()));

/** A gate on its own, and what its watcher is told. */
const bench = (watch: (run$: Observable<Job>) => Observable<string>) => {
  const [task$, toggle$] = [new Subject<Task>(), new Subject<Toggle<Job>>()];
  const told: string[] = [];
  watch(task$.pipe(gate(toggle$))).subscribe((queue) => told.push(queue));
  return { task$, toggle$, told };
};

describe('gate', () => {
  it(
    'should announce no job before something comes (never)',
    marbles((m) => {
      m.expectObservable(played(m, new Job(), '-', '-')).toBe('-');
    }),
  );

  it(
    'should pass no end on, since the streams of a flow have none (empty)',
    marbles((m) => {
      m.expectObservable(played(m, new Job(), '|', '|')).toBe('-');
    }),
  );

  it(
    'should keep a task that comes before the gate opens, and announce the job then (one)',
    marbles((m) => {
      const run$ = played(m, new Job(), '        --a-----', '-----o--');
      m.expectObservable(queues(run$)).toBe('-----a--', { a: 'a' });
    }),
  );

  it(
    'should announce the job with each task while its gate is open, and keep its tasks while that is closed (many)',
    marbles((m) => {
      const task$ = '                         --a--b-----c--d------';
      const toggle$ = '                       o-------x--------o---';
      const run$ = played(m, new Job(), task$, toggle$);
      m.expectObservable(queues(run$)).toBe('e-a--b-----------d---', { e: '', a: 'a', b: 'ab', d: 'abcd' });
    }),
  );

  it(
    'should give the job each task once, in order, however often its gate is toggled (many)',
    marbles((m) => {
      const task$ = '                        -a-b-c-d-e-f-g-h--';
      const toggle$ = '                      ----o-x---o---x--o';
      const run$ = played(m, new Job(), task$, toggle$);
      m.expectObservable(takes(run$)).toBe('----bc----ef-g---h', { b: 'ab', c: 'c', e: 'de', f: 'f', g: 'g', h: 'h' });
    }),
  );

  it(
    'should keep what comes after the gate was opened and closed in one frame',
    marbles((m) => {
      const run$ = played(m, new Job(), '       a----b---', '--(ox)--o');
      m.expectObservable(takes(run$)).toBe('--a-----b', { a: 'a', b: 'b' });
    }),
  );

  it(
    'should announce the job anew if its gate was closed and opened in one frame',
    marbles((m) => {
      const run$ = played(m, new Job(), '       -a------b', 'o--(xo)--');
      m.expectObservable(takes(run$)).toBe('ea-e----b', { a: 'a', b: 'b', e: '' });
    }),
  );

  it(
    'should give each task once in a burst of toggles',
    marbles((m) => {
      const run$ = played(m, new Job(), '       (ab)-------c', '--(oxoxo)---');
      m.expectObservable(takes(run$)).toBe('--(bee)----c', { b: 'ab', c: 'c', e: '' });
    }),
  );

  it(
    'should let the last task pass if the gate closes right after it',
    marbles((m) => {
      const job = new Job();
      m.expectObservable(takes(played(m, job, '--a', 'o-x'))).toBe('e-a', { a: 'a', e: '' });
      m.flush();
      expect([job.isOpen, job.queue]).toEqual([false, '']);
    }),
  );

  it(
    'should keep the last task if the gate closes right before it',
    marbles((m) => {
      const job = new Job();
      m.expectObservable(takes(played(m, job, '--a', 'ox-'))).toBe('e--', { e: '' });
      m.flush();
      expect([job.isOpen, job.queue]).toEqual([false, 'a']);
    }),
  );

  it(
    'should announce the job again if it is told again to open, and queue nothing anew',
    marbles((m) => {
      const job = new Job();
      const requeue = jest.spyOn(job, 'requeue');
      const run$ = played(m, job, '             a-------', '--o--o--x');
      m.expectObservable(queues(run$)).toBe('--a--a---', { a: 'a' });
      m.flush();
      expect(requeue).toHaveBeenCalledTimes(1);
    }),
  );

  it(
    'should toggle one job and no other',
    marbles((m) => {
      const [one, two] = [new Job(), new Job()];
      const task$ = m.hot('             a-A-b-B-', { a: one.task('a'), A: two.task('A'), b: one.task('b'), B: two.task('B') });
      const toggle$ = m.hot('           -o---x-o', { o: one.toggle(true), x: one.toggle(false) });
      const run$ = task$.pipe(gate(toggle$));
      m.expectObservable(queues(run$)).toBe('-a--b--b', { a: 'a', b: 'ab' });
      m.flush();
      expect([two.isOpen, two.queue]).toEqual([false, 'AB']);
    }),
  );

  it(
    'should not announce a job that stands in the ring',
    marbles((m) => {
      const job = new Job();
      const run$ = played(m, job, '             --a-b-c', 'o------');
      job.inRing = true;
      m.expectObservable(queues(run$)).toBe('e------', { e: '' });
      m.flush();
      expect(job.queue).toBe('abc');
    }),
  );

  it('should let deferred events pass before what waits, and announce the job once with all of it (D22)', () => {
    const job = new Job();
    const { task$, toggle$, told } = bench(queues);
    for (const name of ['a', 'b']) task$.next(job.task(name));
    job.emitDeferred = () => {
      for (const name of ['d', 'e']) task$.next(job.task(name));
    };
    toggle$.next(job.toggle(true));
    expect(told).toEqual(['deab']);
  });

  it(
    'should go on as long as tasks come (endless)',
    marbles((m) => {
      const job = new Job();
      const task$ = endless$.pipe(map((n) => job.task(String(n))));
      const run$ = task$.pipe(gate(m.hot('------o').pipe(map(() => job.toggle(true)))));
      m.expectObservable(takes(run$), '      ^-----------!').toBe('------a-c--d', { a: '01', c: '2', d: '3' });
    }),
  );

  it(
    'should leave the tasks and the toggles when it is unsubscribed (early unsubscribe)',
    marbles((m) => {
      const job = new Job();
      const task$ = m.hot('                 --a--b--', { a: job.task('a'), b: job.task('b') });
      const toggle$ = m.hot('               o-----x-', { o: job.toggle(true), x: job.toggle(false) });
      m.expectObservable(queues(task$.pipe(gate(toggle$))), '^---!').toBe('e-a-', { e: '', a: 'a' });
      m.expectSubscriptions(task$.subscriptions).toBe('  ^---!');
      m.expectSubscriptions(toggle$.subscriptions).toBe('^---!');
      m.flush();
      expect([job.isOpen, job.queue]).toEqual([true, 'a']);
    }),
  );

  it('should let what a job throws go up to whoever emits, and go on (a callback that throws)', () => {
    const [job, full] = [new Job(), new Job()];
    const { task$, toggle$, told } = bench(takes);
    full.keep = () => {
      throw new Error('no');
    };
    for (const run of [job, full]) toggle$.next(run.toggle(true));
    expect(() => {
      task$.next(full.task('b'));
    }).toThrow('no');
    task$.next(job.task('c'));
    expect(told).toEqual(['', '', 'c']);
  });

  it('should keep a task whose announcement throws (a callback that throws)', () => {
    const job = new Job();
    const task$ = new Subject<Task>();
    const announce = (): never => {
      throw new Error('no');
    };
    task$.pipe(gate(NEVER)).subscribe(new Calling(announce));
    job.isOpen = true;
    expect(() => {
      task$.next(job.task('a'));
    }).toThrow('no');
    expect(job.queue).toBe('a');
  });

  it('should announce a job again for a task that comes while it is announced (a value that is answered at once)', () => {
    const job = new Job();
    const { task$, toggle$, told } = bench((run$) =>
      takes(run$).pipe(
        tap((taken) => {
          if (taken === 'a') task$.next(job.task('b'));
        }),
      ),
    );
    toggle$.next(job.toggle(true));
    task$.next(job.task('a'));
    expect(told).toEqual(['', 'b', 'a']);
  });

  it('should close at once if that is the answer to an announcement (a value that is answered at once)', () => {
    const job = new Job();
    const { task$, toggle$, told } = bench((run$) =>
      takes(run$).pipe(
        tap(() => {
          toggle$.next(job.toggle(false));
        }),
      ),
    );
    task$.next(job.task('a'));
    toggle$.next(job.toggle(true));
    task$.next(job.task('b'));
    expect([told, job.isOpen, job.queue]).toEqual([['a'], false, 'b']);
  });
});
