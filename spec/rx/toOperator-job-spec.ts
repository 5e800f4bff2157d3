import fc from 'fast-check';
import {
  bufferCount,
  catchError,
  concat,
  concatMap,
  count,
  distinct,
  EMPTY,
  firstValueFrom,
  from,
  last,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  type OperatorFunction,
  range,
  retry,
  scan,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import {
  currentContext,
  type Data,
  ErrorHandler,
  Flow,
  type FlowOptions,
  type Job,
  JobError,
  TimeoutError,
} from '../../lib/index.js';
import { fromOperator, fromSource, toOperator, type ToOperatorOptions } from '../../lib/rx/index.js';
import { flowOf, forward, routine, sleep } from '../support/flows.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { rest, until } from '../support/turns.js';
import { newFate, watched$ } from './sources.js';

const boom = new Error('boom');

interface Letter {
  readonly v: string;
}

/** `s` hands each letter to `t`, which works on it: what that gives goes out on `t.o`. */
const flowWith = (work: (v: string) => unknown, options: FlowOptions = {}): Flow =>
  flowOf(
    { s: { slots: { trigger: forward } }, t: { slots: { i: [({ v }) => work(v as string), { emits: 'o' }] } } },
    ['s.o -> t.i'],
    options,
  );

/** In virtual time: a letter, a frame later its capital, and the end another frame later. */
const twice = ({ cold, scheduler }: Marbles, options: FlowOptions = {}, work = 'lL|'): Flow =>
  flowWith((v) => cold(work, { l: { v }, L: { v: v.toUpperCase() } }, boom), { scheduler, ...options });

const echo = (options: FlowOptions = {}): Flow => flowWith((v) => of({ v }), options);

/** The flow as an operator on letters, so that a diagram shows payloads. */
const through = (flow: Flow, more: Partial<ToOperatorOptions<string>> = {}): OperatorFunction<string, string> => {
  const operator: OperatorFunction<Letter, Data> = toOperator(flow, { entry: 's', output: 't.o', as: 'job', ...more });
  return (v$) =>
    v$.pipe(
      map((v): Letter => ({ v })),
      operator,
      map(({ v }) => v as string),
    );
};

/** An error of the job as one more value, for a diagram. */
const failing = catchError<string, Observable<string>>((error: unknown) => of(error instanceof JobError ? 'x' : 'raw'));

/** A flow whose only work is this operator. */
const operating = (operator: OperatorFunction<never, unknown>, options: FlowOptions = {}): Flow => {
  const flow = new Flow(options);
  flow.addRoutine(routine({ slots: { trigger: forward } }), 's');
  flow.addRoutine(fromOperator('op', operator as OperatorFunction<object, unknown>), 'op');
  flow.connect('s', 'o', 'op', 'input');
  return flow;
};

const allOf = (flow: Flow, source$: Observable<object>, output = 'op.output'): Promise<readonly Data[]> =>
  firstValueFrom(source$.pipe(toOperator(flow, { entry: 's', output, as: 'job' }), toArray()));

const numbers = (end: number): Observable<{ n: number }> => range(1, end).pipe(map((n) => ({ n })));

describe("toOperator, as 'job': one job for the whole stream", () => {
  it('should give its values in the handler that has subscribed: a run that follows borrows its worker (D16)', async () => {
    const seen = new Set<unknown>();
    const trigger = (): Observable<unknown> =>
      from([{ v: 'a' }, { v: 'b' }]).pipe(
        toOperator(flow, { entry: 's', output: 's.o', as: 'job' }),
        concatMap(() => {
          seen.add(currentContext()?.routineId);
          return flow.execute('child');
        }),
      );
    const flow: Flow = flowOf(
      { outer: { slots: { trigger } }, s: { slots: { trigger: forward } }, child: { slots: { trigger: () => rest() } } },
      [],
      { executionTimeoutMs: 60_000 },
    );
    expect([(await flow.execute('outer')).status, [...seen]]).toEqual(['completed', ['outer']]);
  });

  describe('as an operator (issue 4)', () => {
    it(
      'should never end where the source never does',
      marbles((m) => {
        m.expectObservable(NEVER.pipe(through(twice(m))), '^----!').toBe('-----');
      }),
    );

    it(
      'should be empty where the source is',
      marbles((m) => {
        const source$ = m.cold('                             ---|');
        m.expectObservable(source$.pipe(through(twice(m)))).toBe('---|');
        m.expectSubscriptions(source$.subscriptions).toBe('  ^--!');
      }),
    );

    it(
      'should end at once where the source does',
      marbles((m) => {
        m.expectObservable(EMPTY.pipe(through(twice(m)))).toBe('|');
      }),
    );

    it(
      'should emit what one value gives, and end when that has ended',
      marbles((m) => {
        const source$ = m.cold('                             -a|');
        m.expectObservable(source$.pipe(through(twice(m)))).toBe('-aA|');
        m.expectSubscriptions(source$.subscriptions).toBe('  ^-!');
      }),
    );

    it(
      'should emit what many give, task after task, and end with the source where the work has ended before',
      marbles((m) => {
        const source$ = m.cold('                             -a---(bc)------|');
        m.expectObservable(source$.pipe(through(twice(m)))).toBe('-aA--bBcC------|');
      }),
    );

    it(
      'should have the workers of the flow, or those that it is given',
      marbles((m) => {
        const source$ = m.cold('                                                     -(ab)------|');
        const flow = twice(m, { maxWorkers: 2 }, '                                    l-----L|');
        m.expectObservable(source$.pipe(through(flow))).toBe('                        -(ab)--(AB)|');
        const one = twice(m, {}, '                                                    l-----L|');
        m.expectObservable(source$.pipe(through(one, { maxWorkers: 2 }))).toBe('      -(ab)--(AB)|');
      }),
    );

    it(
      'should take a source that gives all at once',
      marbles((m) => {
        m.expectObservable(of('a', 'b').pipe(through(twice(m)))).toBe('aAbB|');
      }),
    );

    it(
      'should hand on the error of the source at once, as it is, and cancel what runs',
      marbles((m) => {
        const work$ = m.cold('                               l----L|', { l: { v: 'a' }, L: { v: 'A' } });
        const flow = flowWith(() => work$, { scheduler: m.scheduler });
        const source$ = m.cold('                             -a--#', undefined, boom);
        m.expectObservable(source$.pipe(through(flow))).toBe('-a--#', undefined, boom);
        m.expectSubscriptions(work$.subscriptions).toBe('    -^--!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should hand on one that comes at once',
      marbles((m) => {
        m.expectObservable(throwError(() => boom).pipe(through(twice(m)))).toBe('#', undefined, boom);
      }),
    );

    it(
      'should fail with a job that fails, after what it had emitted, and unsubscribe from the source',
      marbles((m) => {
        const source$ = m.hot('                                       -a--b--');
        const flow = twice(m, {}, '                                    l-#');
        m.expectObservable(source$.pipe(through(flow), failing)).toBe('-a-(x|)');
        m.expectSubscriptions(source$.subscriptions).toBe('           ^--!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should cancel the job where it is unsubscribed early, and unsubscribe from the source',
      marbles((m) => {
        const work$ = m.cold('                                         l----L|', { l: { v: 'a' }, L: { v: 'A' } });
        const flow = flowWith(() => work$, { scheduler: m.scheduler });
        const source$ = m.hot('                                        -a-----b--|');
        m.expectObservable(source$.pipe(through(flow)), '              ^--!').toBe('-a--');
        m.expectSubscriptions(source$.subscriptions).toBe('            ^--!');
        m.expectSubscriptions(work$.subscriptions).toBe('              -^-!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should cancel the job where whoever listens has had enough, in the middle of an emission',
      marbles((m) => {
        const flow = twice(m);
        const source$ = m.hot('                                        -a---b--|');
        m.expectObservable(source$.pipe(through(flow), take(1))).toBe('-(a|)');
        m.expectSubscriptions(source$.subscriptions).toBe('            ^!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should follow an endless source until it is unsubscribed',
      marbles((m) => {
        const source$ = m.hot('                               -a--b--c--d--e--f');
        m.expectObservable(source$.pipe(through(twice(m))), ' ^--------!').toBe('-aA-bB-cC-');
      }),
    );

    it(
      'should follow endless work until it is unsubscribed, also after the end of the source',
      marbles((m) => {
        const flow = twice(m, {}, '                          l-l-l-l-l-l');
        m.expectObservable(m.hot('-a|').pipe(through(flow)), '^------!').toBe('-a-a-a-');
      }),
    );

    it(
      'should end at its timeout, with a TimeoutError',
      marbles((m) => {
        const log: unknown[] = [];
        const operator = through(twice(m), { timeoutMs: 6 });
        m.hot('-a-------b')
          .pipe(operator)
          .subscribe({ next: (v) => log.push(v), error: (error: unknown) => log.push([m.scheduler.frame, error]) });
        m.flush();
        expect(log).toEqual(['a', 'A', [6, expect.any(TimeoutError)]]);
      }),
    );

    it('should be cold: a job for each subscription, and none before', async () => {
      const flow = echo();
      const result$ = of('a').pipe(through(flow));
      await rest();
      expect(flow.jobs).toEqual([]);
      expect(await Promise.all([lastValueFrom(result$), lastValueFrom(result$)])).toEqual(['a', 'a']);
    });

    it('should be a failure where what is called throws, with its error as the cause and in the message', async () => {
      for (const work of [
        () => {
          throw boom;
        },
        () => Promise.reject(boom),
        () => throwError(() => boom),
      ]) {
        const error = await rejection(lastValueFrom(of('a').pipe(through(flowWith(work)))));
        expect(error).toBeInstanceOf(JobError);
        expect(error).toMatchObject({ code: 'TASK_FAILED', cause: boom, details: { routineId: 't', slot: 'i' } });
        expect(ours(error).message).toContain('boom');
      }
    });

    it('should bear whoever listens and throws: the job is cancelled, and the error is reported', async () => {
      const flow = echo();
      const seen: unknown[] = [];
      const result$ = of('a', 'b').pipe(
        through(flow),
        map((v) => {
          seen.push(v);
          throw boom;
        }),
      );
      expect(await rejection(lastValueFrom(result$))).toBe(boom);
      expect(seen).toEqual(['a']);
      expect(flow.jobs).toEqual([]);
    });

    it('should begin anew where the stream is tried again: another job', async () => {
      let attempts = 0;
      const work = (v: string): Observable<Letter> => {
        attempts++;
        return v === 'b' && attempts < 3 ? throwError(() => boom) : of({ v });
      };
      const flow = flowWith(work);
      const result$ = of('a', 'b').pipe(through(flow), retry(1), toArray());
      expect(await firstValueFrom(result$)).toEqual(['a', 'a', 'b']);
    });
  });

  describe('the job', () => {
    const open = (flow: Flow, source$: Observable<string>, more: Partial<ToOperatorOptions<string>> = {}) => {
      const log: unknown[] = [];
      const subscription = source$.pipe(through(flow, more)).subscribe({
        next: (v) => log.push(v),
        error: (error: unknown) => log.push(error),
        complete: () => log.push('|'),
      });
      const [job] = flow.jobs as readonly [Job];
      return { log, subscription, job };
    };

    it('should be one, from the subscription to the end', async () => {
      const flow = echo();
      const value$ = new Subject<string>();
      const { job, log } = open(flow, value$);
      await rest();
      for (const v of ['a', 'b', 'c']) {
        value$.next(v);
        await rest();
        expect(flow.jobs).toEqual([job]);
      }
      value$.complete();
      await until(() => job.status === 'completed');
      expect(log).toEqual(['a', 'b', 'c', '|']);
      expect(flow.jobs).toEqual([]);
      expect(job.state.metrics.routine('s')).toMatchObject({ completed: 3 });
    });

    it('should not run its entry but for a value', async () => {
      const seen: Data[] = [];
      const flow = flowOf({ s: { slots: { trigger: (data) => void seen.push(data) } } });
      await allOf(flow, EMPTY, 's.o');
      expect(seen).toEqual([]);
      await allOf(flow, of({ n: 1 }), 's.o');
      expect(seen).toEqual([{ n: 1 }]);
    });

    it('should take what is no plain object under value', async () => {
      const flow = flowOf({ s: { slots: { trigger: forward } } });
      expect(await allOf(flow, of(1, [2], { n: 3 }) as Observable<object>, 's.o')).toEqual([
        { value: 1 },
        { value: [2] },
        { n: 3 },
      ]);
    });

    it('should be cancelled where the stream is unsubscribed, and say why', async () => {
      const flow = flowWith(() => new Promise(() => undefined));
      const { job, subscription } = open(flow, NEVER);
      await rest();
      subscription.unsubscribe();
      expect(job.state).toMatchObject({ status: 'cancelled', reason: 'unsubscribed' });
      expect(flow.jobs).toEqual([]);
    });

    it('should be cancelled where the stream is unsubscribed before it has begun, and unsubscribe from the source', () => {
      const fate = newFate();
      const { job, subscription } = open(echo(), watched$(fate) as Observable<never>);
      subscription.unsubscribe();
      expect(job.status).toBe('cancelled');
      expect(fate).toEqual({ asked: 1, left: 1 });
    });

    it('should not fail by the error of its source: that is the stream’s', async () => {
      const value$ = new Subject<string>();
      const { job, log } = open(echo(), value$);
      await rest();
      value$.next('a');
      await rest();
      value$.error(boom);
      expect(log).toEqual(['a', boom]);
      expect(job.state).toMatchObject({ status: 'cancelled', error: undefined });
    });

    it('should hand on the error of its source also where its error handler goes on', async () => {
      const flow = echo({ errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      const { log } = open(
        flow,
        concat(
          of('a'),
          throwError(() => boom),
        ),
      );
      await rest();
      expect(log).toEqual([boom]);
      expect(flow.jobs).toEqual([]);
    });

    it('should go on past a failure where its error handler says so', async () => {
      const work = (v: string): Observable<Letter> => (v === 'b' ? throwError(() => boom) : of({ v }));
      const flow = flowWith(work, { errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      expect(await firstValueFrom(of('a', 'b', 'c').pipe(through(flow), toArray()))).toEqual(['a', 'c']);
    });

    it.each<[string, (job: Job, abort: AbortController) => unknown]>([
      ['cancelled by others', (job) => job.cancel('by others')],
      ['aborted', (_, abort) => void abort.abort('by others')],
    ])('should be an error of the stream where it is %s', async (_, end) => {
      const abort = new AbortController();
      const fate = newFate();
      const { job, log } = open(echo(), watched$(fate) as Observable<never>, { signal: abort.signal });
      await rest();
      await end(job, abort);
      await rest();
      expect(log).toMatchObject([{ code: 'CANCELLED' }]);
      expect(log[0]).toBeInstanceOf(JobError);
      expect(fate.left).toBe(1);
    });

    it('should keep the stream open while it is paused, with what comes meanwhile', async () => {
      const value$ = new Subject<string>();
      const { job, log } = open(echo(), value$);
      await rest();
      value$.next('a');
      await job.pause();
      for (const v of ['b', 'c']) value$.next(v);
      value$.complete();
      await rest();
      expect(log.filter((v) => v !== 'a')).toEqual([]);
      job.resume();
      await until(() => job.status === 'completed');
      expect(log).toEqual(['a', 'b', 'c', '|']);
    });

    it('should be cancelled where it is paused and the stream is unsubscribed', async () => {
      const { job, subscription } = open(echo(), NEVER);
      await rest();
      await job.pause();
      subscription.unsubscribe();
      expect(job.status).toBe('cancelled');
    });

    it('should be an error of the stream where it cannot start', async () => {
      const flow = echo();
      await flow.shutdown();
      const error = await rejection(lastValueFrom(of('a').pipe(through(flow))));
      expect(error).toBeInstanceOf(JobError);
      expect(error).toMatchObject({ code: 'NOT_STARTED' });
    });

    it('should have no number of jobs at once', () => {
      expect(ours(thrown(() => through(echo(), { concurrent: 2 })))).toMatchObject({
        code: 'BAD_OPTION',
        details: { option: 'concurrent' },
      });
    });

    it('should hold against the limits of its flow: what an observable brings is dropped, or fails it', async () => {
      const drops = echo({ maxQueued: 3, overflow: 'dropOldest' });
      const source$ = from('abcdef');
      expect(await firstValueFrom(source$.pipe(through(drops), toArray()))).toEqual(['d', 'e', 'f']);
      const error = await rejection(lastValueFrom(source$.pipe(through(echo({ maxQueued: 3, overflow: 'error' })))));
      expect(error).toMatchObject({ code: 'TASK_FAILED', cause: { code: 'QUEUE_FULL' } });
    });

    it('should be open as long as a source in the flow is', async () => {
      const value$ = new Subject<string>();
      const flow = new Flow();
      flow.addRoutine(fromSource('values', value$), 's');
      const log: unknown[] = [];
      of({})
        .pipe(toOperator(flow, { entry: 's', output: 's.output', as: 'job' }))
        .subscribe({ next: ({ value }) => log.push(value), complete: () => log.push('|') });
      await rest();
      value$.next('a');
      await rest();
      expect(log).toEqual(['a']);
      value$.complete();
      await until(() => log.length > 1);
      expect(log).toEqual(['a', '|']);
    });

    it('should bring ten thousand at once, in order', async () => {
      const values = await firstValueFrom(
        range(0, 10_000).pipe(
          map((n) => `${n}`),
          through(echo()),
          toArray(),
        ),
      );
      expect(values).toEqual(Array.from({ length: 10_000 }, (_, n) => `${n}`));
    });
  });

  describe('with operators in the flow: they work over the whole stream', () => {
    const sum = scan((total: number, { n }: { n: number }) => total + n, 0);

    it.each<[string, OperatorFunction<never, unknown>, readonly Data[]]>([
      ['scan', sum, [{ value: 1 }, { value: 3 }, { value: 6 }, { value: 10 }, { value: 15 }]],
      ['toArray', toArray(), [{ value: [1, 2, 3, 4, 5].map((n) => ({ n })) }]],
      ['bufferCount', bufferCount(2), [{ value: [{ n: 1 }, { n: 2 }] }, { value: [{ n: 3 }, { n: 4 }] }, { value: [{ n: 5 }] }]],
      ['count', count(), [{ value: 5 }]],
      ['last', last(), [{ n: 5 }]],
      ['take', take(2), [{ n: 1 }, { n: 2 }]],
    ])('should give with %s what plain RxJS gives', async (_, operator, values) => {
      expect(await allOf(operating(operator), numbers(5))).toEqual(values);
    });

    it('should give an operator its end also where nothing ever came (D27)', async () => {
      expect(await allOf(operating(toArray()), EMPTY)).toEqual([{ value: [] }]);
    });

    it('should be one operator for each subscription', async () => {
      const result$ = numbers(3).pipe(toOperator(operating(count()), { entry: 's', output: 'op.output', as: 'job' }));
      expect(await Promise.all([lastValueFrom(result$), lastValueFrom(result$)])).toEqual([{ value: 3 }, { value: 3 }]);
    });

    it('should be otherwise with a job for each value: that is what the mode is for', async () => {
      const each$ = numbers(3).pipe(toOperator(operating(count()), { entry: 's', output: 'op.output', as: 'concat' }), toArray());
      expect(await firstValueFrom(each$)).toEqual([{ value: 1 }, { value: 1 }, { value: 1 }]);
    });

    it(
      'should flush when the source ends, and not before',
      marbles(({ hot, expectObservable, scheduler }) => {
        const source$ = hot('                      -a-b-c--|', { a: { n: 1 }, b: { n: 2 }, c: { n: 3 } });
        const flow = operating(bufferCount(2), { scheduler });
        const result$ = source$.pipe(
          toOperator(flow, { entry: 's', output: 'op.output', as: 'job' }),
          map(({ value }) => (value as unknown[]).length),
        );
        expectObservable(result$).toBe('           ---t----(o|)', { t: 2, o: 1 });
      }),
    );

    it('should flush nothing where the stream fails, or is unsubscribed (D27)', async () => {
      const log: unknown[] = [];
      const source$ = concat(
        numbers(2),
        throwError(() => boom),
      );
      source$.pipe(toOperator(operating(toArray()), { entry: 's', output: 'op.output', as: 'job' })).subscribe({
        next: (value) => log.push(value),
        error: (error: unknown) => log.push(error),
      });
      await rest();
      expect(log).toEqual([boom]);
    });

    it('should fail with an operator that fails, naming it', async () => {
      const operator = map(({ n }: { n: number }) => {
        if (n === 2) throw boom;
        return n;
      });
      const log: unknown[] = [];
      const result$ = numbers(3).pipe(toOperator(operating(operator as never), { entry: 's', output: 'op.output', as: 'job' }));
      await new Promise<void>((resolve) => {
        result$.subscribe({
          next: ({ value }) => log.push(value),
          error: (error: unknown) => {
            log.push(error);
            resolve();
          },
        });
      });
      expect(log).toMatchObject([1, { code: 'TASK_FAILED', cause: boom, details: { routineId: 'op', slot: 'input' } }]);
    });

    it('should be what plain RxJS is, whatever the operator and the stream (fast-check)', async () => {
      const operators = fc.constantFrom<OperatorFunction<{ n: number }, unknown>>(
        sum,
        toArray(),
        bufferCount(3),
        distinct(({ n }) => n),
        (n$) =>
          n$.pipe(
            scan((total, { n }) => total + n, 0),
            bufferCount(2),
          ),
        take(3),
      );
      await fc.assert(
        fc.asyncProperty(operators, fc.array(fc.record({ n: fc.nat(5) }), { maxLength: 12 }), async (operator, values) => {
          const plain = await firstValueFrom(from(values).pipe(operator, toArray()));
          const got = await allOf(operating(operator), from(values));
          expect(got).toEqual(plain.map((value) => (typeof value === 'object' && !Array.isArray(value) ? value : { value })));
        }),
        { numRuns: 100 },
      );
    });
  });
});

describe("toOperator with as: 'job' and an operator that completes (D40, f14)", () => {
  const taking = (count: number, emitMode: 'immediate' | 'commit' = 'immediate') => {
    const flow = flowOf({ s: { slots: { trigger: (data, ctx) => ctx.emit('o', { ...data }) } } }, [], { emitMode });
    flow.addRoutine(fromOperator('op', take<object>(count)), 'op');
    flow.connect('s', 'o', 'op', 'input');
    return flow;
  };

  it.each(['immediate', 'commit'] as const)(
    'should end the stream and leave the source, as in RxJS, with emitMode %s',
    async (emitMode) => {
      const flow = taking(2, emitMode);
      let left = false;
      const source$ = new Observable<{ k: number }>((observer) => {
        let k = 0;
        const timer = setInterval(() => {
          observer.next({ k: k++ });
        }, 1);
        return () => {
          left = true;
          clearInterval(timer);
        };
      });
      const values = await lastValueFrom(
        source$.pipe(toOperator(flow, { entry: 's', output: 'op.output', as: 'job' }), toArray()),
      );
      expect([values, left]).toEqual([[{ k: 0 }, { k: 1 }], true]);
      await sleep(1);
      expect(flow.jobs).toEqual([]);
    },
  );

  it('should go on with the stream of another routine', async () => {
    const flow = taking(1);
    const values = await lastValueFrom(
      of({ k: 0 }, { k: 1 }).pipe(toOperator(flow, { entry: 's', output: 's.o', as: 'job' }), toArray()),
    );
    expect(values).toEqual([{ k: 0 }, { k: 1 }]);
  });
});
