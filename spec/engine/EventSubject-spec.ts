import fc from 'fast-check';
import { Subject } from 'rxjs';
import { EventSubject } from '../../lib/engine/EventSubject.js';
import { JobSubject } from '../../lib/engine/JobSubject.js';
import { Calling } from '../support/Calling.js';
import { endless$, type Marbles, marbles } from '../support/marbles.js';
import { type Act, acts, play, type Told } from '../support/twins.js';

describe.each([
  ['EventSubject', EventSubject],
  ['JobSubject', JobSubject],
])('%s', (_, Kind) => {
  /** One that emits in the frames of a diagram. */
  const emitting = ({ hot }: Marbles, diagram: string): Subject<string> => {
    const event$ = new Kind<string>();
    hot(diagram).subscribe(event$);
    return event$;
  };

  it('should find the observers of a Subject, which RxJS 8 takes away', () => {
    const subject$ = new Subject<number>();
    const subscription = subject$.subscribe();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what this spec is about
    expect(subject$.observers).toEqual([subscription]);
  });

  it(
    'should emit nothing before it is told to (never)',
    marbles((m) => {
      m.expectObservable(emitting(m, '-')).toBe('-');
    }),
  );

  it(
    'should end when it is told to (empty)',
    marbles((m) => {
      m.expectObservable(emitting(m, '---|')).toBe('---|');
    }),
  );

  it(
    'should emit one value (one)',
    marbles((m) => {
      m.expectObservable(emitting(m, '--a--')).toBe('--a--');
    }),
  );

  it(
    'should emit to each of its observers, also to one that comes later (many)',
    marbles((m) => {
      const event$ = emitting(m, '             --a--b--c--');
      m.expectObservable(event$).toBe('        --a--b--c--');
      m.expectObservable(event$).toBe('        --a--b--c--');
      m.expectObservable(event$, '   ----^').toBe('-----b--c--');
    }),
  );

  it('should emit to its observers in the order in which they were subscribed (many)', () => {
    const event$ = new Kind<number>();
    const told: string[] = [];
    for (const name of ['first', 'second', 'third']) event$.subscribe((value) => told.push(`${name} ${value}`));
    event$.next(1);
    expect(told).toEqual(['first 1', 'second 1', 'third 1']);
  });

  it(
    'should tell an error (error)',
    marbles((m) => {
      m.expectObservable(emitting(m, '--a--#')).toBe('--a--#');
    }),
  );

  it(
    'should go on for ever (endless)',
    marbles((m) => {
      const event$ = new Kind<number>();
      endless$.subscribe(event$);
      m.expectObservable(event$, '^----------!').toBe('--a--b--c--', { a: 0, b: 1, c: 2 });
    }),
  );

  it(
    'should go on with the others when one unsubscribes (early unsubscribe)',
    marbles((m) => {
      const event$ = emitting(m, '          --a--b--c--');
      m.expectObservable(event$, '^---!').toBe('--a--');
      m.expectObservable(event$).toBe('     --a--b--c--');
    }),
  );

  it('should let what an observer throws go up to whoever emits, and go on with the next value (a callback that throws)', () => {
    const event$ = new Kind<number>();
    const told: number[] = [];
    const work = (value: number): void => {
      if (value === 1) throw new Error('no');
      told.push(value);
    };
    event$.subscribe(new Calling(work));
    expect(() => event$.next(1)).toThrow('no');
    event$.next(2);
    expect(told).toEqual([2]);
  });

  it('should emit at once what an observer answers with, as a Subject does (a value that is answered at once)', () => {
    const toldBy = (event$: Subject<number>): readonly string[] => {
      const told: string[] = [];
      event$.subscribe((value) => {
        told.push(`first ${value}`);
        if (value < 3) event$.next(value + 1);
      });
      event$.subscribe((value) => told.push(`second ${value}`));
      event$.next(1);
      return told;
    };
    const told = toldBy(new Kind());
    expect(told).toEqual(['first 1', 'first 2', 'first 3', 'second 3', 'second 2', 'second 1']);
    expect(told).toEqual(toldBy(new Subject()));
  });

  it('should tell its observers the same as `Subject`, whoever comes and goes', () => {
    const toldBy = <T>(event$: Subject<T>, all: readonly Act<T>[]): readonly Told<T>[] =>
      play(
        all,
        (value) => {
          event$.next(value);
        },
        event$,
      );
    fc.assert(
      fc.property(acts(fc.nat()), (all) => {
        expect(toldBy(new Kind<number>(), all)).toEqual(toldBy(new Subject<number>(), all));
      }),
    );
  });
});
