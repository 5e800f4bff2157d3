import fc from 'fast-check';
import { filter, map, type MonoTypeOperatorFunction, NEVER, Subject } from 'rxjs';
import { idle, type Resting } from '../../lib/engine/idle.js';
import { Calling } from '../support/Calling.js';
import { endless$, marbles } from '../support/marbles.js';
import { type Act, acts, play, type Told } from '../support/twins.js';

/** Two jobs that are busy, and one that is at rest. */
const JOBS = { a: { isBusy: true }, b: { isBusy: true }, r: { isBusy: false }, s: { isBusy: false } };

/** A job with so many tasks that are queued or in flight. */
class Job implements Resting {
  constructor(public left: number) {}

  get isBusy(): boolean {
    return this.left > 0;
  }
}

describe('idle', () => {
  it(
    'should tell nothing before something has ended (never)',
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-', JOBS).pipe(idle())).toBe('-');
      expectObservable(NEVER.pipe(idle())).toBe('        -');
    }),
  );

  it(
    'should pass no end on (empty)',
    marbles(({ cold, hot, expectObservable }) => {
      expectObservable(cold('|', JOBS).pipe(idle())).toBe('  -');
      expectObservable(hot('-r-|', JOBS).pipe(idle())).toBe('-r-', JOBS);
    }),
  );

  it(
    'should tell of a job that is at rest, and not of one that is busy (one)',
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('--r--', JOBS).pipe(idle())).toBe('--r--', JOBS);
      expectObservable(hot('--a--', JOBS).pipe(idle())).toBe('-----', JOBS);
    }),
  );

  it(
    'should tell of each job whenever it is at rest (many)',
    marbles(({ hot, expectObservable }) => {
      const run$ = hot('                     -a-r-(bs)-r-a', JOBS);
      expectObservable(run$.pipe(idle())).toBe('---r-s----r--', JOBS);
    }),
  );

  it(
    'should look at a job at the moment it comes: the last task leaves nothing to do (many)',
    marbles(({ hot, expectObservable }) => {
      const job = new Job(3);
      const run$ = hot('--r--r--r--').pipe(
        map(() => {
          job.left--;
          return job;
        }),
      );
      expectObservable(run$.pipe(idle())).toBe('--------r--', { r: job });
    }),
  );

  it(
    'should tell of the same job again, which may come to rest many times: a pause, a feed',
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-rrr', JOBS).pipe(idle())).toBe('-rrr', JOBS);
    }),
  );

  it(
    'should go on as long as something ends (endless)',
    marbles(({ expectObservable }) => {
      const run$ = endless$.pipe(map((n) => (n % 2 === 0 ? JOBS.r : JOBS.a)));
      expectObservable(run$.pipe(idle()), '^----------!').toBe('--r-----r--', JOBS);
    }),
  );

  it(
    'should leave its source when it is unsubscribed (early unsubscribe)',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const run$ = hot('                             --r--r--', JOBS);
      expectObservable(run$.pipe(idle()), '          ^--!').toBe('--r-', JOBS);
      expectSubscriptions(run$.subscriptions).toBe(' ^--!');
    }),
  );

  it('should let what a job throws go up, and go on with the next (a callback that throws)', () => {
    const run$ = new Subject<Resting>();
    const told: Resting[] = [];
    const broken = {
      get isBusy(): never {
        throw new Error('no');
      },
    };
    run$.pipe(idle()).subscribe(new Calling((run) => told.push(run)));
    expect(() => {
      run$.next(broken);
    }).toThrow('no');
    run$.next(JOBS.r);
    expect(told).toEqual([JOBS.r]);
  });

  it('should tell of a job that comes to rest while another is told of (a value that is answered at once)', () => {
    const run$ = new Subject<Resting>();
    const told: Resting[] = [];
    run$.pipe(idle()).subscribe((run) => {
      told.push(run);
      if (run === JOBS.r) run$.next(JOBS.s);
    });
    run$.next(JOBS.r);
    expect(told).toEqual([JOBS.r, JOBS.s]);
    expect(told[1]).toBe(JOBS.s);
  });

  it('should tell the same as `filter`, whoever comes and goes', () => {
    const toldBy = (operator: MonoTypeOperatorFunction<Resting>, all: readonly Act<Resting>[]): readonly Told<Resting>[] => {
      const run$ = new Subject<Resting>();
      return play(
        all,
        (run) => {
          run$.next(run);
        },
        run$.pipe(operator),
      );
    };
    fc.assert(
      fc.property(acts(fc.constantFrom(...Object.values(JOBS))), (all) => {
        expect(toldBy(idle(), all)).toEqual(
          toldBy(
            filter(({ isBusy }) => !isBusy),
            all,
          ),
        );
      }),
    );
  });
});
