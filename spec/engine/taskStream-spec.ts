import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { map, merge, NEVER, type Observable, Subject } from 'rxjs';
import { connection } from '../../lib/engine/connection.js';
import { Emission } from '../../lib/engine/Emission.js';
import { EventSubject } from '../../lib/engine/EventSubject.js';
import { Task } from '../../lib/engine/Task.js';
import { mergeEndless } from '../../lib/engine/mergeEndless.js';
import { Into, tasksOf, TaskStream } from '../../lib/engine/taskStream.js';
import type { Connection, Event, Plan } from '../../lib/plan/Plan.js';
import { Calling } from '../support/Calling.js';
import { endless$, marbles } from '../support/marbles.js';
import { type Act, acts, play, type Told } from '../support/twins.js';

type Tasks = Observable<Task<string>>;

// Works for code that is compiled later, such as that one.
setFlagsFromString('--expose_gc');
const gc = runInNewContext('gc') as () => void;

const CONNECTION = {} as Connection;
const emission = (order: number): Emission<string> => new Emission('job', {} as Event, {}, order, 0);
const task = (order: number): Task<string> => new Task(emission(order), CONNECTION);

const EMISSIONS = { a: emission(1), b: emission(2), c: emission(3), d: emission(4) };
const TASKS = { a: task(1), b: task(2), c: task(3), d: task(4) };

describe('mergeEndless', () => {
  it(
    'should make a stream of no connections too, which never ends (never)',
    marbles(({ expectObservable }) => {
      expectObservable(mergeEndless()).toBe('             -');
      expectObservable(mergeEndless(NEVER, NEVER)).toBe(' -');
    }),
  );

  it(
    'should go on with the other connections when an event ends (empty)',
    marbles(({ cold, hot, expectObservable }) => {
      const event$s = [cold('|', EMISSIONS), hot('--a|', EMISSIONS), hot('-----b--', EMISSIONS)];
      const task$ = mergeEndless(...event$s.map((event$) => event$.pipe(connection(CONNECTION))));
      expectObservable(task$).toBe('--a--b--', TASKS);
    }),
  );

  it(
    'should be the one connection that there is (one)',
    marbles(({ hot, expectObservable }) => {
      expectObservable(mergeEndless(hot('--a--b--', TASKS))).toBe('--a--b--', TASKS);
    }),
  );

  it(
    'should bring the tasks of all connections in the order in which they come (many)',
    marbles(({ hot, expectObservable }) => {
      const task$ = mergeEndless(
        hot('                            --a-----b--', TASKS),
        hot('                            ----c------', TASKS),
        hot('                            ------d-a--', TASKS),
      );
      expectObservable(task$).toBe('     --a-c-d-(ba)', TASKS);
    }),
  );

  it(
    'should go on as long as one of the connections does (endless)',
    marbles(({ expectObservable }) => {
      const task$ = endless$.pipe(map(() => TASKS.a));
      expectObservable(mergeEndless(NEVER, task$), '^----------!').toBe('--a--a--a--', TASKS);
    }),
  );

  it(
    'should leave all connections when it is unsubscribed (early unsubscribe)',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const [one$, two$] = [hot('                      --a--b--', TASKS), hot('---c--d', TASKS)];
      expectObservable(mergeEndless(one$, two$), '       ^---!').toBe('--ac-', TASKS);
      expectSubscriptions(one$.subscriptions).toBe('   ^---!');
      expectSubscriptions(two$.subscriptions).toBe('   ^---!');
    }),
  );

  it('should let what takes a task throw to whoever emits, and go on (a callback that throws)', () => {
    const [one$, two$] = [new Subject<Task<string>>(), new Subject<Task<string>>()];
    const orders: number[] = [];
    const take = ({ origin }: Task<string>): void => {
      if (origin.order === 1) throw new Error('no');
      orders.push(origin.order);
    };
    mergeEndless(one$, two$).subscribe(new Calling(take));
    expect(() => {
      one$.next(TASKS.a);
    }).toThrow('no');
    one$.next(TASKS.b);
    two$.next(TASKS.c);
    expect(orders).toEqual([2, 3]);
  });

  it('should bring what another connection brings while a task is taken (a value that is answered at once)', () => {
    const [one$, two$] = [new Subject<Task<string>>(), new Subject<Task<string>>()];
    const orders: number[] = [];
    mergeEndless(one$, two$).subscribe(({ origin }) => {
      orders.push(origin.order);
      if (origin.order === 1) two$.next(TASKS.b);
    });
    one$.next(TASKS.a);
    one$.next(TASKS.c);
    expect(orders).toEqual([1, 2, 3]);
  });

  it('should bring the same as `merge`, whoever comes and goes', () => {
    const toldBy = (mergeAll: (...sources: Tasks[]) => Tasks, all: readonly Act<Coming>[]): readonly Told<Task<string>>[] => {
      const sources = [0, 1, 2].map(() => new Subject<Task<string>>());
      return play(
        all,
        ({ source, order }) => {
          sources[source]?.next(task(order));
        },
        mergeAll(...sources),
      );
    };
    fc.assert(
      fc.property(acts(coming), (all) => {
        expect(toldBy(mergeEndless, all)).toEqual(toldBy((...sources) => merge(...sources), all));
      }),
    );
  });
});

/** An event whose connection flows into the stream. */
const planInto = (stream$: TaskStream<string>): EventSubject<Emission<string>> => {
  const event$ = new EventSubject<Emission<string>>();
  mergeEndless(event$.pipe(connection(CONNECTION))).subscribe(new Into(stream$));
  event$.next(EMISSIONS.a);
  return event$;
};

/** A task that comes by one of three connections. */
interface Coming {
  readonly source: number;
  readonly order: number;
}

const coming: fc.Arbitrary<Coming> = fc.record({ source: fc.nat(2), order: fc.nat() }, { noNullPrototype: true });

describe('tasksOf', () => {
  const eventOf = (emission$: Subject<unknown>, connections: readonly Connection[]): Event =>
    ({ emission$, connections }) as unknown as Event;
  const planOf = (...events: readonly Event[]): Pick<Plan, 'routines'> =>
    ({ routines: new Map([['r', { events: new Map(events.entries()) }]]) }) as unknown as Plan;
  const [p, q, r] = [{ nth: 0 }, { nth: 1 }, { nth: 2 }] as unknown as [Connection, Connection, Connection];

  it('should bring a task over each connection of each event, in their order', () => {
    const [one$, two$] = [new EventSubject<unknown>(), new EventSubject<unknown>()];
    const tasks: Task<string>[] = [];
    tasksOf<string>(planOf(eventOf(one$, [p, q]), eventOf(two$, [r]))).subscribe((each) => tasks.push(each));
    two$.next(EMISSIONS.a);
    one$.next(EMISSIONS.b);
    expect(tasks).toEqual([new Task(EMISSIONS.a, r), new Task(EMISSIONS.b, p), new Task(EMISSIONS.b, q)]);
  });

  it('should make pipes that cost nothing before they are subscribed to', () => {
    const emission$ = new EventSubject<unknown>();
    tasksOf(planOf(eventOf(emission$, [p])));
    expect(emission$.observed).toBe(false);
  });
});

describe('TaskStream', () => {
  it(
    'should be fed by the connections of a plan, by those of the next, and by `next` (many)',
    marbles(({ hot, expectObservable }) => {
      const stream$ = new TaskStream<string>();
      mergeEndless(hot('              --a-----b--', TASKS)).subscribe(new Into(stream$));
      mergeEndless(hot('              ----c------', TASKS)).subscribe(new Into(stream$));
      hot('                         ------d----', TASKS).subscribe((entry) => {
        stream$.next(entry);
      });
      expectObservable(stream$).toBe('--a-c-d-b--', TASKS);
    }),
  );

  it(
    'should not end with a plan (empty)',
    marbles(({ cold, hot, expectObservable }) => {
      const stream$ = new TaskStream<string>();
      mergeEndless(cold('             |', TASKS)).subscribe(new Into(stream$));
      mergeEndless(hot('              --a-----', TASKS)).subscribe(new Into(stream$));
      expectObservable(stream$).toBe('--a-----', TASKS);
    }),
  );

  it('should not keep the plans that flow into it', async () => {
    const stream$ = new TaskStream<string>();
    stream$.subscribe();
    const plan = new WeakRef(planInto(stream$));
    await new Promise((resolve) => void setImmediate(resolve));
    gc();
    expect([plan.deref(), stream$.observed]).toEqual([undefined, true]);
  });

  it('should tell the same as `Subject`, whoever comes and goes', () => {
    const toldBy = (stream$: Subject<Task<string>>, all: readonly Act<Task<string>>[]): readonly Told<Task<string>>[] =>
      play(
        all,
        (each) => {
          stream$.next(each);
        },
        stream$,
      );
    fc.assert(
      fc.property(acts(fc.nat().map(task)), (all) => {
        expect(toldBy(new TaskStream(), all)).toEqual(toldBy(new Subject<Task<string>>(), all));
      }),
    );
  });
});
