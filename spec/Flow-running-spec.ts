import { isLeft, isRight } from 'fp-ts/lib/Either.js';
import { filter, firstValueFrom, Subject, takeUntil, VirtualTimeScheduler } from 'rxjs';
import { ErrorHandler, Flow, JobError, JobState, type JobStatus } from '../lib/index.js';
import { deferred, emitting, flowOf, forward, noting, type Sketch, sleep } from './support/flows.js';
import { marbles, starts } from './support/marbles.js';
import { thrown } from './support/thrown.js';
import { turn } from './support/virtualTime.js';

const LINK = ['s.o -> t.i'];

/** A flow of one routine that ends when told to. */
const held = () => {
  const work = deferred();
  const seen: string[] = [];
  const trigger = (): Promise<void> => (seen.push('called'), work.promise);
  return { work, seen, flow: flowOf({ s: { slots: { trigger } }, bare: {} }) };
};

const echo = (log: unknown[] = []): Flow => flowOf({ s: { slots: { trigger: noting(log, (data) => data) } }, bare: {} });

describe('Flow.execute', () => {
  it('should call the trigger of its entry once, with the params (S25, S26)', async () => {
    const log: unknown[] = [];
    const state = await echo(log).execute('s', { n: 1 });
    expect(log).toEqual([{ n: 1 }]);
    expect(state).toBeInstanceOf(JobState);
    expect(state.status).toBe('completed');
    expect(state.history('s')).toMatchObject([{ eventName: 'start', data: { n: 1 } }]);
  });

  it('should give `{}` where there are no params, so that a handler can fall back (S48)', async () => {
    const log: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: ({ limit = 10 }) => void log.push(limit) } } });
    await flow.execute('s');
    await flow.execute('s', { limit: 3 });
    expect(log).toEqual([10, 3]);
  });

  it('should keep its copy of the params', async () => {
    const log: unknown[] = [];
    const params = { n: 1 };
    const done = echo(log).execute('s', params);
    params.n = 2;
    const state = await done;
    expect(log).toEqual([{ n: 1 }]);
    expect(state.history()[0]?.data).toEqual({ n: 1 });
  });

  it.each([
    ['an unknown entry', ['x'], 'UNKNOWN_ROUTINE', "'x'"],
    ['an entry without a trigger', ['bare'], 'NO_TRIGGER', "'bare'"],
    ['params that are no plain object', ['s', [1]], 'BAD_PAYLOAD', 'plain'],
    ['null as params', ['s', null], 'BAD_PAYLOAD', 'null'],
    ['a negative timeout', ['s', {}, { timeoutMs: -1 }], 'BAD_OPTION', 'timeoutMs'],
    ['no worker', ['s', {}, { maxWorkers: 0 }], 'BAD_OPTION', 'maxWorkers'],
    ['half a worker', ['s', {}, { maxWorkers: 1.5 }], 'BAD_OPTION', 'maxWorkers'],
    ['NaN workers', ['s', {}, { maxWorkers: NaN }], 'BAD_OPTION', 'maxWorkers'],
    ['a strategy that does not exist', ['s', {}, { executionStrategy: 'x' }], 'BAD_STRATEGY', "'x'"],
    ['a signal that is none', ['s', {}, { signal: {} }], 'BAD_OPTION', 'signal'],
  ])('should reject %s, naming it, before anything has run (S27, G18, SC014, SC033, SC034)', async (_, args, code, named) => {
    const log: unknown[] = [];
    const flow = echo(log).setErrorHandler(new ErrorHandler({ strategy: 'continue' }));
    const call = args as Parameters<Flow['execute']>;
    const error: unknown = await flow.execute(...call).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(named);
    expect(thrown(() => flow.start(...call))).toMatchObject({ code });
    await sleep(0);
    expect([log, flow.jobs]).toEqual([[], []]);
  });

  it('should not wait for the next one, nor share slot data with it (S09, S10, S50, S51, SC035)', async () => {
    const log: unknown[] = [];
    const t: Sketch = {
      slots: { i: [async ({ v }, ctx) => (await sleep(1), void log.push([ctx.job.jobId, v])), { merge: 'append' }] },
    };
    const flow = flowOf({ s: { slots: { trigger: forward } }, t }, LINK);
    const states = await Promise.all([
      flow.execute('s', { v: 'A' }, { jobId: 'a' }),
      flow.execute('s', { v: 'B' }, { jobId: 'b' }),
    ]);
    expect(states.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(log).toEqual([
      ['a', ['A']],
      ['b', ['B']],
    ]);
    await flow.execute('s', { v: 'C' }, { jobId: 'c' });
    expect(log.at(-1)).toEqual(['c', ['C']]);
  });

  it('should gather what one run emits several times (S52)', async () => {
    const log: unknown[] = [];
    const t: Sketch = { slots: { i: [noting(log, ({ v }) => v), { merge: 'append' }] } };
    await flowOf({ s: { slots: { trigger: emitting({ v: 'A' }, { v: 'B' }, { v: 'C' }) } }, t }, LINK).execute('s');
    expect(log).toEqual([['A'], ['A', 'B'], ['A', 'B', 'C']]);
  });

  it('should never fill an aggregator from two runs (S53, D9)', async () => {
    let fired = 0;
    const t: Sketch = {
      slots: {
        i: [
          ({ v }) => {
            if ((v as unknown[]).length === 2) fired++;
          },
          { merge: 'append' },
        ],
      },
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t }, LINK);
    await Promise.all([flow.execute('s'), flow.execute('s')]);
    expect(fired).toBe(0);
  });

  it('should run three times with three jobs of their own (S09, S10)', async () => {
    const flow = flowOf({ s: { slots: { trigger: forward } }, t: { slots: { i: () => undefined } } }, LINK);
    const states = [await flow.execute('s', { n: 1 }), await flow.execute('s', { n: 2 }), await flow.execute('s', { n: 3 })];
    expect(new Set(states.map(({ jobId }) => jobId)).size).toBe(3);
    expect(states.map((state) => state.history().map(({ data }) => data['n']))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('should be of the flow: the state names it', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'mine' });
    expect(await flow.execute('s')).toMatchObject({ flowId: 'mine', status: 'completed' });
  });

  describe('jobId (G71)', () => {
    it('should be refused while a job of that id is live, and free again afterwards', async () => {
      const { flow, work, seen } = held();
      const first = flow.start('s', {}, { jobId: 'one' });
      await expect(flow.execute('s', {}, { jobId: 'one' })).rejects.toMatchObject({
        code: 'DUPLICATE_JOB',
        details: { flowId: flow.flowId, jobId: 'one' },
      });
      await firstValueFrom(first.progress$.pipe(filter(({ active }) => active > 0)));
      expect([seen, flow.jobs]).toEqual([['called'], [first]]);
      work.resolve();
      await first.done;
      expect((await flow.execute('s', {}, { jobId: 'one' })).status).toBe('completed');
    });
  });

  describe('signal (S91)', () => {
    it('should cancel the run when it aborts, with its reason', async () => {
      const { flow } = held();
      const control = new AbortController();
      const done = flow.execute('s', {}, { signal: control.signal });
      await sleep(1);
      control.abort('changed my mind');
      expect(await done).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
    });

    it('should run nothing where it has aborted before', async () => {
      const { flow, seen } = held();
      const state = await flow.execute('s', {}, { signal: AbortSignal.abort(new Error('never')) });
      expect(state).toMatchObject({ status: 'cancelled', reason: 'never' });
      expect(seen).toEqual([]);
    });

    it('should say nothing to a run that has ended, and hold on to it no longer', async () => {
      const control = new AbortController();
      const removed = jest.spyOn(control.signal, 'removeEventListener');
      const state = await echo().execute('s', {}, { signal: control.signal });
      control.abort();
      expect([state.status, removed.mock.calls.length]).toEqual(['completed', 1]);
    });
  });
});

describe('Flow.start', () => {
  it('should give a live job at once, whose first task runs after the turn of the caller (D3, D17)', async () => {
    // With the time of a slice before it: in a turn in which other flows have used it up, the event loop turns first (D32).
    await turn();
    const log: unknown[] = [];
    const job = echo(log).start('s');
    const statuses: JobStatus[] = [];
    job.status$.subscribe((status) => statuses.push(status));
    expect([job.status, log]).toEqual(['pending', []]);
    await Promise.resolve();
    await Promise.resolve();
    expect(log).toHaveLength(1);
    await job.done;
    expect(statuses).toEqual(['pending', 'running', 'completed']);
  });

  it('should hold the job as long as it runs (G65)', async () => {
    const { flow, work } = held();
    const jobs = [flow.start('s'), flow.start('s')];
    expect(flow.jobs).toEqual(jobs);
    work.resolve();
    await Promise.all(jobs.map(({ done }) => done));
    expect(flow.jobs).toEqual([]);
  });
});

describe('Flow.run$', () => {
  it('should be cold: each subscription is a run, none is none', async () => {
    const log: unknown[] = [];
    const run$ = echo(log).run$('s', { n: 1 });
    await sleep(0);
    expect(log).toEqual([]);
    const ids = new Set<string>();
    await Promise.all(
      [1, 2].map(() => new Promise<void>((complete) => run$.subscribe({ next: ({ jobId }) => ids.add(jobId), complete }))),
    );
    expect([log.length, ids.size]).toEqual([2, 2]);
  });

  it(
    'should cancel its job on unsubscribing, and only its own',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const work$ = cold('----------|');
      const flow = flowOf({ s: { slots: { trigger: () => work$ } } }, [], { scheduler, maxWorkers: 2 });
      expectObservable(starts(flow.run$('s')), '^---!').toBe('s');
      expectObservable(starts(flow.run$('s'))).toBe('         s---------|');
      expectSubscriptions(work$.subscriptions).toBe(['^---!', '^---------!']);
    }),
  );

  it('should leave the job cancelled, and say so', async () => {
    const { flow } = held();
    const stop$ = new Subject<void>();
    flow.run$('s').pipe(takeUntil(stop$)).subscribe();
    const [job] = flow.jobs;
    await sleep(1);
    stop$.next();
    expect(job?.state).toMatchObject({ status: 'cancelled', reason: 'unsubscribed' });
  });

  it('should complete at the end whatever the status, and error only where nothing can start', async () => {
    const failing = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } });
    const got: unknown[] = [];
    await new Promise<void>((complete) =>
      failing.run$('s').subscribe({
        next: (record) => {
          if (record.type === 'ended') got.push(record.status);
        },
        complete,
      }),
    );
    failing.run$('x').subscribe({ error: (error: unknown) => got.push((error as { code: unknown }).code) });
    expect(got).toEqual(['failed', 'UNKNOWN_ROUTINE']);
  });

  it('should tell the end, and run nothing, where its signal has aborted already (D17)', async () => {
    const [log, types]: [unknown[], string[]] = [[], []];
    const run$ = echo(log).run$('s', {}, { signal: AbortSignal.abort('no') });
    await new Promise<void>((complete) => run$.subscribe({ next: ({ type }) => types.push(type), complete }));
    expect([types, log]).toEqual([['ended'], []]);
  });
});

describe('Flow.executeTE', () => {
  it('should be lazy, and Right with the state where the job completes', async () => {
    const log: unknown[] = [];
    const task = echo(log).executeTE('s', { n: 1 });
    await sleep(0);
    expect(log).toEqual([]);
    const result = await task();
    expect(isRight(result) && result.right.status).toBe('completed');
    expect(log).toEqual([{ n: 1 }]);
  });

  it.each<[string, () => Flow, object]>([
    [
      'fails',
      () => flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } }),
      { code: 'TASK_FAILED', cause: new Error('no') },
    ],
    [
      'times out',
      () => flowOf({ s: { slots: { trigger: () => new Promise(() => undefined) } } }, [], { executionTimeoutMs: 5 }),
      { code: 'TIMEOUT' },
    ],
    [
      'is cancelled',
      () => flowOf({ s: { slots: { trigger: (_, ctx) => ctx.cancel('enough') } } }),
      { code: 'CANCELLED', details: { reason: 'enough' } },
    ],
    ['cannot start', () => flowOf({}), { code: 'NOT_STARTED', cause: { code: 'UNKNOWN_ROUTINE' } }],
  ])('should be Left with a JobError where the job %s', async (_, flow, error) => {
    const result = await flow().executeTE('s')();
    expect(isLeft(result) && result.left).toBeInstanceOf(JobError);
    expect(isLeft(result) && result.left).toMatchObject(error);
  });
});

describe('Flow.shutdown (S75, D25)', () => {
  const chain = (log: string[]): Flow => {
    const hop = (id: string): Sketch => ({
      slots: {
        i: async (data, ctx) => {
          log.push(id);
          await sleep(2);
          ctx.emit('o', data);
        },
      },
    });
    const a = { slots: { trigger: hop('a').slots?.['i'] } };
    return flowOf({ a, b: hop('b'), c: hop('c') }, ['a.o -> b.i', 'b.o -> c.i']);
  };

  it('should drain everything by default: queued and follow-on tasks run (X)', async () => {
    const log: string[] = [];
    const flow = chain(log);
    const jobs = [flow.start('a'), flow.start('a')];
    await flow.shutdown();
    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(log).toHaveLength(6);
  });

  it('should drain retries in their delay too', async () => {
    let calls = 0;
    const trigger = (): void => {
      if (++calls === 1) throw new Error('once');
    };
    const flow = flowOf({ s: { slots: { trigger } } }).setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 5 }));
    const job = flow.start('s');
    await flow.shutdown();
    expect([job.status, calls]).toEqual(['completed', 2]);
  });

  it('should not wait with { wait: false }: jobs are cancelled, nothing starts any more (SC032)', async () => {
    const log: string[] = [];
    const flow = chain(log);
    const job = flow.start('a');
    await sleep(0);
    await flow.shutdown({ wait: false });
    expect(job.state).toMatchObject({ status: 'cancelled', reason: 'shutdown' });
    await sleep(10);
    expect(log).toEqual(['a']);
  });

  it('should refuse new runs from then on, naming the flow', async () => {
    const { flow, work } = held();
    const job = flow.start('s');
    const down = flow.shutdown();
    await expect(flow.execute('s')).rejects.toMatchObject({ code: 'SHUT_DOWN', details: { flowId: flow.flowId } });
    work.resolve();
    await down;
    expect(job.status).toBe('completed');
    expect(thrown(() => flow.start('s'))).toMatchObject({ code: 'SHUT_DOWN' });
    await flow.shutdown();
  });

  it('should leave paused jobs paused', async () => {
    const { flow, work } = held();
    const job = flow.start('s');
    await sleep(0);
    work.resolve();
    await job.pause();
    await flow.shutdown();
    expect(job.status).toBe('paused');
    job.resume();
    expect((await job.done).status).toBe('completed');
  });

  it('should be what `await using` does at the end of its block', async () => {
    const log: string[] = [];
    const flow = chain(log);
    {
      await using using = flow;
      using.start('a');
    }
    expect(log).toEqual(['a', 'b', 'c']);
    expect(thrown(() => flow.start('a'))).toMatchObject({ code: 'SHUT_DOWN' });
  });
});

describe('Flow.pause and Flow.cancel (D4)', () => {
  it('should mean one job where one is given, as a job or as a state', async () => {
    const { flow, work } = held();
    const [a, b] = [flow.start('s'), flow.start('s')];
    await flow.cancel(a, 'mine');
    expect([a.state.reason, b.status === 'cancelled']).toEqual(['mine', false]);
    await flow.cancel(b.state, 'yours');
    expect(b.state.reason).toBe('yours');
    work.resolve();
  });

  it('should mean all running jobs where none is given', async () => {
    const { flow, work } = held();
    const jobs = [flow.start('s'), flow.start('s')];
    work.resolve();
    expect((await flow.pause({ reason: 'lunch' })).map(({ status }) => status)).toEqual(['paused', 'paused']);
    expect(jobs.map(({ state }) => state.pausePoints[0]?.reason)).toEqual(['lunch', 'lunch']);
    expect(flow.resume(jobs[0]?.state ?? new JobState())).toBe(jobs[0]);
    await jobs[0]?.done;
    expect((await flow.cancel({ reason: 'home' })).map(({ reason }) => reason)).toEqual(['home']);
    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'cancelled']);
  });

  it('should refuse the job of another flow, naming both (G68, SC083)', async () => {
    const { flow, work } = held();
    const job = flow.start('s');
    const other = echo();
    const refusal = { code: 'WRONG_FLOW', details: { flowId: other.flowId, jobFlowId: flow.flowId, jobId: job.id } };
    await expect(other.pause(job)).rejects.toMatchObject(refusal);
    await expect(other.cancel(job)).rejects.toMatchObject(refusal);
    expect(thrown(() => other.resume(job))).toMatchObject(refusal);
    work.resolve();
    expect((await job.done).status).toBe('completed');
  });
});

describe('the options of a flow and of a run', () => {
  it('should leave the flow as it is (S64)', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { scheduler: new VirtualTimeScheduler() });
    const settings = (): unknown[] => [flow.executionStrategy, flow.maxWorkers, flow.executionTimeoutMs];
    const before = settings();
    flow.start('s', {}, { executionStrategy: 'concurrent', maxWorkers: 9, timeoutMs: 1 });
    expect(settings()).toEqual(before);
  });
});

describe('the settings of a flow (S61, S62, D18, SC013)', () => {
  it.each([
    [{}, 'sequential', 1],
    [{ executionStrategy: 'concurrent' }, 'concurrent', 5],
    [{ executionStrategy: 'sequential', maxWorkers: 8 }, 'sequential', 1],
    [{ maxWorkers: 8 }, 'concurrent', 8],
    [{ executionStrategy: 'concurrent', maxWorkers: 2 }, 'concurrent', 2],
  ] as const)('should be, for %j, %s with %i', (options, strategy, workers) => {
    const flow = new Flow(options);
    expect([flow.executionStrategy, flow.maxWorkers]).toEqual([strategy, workers]);
  });

  it('should follow setExecutionStrategy: 5 without a number, 1 when sequential whatever the number', () => {
    const flow = new Flow();
    const set = (...args: Parameters<Flow['setExecutionStrategy']>): number => flow.setExecutionStrategy(...args).maxWorkers;
    expect([
      set('concurrent'),
      set('sequential', { maxWorkers: 9 }),
      set('concurrent', { maxWorkers: 3 }),
      set('concurrent'),
    ]).toEqual([5, 1, 3, 3]);
  });

  it.each([
    ['a strategy that does not exist', () => new Flow({ executionStrategy: 'x' as never }), 'BAD_STRATEGY'],
    ['no worker', () => new Flow({ maxWorkers: 0 }), 'BAD_OPTION'],
    ['such a strategy later', () => new Flow().setExecutionStrategy('x' as never), 'BAD_STRATEGY'],
    ['such a number later', () => new Flow().setExecutionStrategy('concurrent', { maxWorkers: -1 }), 'BAD_OPTION'],
  ])('should refuse %s (SC014)', (_, make, code) => {
    expect(thrown(make)).toMatchObject({ code });
  });
});
