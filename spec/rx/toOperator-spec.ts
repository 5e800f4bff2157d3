import fc from 'fast-check';
import {
  catchError,
  concat,
  concatMap,
  delay,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  range,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { type Data, Flow, FlowError, type FlowOptions, type Handler, JobError, Routine, TimeoutError } from '../../lib/index.js';
import { type Flattening, toOperator, type ToOperatorOptions } from '../../lib/rx/index.js';
import { deferred, emitting, flowOf, forward, noting, type Sketch, sleep } from '../support/flows.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { rest, until } from '../support/turns.js';

const MODES: readonly Flattening[] = ['merge', 'concat', 'switch', 'exhaust'];

interface Letter {
  readonly v: string;
}

const letters = (v$: Observable<string>): Observable<Letter> => v$.pipe(map((v) => ({ v })));

/**
 * A flow whose job, for the value `v`, emits on `t.o` what `work(v)` gives, as long as that lasts. `s.o`, `s.p` and `t.p`
 * are there to be left alone.
 */
const flowWith = (work: (v: string) => Observable<Letter> | Promise<unknown>, options: FlowOptions = {}): Flow => {
  const trigger: Handler = ({ v }, ctx) => (ctx.emit('p', { v: 'wrong' }), work(v as string));
  const pass: Handler = (data, ctx) => {
    ctx.emit('p', { v: 'wrong' });
    forward(data, ctx);
  };
  const events = ['o', 'p'];
  const s: Sketch = { slots: { trigger: [trigger, { emits: 'o' }] }, events };
  return flowOf({ s, t: { slots: { i: pass }, events }, bare: {} }, ['s.o -> t.i'], { maxWorkers: 9, ...options });
};

/** In virtual time: the job of `a` emits a, and later A; of `b` b, and later B. */
const twice = ({ cold, scheduler }: Marbles, options: FlowOptions = {}): Flow =>
  flowWith((v) => letters(cold('--l--L|', { l: v, L: v.toUpperCase() })), { scheduler, ...options });

/** In virtual time: the job of `a` works as the first diagram says, that of `b` as the second. */
const each = ({ cold, scheduler }: Marbles, a: string, b: string): [Flow, ...ReturnType<typeof cold<string>>[]] => {
  const [a$, b$] = [cold<string>(a, { l: 'a', L: 'A' }, new Error('boom')), cold<string>(b, { l: 'b', L: 'B' })];
  return [flowWith((v) => letters(v === 'a' ? a$ : b$), { scheduler }), a$, b$];
};

class Echo extends Routine {
  readonly output = this.defineEvent<{ n: number }>('output');
  readonly trigger = this.defineSlot('trigger', ({ n }: { n: number }, ctx) => {
    ctx.emit(this.output, { n: n + 1 });
  });
}

/** The flow as an operator on letters, so that a diagram shows payloads. */
const through = (flow: Flow, as: Flattening, more: Partial<ToOperatorOptions<string>> = {}): OperatorFunction<string, string> => {
  const operator: OperatorFunction<Letter, Data> = toOperator(flow, { entry: 's', output: 't.o', as, ...more });
  return (v$) =>
    letters(v$).pipe(
      operator,
      map(({ v }) => v as string),
    );
};

/** The error of a stream as one more value, for a diagram. */
const failing = catchError<string, Observable<string>>((error: unknown) => of(error instanceof JobError ? 'x' : 'not ours'));

const resultOf = async (source$: Observable<string>, operator: OperatorFunction<string, string>): Promise<readonly string[]> =>
  firstValueFrom(source$.pipe(operator, toArray()));

describe('toOperator', () => {
  describe.each(MODES)('as an operator, with %s (API, issue 4)', (as) => {
    it(
      'should never end where the source never does',
      marbles((m) => {
        m.expectObservable(NEVER.pipe(through(twice(m), as)), '^----!').toBe('-----');
      }),
    );

    it(
      'should be empty where the source is',
      marbles((m) => {
        const source$ = m.cold('                                          ---|');
        m.expectObservable(source$.pipe(through(twice(m), as))).toBe('    ---|');
        m.expectSubscriptions(source$.subscriptions).toBe('               ^--!');
      }),
    );

    it(
      'should emit what the job of one value emits, and end with the job where the source has ended before',
      marbles((m) => {
        const source$ = m.cold('                                          -a--|');
        m.expectObservable(source$.pipe(through(twice(m), as))).toBe('    ---a--A|');
        m.expectSubscriptions(source$.subscriptions).toBe('               ^---!');
      }),
    );

    it(
      'should end with the source where the job has ended before',
      marbles((m) => {
        const source$ = m.cold('                                          -a----------|');
        m.expectObservable(source$.pipe(through(twice(m), as))).toBe('    ---a--A-----|');
      }),
    );

    it(
      'should run job after job where each has ended before the next value',
      marbles((m) => {
        const source$ = m.cold('                                          -a-------b------c|');
        m.expectObservable(source$.pipe(through(twice(m), as))).toBe('    ---a--A----b--B---c--C|');
      }),
    );

    it(
      'should emit in the tick of a handler that answers at once',
      marbles((m) => {
        const flow = flowWith((v) => of({ v }, { v: v.toUpperCase() }), { scheduler: m.scheduler });
        const source$ = m.cold('                                          -a-----b---|');
        m.expectObservable(source$.pipe(through(flow, as))).toBe('        -(aA)--(bB)|');
      }),
    );

    it(
      'should hand on the error of the source at once, and cancel what runs',
      marbles((m) => {
        const [flow, a$] = each(m, '                                       --l--L|', '|');
        const source$ = m.cold('                                          -a--#');
        m.expectObservable(source$.pipe(through(flow, as))).toBe('        ---a#');
        m.expectSubscriptions(a$?.subscriptions ?? []).toBe('             -^--!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should cancel what runs when it is unsubscribed early, and unsubscribe from the source',
      marbles((m) => {
        const [flow, a$] = each(m, '                                       --l--L|', '|');
        const source$ = m.hot('                                           -a-----b--|');
        m.expectObservable(source$.pipe(through(flow, as)), '              ^---!').toBe('---a-');
        m.expectSubscriptions(source$.subscriptions).toBe('               ^---!');
        m.expectSubscriptions(a$?.subscriptions ?? []).toBe('             -^--!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should cancel what runs when whoever listens has had enough, in the middle of an emission',
      marbles((m) => {
        const [flow, a$] = each(m, '                                       --l--L|', '|');
        const source$ = m.hot('                                           -a-----b--|');
        m.expectObservable(source$.pipe(through(flow, as), take(1))).toBe('---(a|)');
        m.expectSubscriptions(source$.subscriptions).toBe('               ^--!');
        m.expectSubscriptions(a$?.subscriptions ?? []).toBe('             -^-!');
        m.flush();
        expect(flow.jobs).toEqual([]);
      }),
    );

    it(
      'should follow an endless source until it is unsubscribed',
      marbles((m) => {
        const flow = flowWith((v) => of({ v }), { scheduler: m.scheduler });
        const source$ = m.hot('                                           -a--b--c--d--e--f');
        m.expectObservable(source$.pipe(through(flow, as)), '              ^--------!').toBe('-a--b--c--');
      }),
    );

    it(
      'should follow an endless job until it is unsubscribed',
      marbles((m) => {
        const [flow, a$] = each(m, '                                       -l-l-l-l-l-l', '|');
        m.expectObservable(m.hot('-a|').pipe(through(flow, as)), '         ^------!').toBe('--a-a-a-');
        m.expectSubscriptions(a$?.subscriptions ?? []).toBe('             -^-----!');
      }),
    );

    it('should be an error of the stream where a handler throws, after what the job had emitted', async () => {
      const boom = new Error('boom');
      const got: string[] = [];
      const flow = flowWith((v) =>
        concat(
          of({ v }),
          throwError(() => boom),
        ),
      );
      const result$ = of('a').pipe(through(flow, as, { output: 's.o' }));
      const error = await new Promise((fail) => result$.subscribe({ next: (v) => got.push(v), error: fail }));
      expect(error).toBeInstanceOf(JobError);
      expect(error).toMatchObject({ code: 'TASK_FAILED', cause: boom });
      expect(ours(error).message).toContain('boom');
      expect(got).toEqual(['a']);
    });

    it('should be cold: a job for each subscription, and none before', async () => {
      const log: string[] = [];
      const result$ = of('a').pipe(
        through(
          flowWith((v) => (log.push(v), of({ v }))),
          as,
        ),
      );
      await sleep(1);
      expect(log).toEqual([]);
      expect(await Promise.all([lastValueFrom(result$), lastValueFrom(result$)])).toEqual(['a', 'a']);
      expect(log).toEqual(['a', 'a']);
    });

    it('should leave a job cancelled where it is unsubscribed, and say why', async () => {
      const flow = flowWith(() => new Promise(() => undefined));
      const subscription = of('a').pipe(through(flow, as)).subscribe();
      const [job] = flow.jobs;
      await sleep(1);
      expect(job?.status).toBe('running');
      subscription.unsubscribe();
      expect(job?.state).toMatchObject({ status: 'cancelled', reason: 'unsubscribed' });
    });
  });

  describe('what becomes of a value that comes while a job runs', () => {
    it.each<[Flattening, string, string]>([
      // s:     -a---b---|
      ['merge', '---a--Ab--B|', '-----^-----!'],
      ['concat', '---a--A--b--B|', '-------^-----!'],
      ['switch', '---a---b--B|', '-----^-----!'],
      ['exhaust', '---a--A--|', ''],
    ])('should be as RxJS has it, with %s: %s', (as, result, work) => {
      marbles((m) => {
        const [flow, , b$] = each(m, '--l--L|', '--l--L|');
        m.expectObservable(m.hot('-a---b---|').pipe(through(flow, as))).toBe(result);
        m.expectSubscriptions(b$?.subscriptions ?? []).toBe(work === '' ? [] : work);
      })();
    });

    it(
      'should be a job beside it where nothing else is said',
      marbles((m) => {
        const operator: OperatorFunction<Letter, Data> = toOperator(twice(m), { entry: 's', output: 't.o' });
        const result$ = letters(m.hot('     -a---b---|')).pipe(operator);
        m.expectObservable(result$.pipe(map(({ v }) => v))).toBe('---a--Ab--B|');
      }),
    );

    it.each<[Flattening, string]>([
      ['merge', '---(abc|)'],
      ['concat', '---a--b--(c|)'],
      ['switch', '---(c|)'],
      ['exhaust', '---(a|)'],
    ])('should be the same for a source that gives all at once, with %s: %s', (as, result) => {
      marbles((m) => {
        const flow = flowWith((v) => letters(m.cold('---(l|)', { l: v })), { scheduler: m.scheduler });
        m.expectObservable(of('a', 'b', 'c').pipe(through(flow, as))).toBe(result);
      })();
    });

    it('should not start at all where the next one cancels it in the same turn, with switch (D17)', async () => {
      const log: string[] = [];
      const flow = flowWith((v) => (log.push(v), of({ v })));
      expect(await resultOf(of('a', 'b', 'c'), through(flow, 'switch'))).toEqual(['c']);
      expect(log).toEqual(['c']);
    });

    it.each<[Flattening, string, string]>([
      // s:     -a-b--------|, and the job of a fails at 5
      ['merge', '----b(x|)', '---^-!'],
      ['concat', '-----(x|)', ''],
      ['switch', '----b----B--|', '---^------!'],
      ['exhaust', '-----(x|)', ''],
    ])('should be cancelled, or not begin, where that job fails, with %s: %s', (as, result, work) => {
      marbles((m) => {
        const [flow, , b$] = each(m, '----#', '-l----L|');
        m.expectObservable(m.hot('-a-b--------|').pipe(through(flow, as), failing)).toBe(result);
        m.expectSubscriptions(b$?.subscriptions ?? []).toBe(work === '' ? [] : work);
        m.flush();
        expect(flow.jobs).toEqual([]);
      })();
    });

    it(
      'should share the workers of the flow: a sequential one does one task at a time (S05, D14)',
      marbles((m) => {
        const result$ = m.hot('  -a---b---|').pipe(through(twice(m, { maxWorkers: 1 }), 'merge', { output: 's.o' }));
        m.expectObservable(result$).toBe('---a--A--b--B|');
      }),
    );

    it(
      'should wait with merge where as many jobs run as `concurrent` allows',
      marbles((m) => {
        const flow = flowWith((v) => letters(m.cold('----(l|)', { l: v })), { scheduler: m.scheduler });
        const result$ = of('a', 'b', 'c').pipe(through(flow, 'merge', { concurrent: 2 }));
        m.expectObservable(result$).toBe('----(ab)(c|)');
      }),
    );

    it.each<Flattening>(['merge', 'concat'])('should be in order, for ten thousand at once, with %s', async (as) => {
      const values = await firstValueFrom(
        range(0, 10_000).pipe(
          map((n) => String(n)),
          through(
            flowWith((v) => of({ v })),
            as,
          ),
          toArray(),
        ),
      );
      expect(values).toEqual(Array.from({ length: 10_000 }, (_, v) => String(v)));
    });

    it('should give, with concat, what plain RxJS gives for the same work', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 }), { maxLength: 6 }), async (work) => {
          const flow = flowWith((at) => letters(from(work[Number(at)] ?? [])));
          expect(await resultOf(from(work.map((_, at) => String(at))), through(flow, 'concat'))).toEqual(work.flat());
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('a job that does not complete (API)', () => {
    const endless = (options: FlowOptions = {}): Flow => flowWith(() => new Promise(() => undefined), options);
    const errorOf = (flow: Flow, more: Partial<ToOperatorOptions<string>> = {}, source$: Observable<unknown> = of('a')) =>
      rejection(lastValueFrom((source$ as Observable<string>).pipe(through(flow, 'merge', more))));

    it('should be an error that holds what the handler threw, also further down the flow', async () => {
      const boom = new TypeError('boom');
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({}) } },
          t: { slots: { i: () => Promise.reject(boom) } },
        },
        ['s.o -> t.i'],
      );
      const error = await errorOf(flow);
      expect(error).toMatchObject({ code: 'TASK_FAILED', cause: boom, details: { routineId: 't', slot: 'i' } });
      expect(ours(error).message).toContain('boom');
    });

    it('should be no error where the flow goes on after a failure: the job completes', async () => {
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ v: 'a' }, { v: 'b' }) } },
          t: {
            slots: {
              i: ({ v }, ctx) => {
                if (v === 'a') throw new Error('boom');
                ctx.emit('o', { v });
              },
            },
          },
        },
        ['s.o -> t.i'],
        { unhandledErrors: 'record' },
      );
      expect(await resultOf(of('x'), through(flow, 'merge'))).toEqual(['b']);
    });

    it('should be an error that names the timeout', async () => {
      const error = await errorOf(endless(), { timeoutMs: 5 });
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ code: 'TIMEOUT', details: { timeoutMs: 5 } });
    });

    it('should be an error where others cancel the job, with the reason', async () => {
      const flow = endless();
      const failed = errorOf(flow);
      const [job] = flow.jobs;
      await sleep(1);
      await flow.cancel({ reason: 'lunch' });
      expect(await failed).toMatchObject({ code: 'CANCELLED', details: { jobId: job?.id, reason: 'lunch' } });
      expect(ours(await failed).message).toContain('lunch');
    });

    it.each(['before', 'after'])('should be an error where its signal aborts, %s the value has come (S91)', async (when) => {
      const control = new AbortController();
      if (when === 'before') control.abort('enough');
      const failed = errorOf(endless(), { signal: control.signal });
      await sleep(1);
      control.abort('enough');
      expect(await failed).toMatchObject({ code: 'CANCELLED', details: { reason: 'enough' } });
    });

    it.each<[string, unknown]>([
      ['a number', 1],
      ['an array', [1]],
      ['nothing', null],
    ])('should be an error where it cannot start, since the value is %s', async (_, value) => {
      const flow = flowWith(() => of({ v: 'a' }));
      const result$ = (of(value) as Observable<Letter>).pipe(toOperator(flow, { entry: 's', output: 't.o' }));
      const error = await rejection(lastValueFrom(result$));
      expect(error).toBeInstanceOf(JobError);
      expect(error).toMatchObject({ code: 'NOT_STARTED', cause: { code: 'BAD_PAYLOAD' } });
      expect(ours(error).message).toBe(((error as Error).cause as Error).message);
    });

    it('should be an error where the flow has been shut down', async () => {
      const flow = endless();
      await flow.shutdown();
      expect(await errorOf(flow)).toMatchObject({ code: 'NOT_STARTED', cause: { code: 'SHUT_DOWN' } });
    });

    it('should keep the stream open while it is paused, and go on with it', async () => {
      const work = deferred();
      const flow = flowWith((v) => concat(from(work.promise).pipe(map(() => ({ v })))));
      const got: string[] = [];
      const ended = new Promise<void>((complete) =>
        of('a')
          .pipe(through(flow, 'merge'))
          .subscribe({ next: (v) => got.push(v), complete }),
      );
      const [job] = flow.jobs;
      await sleep(1);
      const paused = job?.pause();
      work.resolve();
      await paused;
      expect(got).toEqual([]);
      job?.resume();
      await ended;
      expect(got).toEqual(['a']);
    });
  });

  describe('what comes out', () => {
    it('should be copies: whoever changes one changes nothing in the flow (D6)', async () => {
      const log: unknown[] = [];
      const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: noting(log, ({ v }) => v) } } }, [
        's.o -> t.i',
      ]);
      const seen: unknown[] = [];
      const change = (payload: object): void => void Object.assign(payload, { v: 2 });
      const done = lastValueFrom(of({}).pipe(toOperator(flow, { entry: 's', output: 's.o' }), map(change)));
      const [job] = flow.jobs;
      job?.record$.subscribe((record) => {
        if (record.type === 'emitted') seen.push(record.data['v']);
      });
      await done;
      expect([log, seen, job?.state.history('s').at(-1)?.data]).toEqual([[1], [1], { v: 1 }]);
    });

    it('should be of an event that is given itself, wherever its routine is in the flow', async () => {
      const flow = new Flow();
      const [first, second] = [new Echo(), new Echo()];
      flow.addRoutine(first, 'a.b');
      flow.addRoutine(second, 'second');
      flow.connect(first.output, second.trigger);
      const values = of({ n: 1 }).pipe(
        toOperator(flow, { entry: 'a.b', output: second.output }),
        map(({ n }) => n),
      );
      expect(await firstValueFrom(values.pipe(toArray()))).toEqual([3]);
      const named = of({ n: 1 }).pipe(
        toOperator(flow, { entry: 'a.b', output: 'a.b.output' }),
        map(({ n }) => n),
      );
      expect(await firstValueFrom(named.pipe(toArray()))).toEqual([2]);
    });

    it('should be nothing of the jobs of others', async () => {
      const flow = flowWith((v) => of({ v }));
      const values = resultOf(of('mine'), through(flow, 'merge'));
      await flow.execute('s', { v: 'other' });
      expect(await values).toEqual(['mine']);
    });

    it('should come in a handler too, whose flow has one worker (D16)', async () => {
      const inner: Handler = async ({ v }, ctx) => {
        const all = v === 'outer' ? await resultOf(of('a', 'b', 'c'), through(flow, 'concat')) : [v as string];
        ctx.emit('o', { v: all.join('') });
      };
      const flow: Flow = flowOf({ s: { slots: { trigger: inner } }, t: { slots: { i: forward } } }, ['s.o -> t.i']);
      expect(await resultOf(of('outer'), through(flow, 'merge', { timeoutMs: 60_000 }))).toEqual(['abc']);
    });
  });

  describe('what it refuses, at the call', () => {
    it.each<[string, object, string, string]>([
      ['an unknown entry', { entry: 'x' }, 'UNKNOWN_ROUTINE', "'s', 't', 'bare'"],
      ['an entry without a trigger', { entry: 'bare' }, 'NO_TRIGGER', "'bare'"],
      ['an output of an unknown routine', { output: 'x.o' }, 'UNKNOWN_ROUTINE', "'s', 't', 'bare'"],
      ['an unknown output', { output: 't.x' }, 'UNKNOWN_EVENT', "'o', 'p'"],
      ['an output that names no event', { output: 't' }, 'BAD_OPTION', "'t.o', 't.p'"],
      ['no output', { output: undefined }, 'BAD_OPTION', "'output' is undefined"],
      ['an output that is none', { output: 7 }, 'BAD_OPTION', "'output' is 7"],
      ['null as output', { output: null }, 'BAD_OPTION', "'output' is null"],
      ['an event of a routine that is not in the flow', { output: new Echo().output }, 'UNKNOWN_ROUTINE', "'s', 't', 'bare'"],
      ["a limit of jobs with 'job', which has one", { as: 'job', concurrent: 2 }, 'BAD_OPTION', "with 'merge'"],
      ['a mode by the name of something that every object has', { as: 'toString' }, 'BAD_OPTION', "'as'"],
      ['a timeout that is none', { timeoutMs: 0 }, 'BAD_OPTION', 'timeoutMs'],
      ['no worker', { maxWorkers: 0 }, 'BAD_OPTION', 'maxWorkers'],
      ['a strategy that does not exist', { executionStrategy: 'x' }, 'BAD_STRATEGY', "'x'"],
      ['no job at once', { concurrent: 0 }, 'BAD_OPTION', 'concurrent'],
      ['half a job at once', { concurrent: 1.5 }, 'BAD_OPTION', 'concurrent'],
      ['a number of jobs at once where there is one', { as: 'switch', concurrent: 2 }, 'BAD_OPTION', 'concurrent'],
    ])('should be %s', (_, options, code, named) => {
      const flow = flowWith((v) => of({ v }));
      const error = thrown(() => toOperator(flow, { entry: 's', output: 't.o', ...options }));
      expect(error).toBeInstanceOf(FlowError);
      expect(error).toMatchObject({ code });
      expect(ours(error).message).toContain(named);
    });
  });

  it('should hand the options of a run on to its jobs', async () => {
    let [active, peak] = [0, 0];
    const work = async (): Promise<void> => {
      peak = Math.max(peak, ++active);
      await rest();
      active--;
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({}, {}, {}) } }, t: { slots: { i: work } } }, ['s.o -> t.i']);
    const run = (more: Partial<ToOperatorOptions<string>>) => resultOf(of('a'), through(flow, 'merge', more));
    await run({});
    expect(peak).toBe(1);
    await run({ maxWorkers: 2 });
    expect(peak).toBe(2);
    await run({ executionStrategy: 'concurrent' });
    expect(peak).toBe(3);
  });

  it('should unsubscribe from its signal with each job', async () => {
    const control = new AbortController();
    const removed = jest.spyOn(control.signal, 'removeEventListener');
    const added = jest.spyOn(control.signal, 'addEventListener');
    await resultOf(
      of('a', 'b', 'c'),
      through(
        flowWith((v) => of({ v })),
        'concat',
        { signal: control.signal },
      ),
    );
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([3, 3]);
  });

  it('should stay apart in each subscription: the end of one ends no other', async () => {
    const value$ = new Subject<string>();
    const result$ = value$.pipe(
      through(
        flowWith((v) => of({ v })),
        'merge',
      ),
    );
    const got: string[] = [];
    const one = result$.subscribe((v) => got.push(`one ${v}`));
    result$.subscribe((v) => got.push(`two ${v}`));
    value$.next('a');
    await until(() => got.length === 2);
    one.unsubscribe();
    value$.next('b');
    await until(() => got.length === 3);
    await rest();
    expect(got.sort()).toEqual(['one a', 'two a', 'two b']);
  });
});

describe('onJobError (D40)', () => {
  const failing = flowOf({
    s: {
      slots: {
        trigger: ({ n }, ctx) => {
          if (n === 2) throw new RangeError('two');
          ctx.emit('o', { n });
        },
      },
    },
  });

  it.each(['merge', 'concat', 'exhaust'] as const)(
    'should take the place of a job that failed, and the stream lives on: %s',
    async (as) => {
      const seen: unknown[] = [];
      const source$ = from([1, 2, 3]).pipe(concatMap((n) => of({ n }).pipe(delay(2))));
      const through$ = source$.pipe(
        toOperator(failing, {
          entry: 's',
          output: 's.o',
          as,
          onJobError: (error, value: { n: number }) => {
            seen.push([error.code, (error.cause as Error).message, value]);
            return [{ instead: value.n }];
          },
        }),
        toArray(),
      );
      expect(await lastValueFrom(through$)).toEqual([{ n: 1 }, { instead: 2 }, { n: 3 }]);
      expect(seen).toEqual([['TASK_FAILED', 'two', { n: 2 }]]);
    },
  );

  it('should leave the value out if it gives nothing, and end the stream with what it throws', async () => {
    const through = (onJobError: () => []) =>
      lastValueFrom(
        from([{ n: 2 }, { n: 3 }]).pipe(toOperator(failing, { entry: 's', output: 's.o', as: 'concat', onJobError }), toArray()),
      );
    expect(await through(() => [])).toEqual([{ n: 3 }]);
    const thrown = new Error('mine');
    await expect(
      through(() => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
  });

  it('should get a job that could not start', async () => {
    const full = flowOf({ s: { slots: { trigger: () => sleep(5) } } }, [], { maxJobs: 1, maxPendingJobs: 0 });
    const codes: string[] = [];
    const onJobError = ({ code }: JobError) => {
      codes.push(code);
      return [];
    };
    await lastValueFrom(from([{}, {}]).pipe(toOperator(full, { entry: 's', output: 's.o', onJobError }), toArray()));
    expect(codes).toEqual(['NOT_STARTED']);
  });

  it.each([
    ['a number', { onJobError: 5 as never }],
    ["a function with 'job'", { as: 'job' as const, onJobError: () => [] }],
  ])('should be refused if it is %s', (_, options) => {
    expect(() => toOperator(failing, { entry: 's', output: 's.o', ...options })).toThrow(/onJobError/);
  });
});
