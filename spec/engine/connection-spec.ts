import fc from 'fast-check';
import { map, NEVER, type OperatorFunction, Subject } from 'rxjs';
import { connection } from '../../lib/engine/connection.js';
import { Emission } from '../../lib/engine/Emission.js';
import { Task } from '../../lib/engine/Task.js';
import type { Connection, Event } from '../../lib/plan/Plan.js';
import { Calling } from '../support/Calling.js';
import { endless$, marbles } from '../support/marbles.js';
import { type Act, acts, play, type Told } from '../support/twins.js';

const emission = (order: number): Emission<string> => new Emission('job', {} as Event, { order }, order, 0);
const at = (nth: number): Connection => ({ nth }) as Connection;

const FIRST = at(0);
const EMISSIONS = { a: emission(1), b: emission(2), c: emission(3) };
const TASKS = { A: new Task(EMISSIONS.a, FIRST), B: new Task(EMISSIONS.b, FIRST), C: new Task(EMISSIONS.c, FIRST) };

/** What most would write. */
const plainConnection = (to: Connection): OperatorFunction<Emission<string>, Task<string>> => map((each) => new Task(each, to));

describe('connection', () => {
  it(
    'should make no task before something is emitted (never)',
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-', EMISSIONS).pipe(connection(FIRST))).toBe('-');
      expectObservable(NEVER.pipe(connection(FIRST))).toBe('            -');
    }),
  );

  it(
    'should not end the task stream with its event (empty)',
    marbles(({ cold, hot, expectObservable }) => {
      expectObservable(cold('|', EMISSIONS).pipe(connection(FIRST))).toBe('      -');
      expectObservable(hot('--a--|', EMISSIONS).pipe(connection(FIRST))).toBe('  --A---', TASKS);
    }),
  );

  it(
    'should make the task of its slot (one)',
    marbles(({ hot, expectObservable }) => {
      const emission$ = hot('                                    --a--', EMISSIONS);
      expectObservable(emission$.pipe(connection(FIRST))).toBe('--A--', TASKS);
    }),
  );

  it(
    'should make a task of each emission, in order (many)',
    marbles(({ hot, expectObservable }) => {
      const emission$ = hot('                                    --a--(bc)-a--', EMISSIONS);
      expectObservable(emission$.pipe(connection(FIRST))).toBe('--A--(BC)-A--', TASKS);
    }),
  );

  it(
    'should make a task for each of the connections of one event, which share the emission (many)',
    marbles(({ hot, expectObservable }) => {
      const emission$ = hot('                                       --a--b--', EMISSIONS);
      const [one, two] = [at(0), at(1)];
      expectObservable(emission$.pipe(connection(one))).toBe('--x--y--', {
        x: new Task(EMISSIONS.a, one),
        y: new Task(EMISSIONS.b, one),
      });
      expectObservable(emission$.pipe(connection(two))).toBe('--x--y--', {
        x: new Task(EMISSIONS.a, two),
        y: new Task(EMISSIONS.b, two),
      });
    }),
  );

  it('should keep the emission and the connection as they are, without a copy', () => {
    const emission$ = new Subject<Emission<string>>();
    const tasks: Task<string>[] = [];
    emission$.pipe(connection(FIRST)).subscribe((task) => tasks.push(task));
    emission$.next(EMISSIONS.a);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toBeInstanceOf(Task);
    expect(tasks[0]?.origin).toBe(EMISSIONS.a);
    expect(tasks[0]?.connection).toBe(FIRST);
  });

  it(
    'should go on as long as its event does (endless)',
    marbles(({ expectObservable }) => {
      const emission$ = endless$.pipe(map(() => EMISSIONS.a));
      expectObservable(emission$.pipe(connection(FIRST)), '^----------!').toBe('--A--A--A--', TASKS);
    }),
  );

  it(
    'should leave its event when it is unsubscribed (early unsubscribe)',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const emission$ = hot('                                           --a--b--c--', EMISSIONS);
      expectObservable(emission$.pipe(connection(FIRST)), '             ^-----!').toBe('--A--B-', TASKS);
      expectSubscriptions(emission$.subscriptions).toBe('               ^-----!');
    }),
  );

  it('should let what the task stream throws go up to whoever emits, and go on (a callback that throws)', () => {
    const emission$ = new Subject<Emission<string>>();
    const orders: number[] = [];
    const take = ({ origin }: Task<string>): void => {
      if (origin.order === 1) throw new Error('no');
      orders.push(origin.order);
    };
    emission$.pipe(connection(FIRST)).subscribe(new Calling(take));
    expect(() => {
      emission$.next(EMISSIONS.a);
    }).toThrow('no');
    emission$.next(EMISSIONS.b);
    expect(orders).toEqual([2]);
  });

  it('should make the task of what is emitted while one is taken (a value that is answered at once)', () => {
    const emission$ = new Subject<Emission<string>>();
    const orders: number[] = [];
    emission$.pipe(connection(FIRST)).subscribe(({ origin }) => {
      orders.push(origin.order);
      if (origin.order < 3) emission$.next(emission(origin.order + 1));
    });
    emission$.next(EMISSIONS.a);
    expect(orders).toEqual([1, 2, 3]);
  });

  it('should make the same tasks as `map`, whoever comes and goes', () => {
    const toldBy = (
      operator: OperatorFunction<Emission<string>, Task<string>>,
      all: readonly Act<Emission<string>>[],
    ): readonly Told<Task<string>>[] => {
      const emission$ = new Subject<Emission<string>>();
      return play(
        all,
        (each) => {
          emission$.next(each);
        },
        emission$.pipe(operator),
      );
    };
    fc.assert(
      fc.property(acts(fc.nat().map(emission)), fc.nat(3).map(at), (all, to) => {
        expect(toldBy(connection(to), all)).toEqual(toldBy(plainConnection(to), all));
      }),
    );
  });
});
