import fc from 'fast-check';
import { map, mergeMap, NEVER, of, type OperatorFunction, Subject, tap } from 'rxjs';
import { settle } from '../../lib/engine/settle.js';
import { Calling } from '../support/Calling.js';
import { endless$, marbles } from '../support/marbles.js';
import { type Act, acts, play, type Told } from '../support/twins.js';

interface Attempt {
  readonly run: Job;
  readonly name: string;
}

/** A job that notes what it is asked to do, and throws what is to be thrown. */
class Job {
  readonly told: string[] = [];

  readonly parts = {
    ledger: { warn: (message: string, error: unknown): void => void this.told.push(`${message}: ${String(error)}`) },
  };

  constructor(private readonly broken = '') {}

  settle({ name }: Attempt): void {
    if (name === this.broken) throw new Error(`no ${name}`);
    this.told.push(name);
  }

  attempt(name: string): Attempt {
    return { run: this, name };
  }
}

const FAULT = 'A task could not be settled; this is a fault of routilux: Error: no';

/** Attempts of two jobs. */
const twoJobs = () => {
  const [r, s] = [new Job(), new Job()];
  return { r, s, attempts: { a: r.attempt('a'), b: r.attempt('b'), c: s.attempt('c') }, jobs: { r, s } };
};

describe('settle', () => {
  it(
    'should settle nothing before an attempt comes (never)',
    marbles((m) => {
      const { r, attempts } = twoJobs();
      m.expectObservable(m.hot('-', attempts).pipe(settle())).toBe('-');
      m.expectObservable(NEVER.pipe(settle())).toBe('            -');
      m.flush();
      expect(r.told).toEqual([]);
    }),
  );

  it(
    'should pass no end on (empty)',
    marbles((m) => {
      const { attempts, jobs } = twoJobs();
      m.expectObservable(m.cold('|', attempts).pipe(settle())).toBe('  -');
      m.expectObservable(m.hot('-a-|', attempts).pipe(settle())).toBe('-r-', jobs);
    }),
  );

  it(
    'should settle an attempt, then tell of its job (one)',
    marbles((m) => {
      const { attempts } = twoJobs();
      const told$ = m.hot('--a--', attempts).pipe(
        settle(),
        map(({ told }) => told.join()),
      );
      m.expectObservable(told$).toBe('--a--');
    }),
  );

  it(
    'should settle the attempts of all jobs, in order (many)',
    marbles((m) => {
      const { r, s, attempts, jobs } = twoJobs();
      m.expectObservable(m.hot('-a-(cb)-', attempts).pipe(settle())).toBe('-r-(sr)-', jobs);
      m.flush();
      expect([r.told, s.told]).toEqual([['a', 'b'], ['c']]);
    }),
  );

  it(
    'should go on as long as attempts come (endless)',
    marbles((m) => {
      const { r, attempts, jobs } = twoJobs();
      const attempt$ = endless$.pipe(map(() => attempts.a));
      m.expectObservable(attempt$.pipe(settle()), '^----------!').toBe('--r--r--r--', jobs);
      m.flush();
      expect(r.told).toEqual(['a', 'a', 'a']);
    }),
  );

  it(
    'should leave its source when it is unsubscribed (early unsubscribe)',
    marbles((m) => {
      const { r, attempts, jobs } = twoJobs();
      const attempt$ = m.hot('                            --a--b--', attempts);
      m.expectObservable(attempt$.pipe(settle()), '       ^--!').toBe('--r-', jobs);
      m.expectSubscriptions(attempt$.subscriptions).toBe('^--!');
      m.flush();
      expect(r.told).toEqual(['a']);
    }),
  );

  it('should warn of what is thrown, and tell of the job all the same (a callback that throws)', () => {
    const job = new Job('a');
    const runs: Job[] = [];
    of(job.attempt('a'), job.attempt('b'))
      .pipe(settle())
      .subscribe((run) => runs.push(run));
    expect(runs).toEqual([job, job]);
    expect(job.told).toEqual([`${FAULT} a`, 'b']);
  });

  it('should settle what comes while an attempt is settled (a value that is answered at once)', () => {
    const attempt$ = new Subject<Attempt>();
    const job = new Job();
    const settled: string[] = [];
    attempt$.pipe(settle()).subscribe(({ told }) => {
      settled.push(told.join());
      if (told.length === 1) attempt$.next(job.attempt('b'));
    });
    attempt$.next(job.attempt('a'));
    expect(settled).toEqual(['a', 'a,b']);
  });

  it('should not hide what the next operator throws', () => {
    const attempt$ = new Subject<Attempt>();
    const job = new Job();
    const rest = (): never => {
      throw new Error('no rest');
    };
    attempt$.pipe(settle()).subscribe(new Calling(rest));
    expect(() => {
      attempt$.next(job.attempt('a'));
    }).toThrow('no rest');
    expect(job.told).toEqual(['a']);
  });

  it('should settle and tell the same as `tap` and `map`, whoever comes and goes', () => {
    const toldBy = (operator: OperatorFunction<Attempt, Job>, names: readonly Act<string>[]): readonly Told<string>[] => {
      const attempt$ = new Subject<Attempt>();
      const job = new Job();
      return play(
        names,
        (name) => {
          attempt$.next(job.attempt(name));
        },
        attempt$.pipe(
          operator,
          map(({ told }) => told.join()),
        ),
      );
    };
    fc.assert(
      fc.property(acts(fc.constantFrom('a', 'b', 'c')), (names) => {
        expect(toldBy(settle(), names)).toEqual(toldBy(plainSettle, names));
      }),
    );
  });

  // ── behind `mergeMap` nothing may throw ───────────────────────────────────────────────────────────────────────────

  it('should keep the pool alive, which `tap` does not', () => {
    const outcome = (operator: OperatorFunction<Attempt, Job>): readonly string[] => {
      const job = new Job('a');
      const worker$ = new Subject<Attempt>();
      const seen: string[] = [];
      worker$
        .pipe(
          mergeMap((attempt) => of(attempt), 2),
          operator,
        )
        .subscribe({ next: () => seen.push('next'), error: () => seen.push('error') });
      for (const name of ['a', 'b', 'c']) worker$.next(job.attempt(name));
      return [...seen, ...job.told];
    };
    expect(outcome(settle())).toEqual(['next', 'next', 'next', `${FAULT} a`, 'b', 'c']);
    expect(outcome(plainSettle)).toEqual(['error']);
  });
});

/** What most would write. */
const plainSettle: OperatorFunction<Attempt, Job> = (attempt$) =>
  attempt$.pipe(
    tap((attempt) => {
      attempt.run.settle(attempt);
    }),
    map(({ run }) => run),
  );
