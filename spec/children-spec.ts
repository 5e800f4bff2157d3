import { filter, firstValueFrom } from 'rxjs';
import {
  type Context,
  ErrorHandler,
  type ExecuteOptions,
  type Flow,
  type FlowOptions,
  type Job,
  type JobState,
} from '../lib/index.js';
import { deferred, flowOf, sleep } from './support/flows.js';

/** What a run does, and for how long: `noted` are its effects, `cleaned` what its `finally` has done. */
const effects = () => {
  const noted: string[] = [];
  const cleaned: string[] = [];
  const work = async (name: string, { signal }: Context): Promise<void> => {
    try {
      for (let n = 0; n < 100 && !signal.aborted; n++) {
        noted.push(name);
        await sleep(1);
      }
    } finally {
      cleaned.push(name);
    }
  };
  return { noted, cleaned, work };
};

type Start = (ctx: Context, id: string) => Promise<JobState>;

const plainly: Start = (ctx, id) => ctx.flow.execute(id);

/** Three runs, each started by a handler of the one before. */
const three = (options: FlowOptions, start: Start) => {
  const { noted, cleaned, work } = effects();
  const flow = flowOf(
    {
      outer: { slots: { trigger: async (_, ctx) => void (await Promise.all([work('outer', ctx), start(ctx, 'middle')])) } },
      middle: { slots: { trigger: async (_, ctx) => void (await Promise.all([work('middle', ctx), start(ctx, 'inner')])) } },
      inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
    },
    [],
    options,
  );
  return { flow, noted, cleaned };
};

const running = async (flow: Flow, count: number): Promise<readonly Job[]> => {
  while (flow.jobs.length < count || flow.jobs.some(({ status }) => status === 'pending')) await sleep(1);
  await sleep(2);
  return flow.jobs;
};

describe('a run that a handler has started (D33)', () => {
  const ends: readonly [string, (job: Job) => unknown, object][] = [
    ['is cancelled', (job) => job.cancel('stop'), { status: 'cancelled', reason: 'stop' }],
    ['fails', (job) => job, { status: 'failed' }],
    ['times out', (job) => job.done, { status: 'failed' }],
  ];
  const contexts: readonly [string, FlowOptions, Start][] = [
    ['with async context', {}, plainly],
    ['without it', { asyncContext: 'off' }, (ctx, id) => ctx.flow.execute(id, {}, { parent: ctx })],
  ];

  describe.each(contexts)('%s', (_, context, start) => {
    describe.each([1, 4])('and %i worker(s)', (maxWorkers) => {
      it.each([0, 1, 2])(
        'should end with its parent, and so should its own children, when level %i is cancelled',
        async (level) => {
          const { flow, noted, cleaned } = three({ ...context, maxWorkers }, start);
          const outer = flow.start('outer');
          const jobs = await running(flow, 3);
          const states = Promise.all(jobs.map(({ done }) => done));
          await jobs[level]?.cancel('stop');
          const after = [...noted.slice(noted.length)];
          await sleep(8);
          const below = jobs.slice(level + 1).map(({ state: { status, reason } }) => ({ status, reason }));
          expect(below).toEqual(below.map(() => ({ status: 'cancelled', reason: 'parent ended' })));
          expect(after).toEqual([]);
          expect(cleaned).toEqual(expect.arrayContaining(['outer', 'middle', 'inner'].slice(level)));
          if (level > 0) await outer.cancel();
          await states;
          expect(flow.jobs).toEqual([]);
        },
      );
    });
  });

  it.each(ends)('should have no effect after the job that has started it %s', async (how, end, expected) => {
    const { noted, work } = effects();
    const fail = how === 'fails';
    const flow = flowOf(
      {
        outer: {
          slots: {
            trigger: async (_, ctx) => {
              const child = ctx.flow.execute('inner');
              await sleep(5);
              if (fail) throw new Error('over');
              await child;
            },
          },
        },
        inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const job = flow.start('outer', {}, how === 'times out' ? { timeoutMs: 5 } : {});
    await running(flow, 2);
    await end(job);
    expect(await job.done).toMatchObject(expected);
    const { length } = noted;
    await sleep(8);
    expect([noted.length, flow.jobs]).toEqual([length, []]);
  });

  it('should go on by itself when its parent completes', async () => {
    const { work, noted } = effects();
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => void ctx.flow.start('inner') } },
        inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
      },
      [],
      { maxWorkers: 2 },
    );
    expect((await flow.execute('outer')).status).toBe('completed');
    const [child] = flow.jobs;
    const { length } = noted;
    await sleep(5);
    expect([child?.status, noted.length > length]).toEqual(['running', true]);
    await child?.cancel();
  });

  it('should belong to its job once its attempt has succeeded, and end when that is cancelled', async () => {
    const { work } = effects();
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => (ctx.flow.start('inner'), void ctx.emit('o')), i: () => sleep(50) } },
        inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
      },
      ['outer.o -> outer.i'],
      { maxWorkers: 3 },
    );
    const outer = flow.start('outer');
    const [, child] = await running(flow, 2);
    await outer.cancel();
    expect(child?.state).toMatchObject({ status: 'cancelled', reason: 'parent ended' });
  });

  it.each<['retry' | 'continue' | 'skip', number]>([
    ['retry', 2],
    ['continue', 1],
    ['skip', 1],
  ])('should end with an attempt that fails, though its job goes on: %s', async (strategy, starts) => {
    const reasons: unknown[] = [];
    const flow = flowOf(
      {
        outer: {
          slots: {
            trigger: async (_, ctx) => {
              const child = ctx.flow.start('inner');
              void child.done.then(({ reason }) => reasons.push(reason));
              await sleep(1);
              throw new Error('again');
            },
          },
        },
        inner: { slots: { trigger: () => sleep(100) } },
      },
      [],
      { maxWorkers: 4 },
    );
    const unused = strategy === 'retry' ? { maxRetries: 1, delayMs: 1 } : {};
    flow.routines.get('outer')?.setErrorHandler(new ErrorHandler({ strategy, ...unused }));
    await flow.execute('outer');
    await sleep(1);
    expect([reasons, flow.jobs]).toEqual([Array(starts).fill('parent ended'), []]);
  });

  it("should be nobody's if it is detached", async () => {
    const { work } = effects();
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('inner', {}, { detached: true }) } },
        inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer');
    const [, child] = await running(flow, 2);
    await outer.cancel();
    await sleep(3);
    expect(child?.status).toBe('running');
    await child?.cancel();
  });

  it('should borrow the worker of its starter also if it is detached, while that is at work', async () => {
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('inner', {}, { detached: true }) } },
        inner: { slots: { trigger: () => sleep(1) } },
      },
      [],
      { executionTimeoutMs: 1_000 },
    );
    expect((await flow.execute('outer')).status).toBe('completed');
  });

  it("should be nobody's if its job had ended already: clean-up may run a flow", async () => {
    let cleanUp: Promise<JobState> | undefined;
    const flow = flowOf(
      {
        outer: {
          slots: {
            trigger: async (_, ctx) => {
              try {
                await sleep(50);
              } finally {
                cleanUp = ctx.flow.execute('inner');
              }
            },
          },
        },
        inner: { slots: { trigger: () => sleep(2) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer');
    await sleep(2);
    await outer.cancel();
    await sleep(60);
    expect((await cleanUp)?.status).toBe('completed');
  });

  it('should end with its parent however deep it is nested', async () => {
    const flow: Flow = flowOf({
      s: { slots: { trigger: ({ n }, ctx) => (Number(n) > 0 ? ctx.flow.execute('s', { n: Number(n) - 1 }) : sleep(60_000)) } },
    });
    const outer = flow.start('s', { n: 2_000 });
    while (flow.jobs.length < 2_001) await sleep(1);
    await outer.cancel();
    expect(flow.jobs).toEqual([]);
    expect((await flow.execute('s', { n: -1 }, { timeoutMs: 1 })).status).toBe('failed');
  });

  it('should be paused with all others if it is detached: nobody is known to wait for it (D4)', async () => {
    const end = deferred();
    const flow: Flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => (ctx.flow.start('inner', {}, { detached: true }), end.promise) } },
        inner: { slots: { trigger: () => end.promise } },
      },
      [],
      { maxWorkers: 2 },
    );
    flow.start('outer');
    const jobs = await running(flow, 2);
    const paused = flow.pause();
    end.resolve();
    expect((await paused).length).toBe(2);
    await Promise.all(jobs.map((job) => job.cancel()));
  });

  it('should be left alone by a pause of all jobs while a tracked promise waits for it', async () => {
    const flow: Flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => void ctx.track(ctx.flow.execute('inner')) } },
        inner: { slots: { trigger: () => sleep(5) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer');
    await sleep(2);
    await flow.pause();
    expect([outer.status, flow.jobs.length]).toEqual(['paused', 1]);
    await outer.cancel();
  });

  it('should end over flows, too', async () => {
    const { work } = effects();
    const other = flowOf({ inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } } });
    const flow = flowOf({ outer: { slots: { trigger: () => other.execute('inner') } } });
    const outer = flow.start('outer');
    const [child] = await running(other, 1);
    await outer.cancel();
    expect(child?.state).toMatchObject({ status: 'cancelled', reason: 'parent ended' });
  });

  it('should tell of its failure whoever awaits it, and no more', async () => {
    const flow = flowOf(
      {
        outer: {
          slots: { trigger: async (_, ctx) => void ctx.output('child', { status: (await ctx.flow.execute('inner')).status }) },
        },
        inner: {
          slots: {
            trigger: () => {
              throw new Error('no');
            },
          },
        },
      },
      [],
      { maxWorkers: 2 },
    );
    const state = await flow.execute('outer');
    expect([state.status, state.outputLog[0]?.data]).toEqual(['completed', { status: 'failed' }]);
  });

  it('should end in a subscription of `run$` as well', async () => {
    const { work } = effects();
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => ctx.flow.run$('inner') } },
        inner: { slots: { trigger: (_, ctx) => work('inner', ctx) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer');
    const [, child] = await running(flow, 2);
    await outer.cancel();
    expect(child?.status).toBe('cancelled');
  });

  it('should not be kept by its parent once it has ended', async () => {
    const flow = flowOf(
      {
        outer: {
          slots: {
            trigger: async (_, ctx) => {
              for (let n = 0; n < 50; n++) await ctx.flow.execute('inner');
              ctx.output('done');
              await sleep(1);
            },
          },
        },
        inner: { slots: { trigger: () => undefined } },
      },
      [],
      {},
    );
    expect((await flow.execute('outer')).status).toBe('completed');
    expect(flow.jobs).toEqual([]);
  });

  it.each<[string, ExecuteOptions]>([
    ['parent: {}', { parent: {} as Context }],
    ['parent: null', { parent: null as never }],
    ["detached: 'yes'", { detached: 'yes' as never }],
  ])('should refuse %s', async (_, options) => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } });
    await expect(flow.execute('s', {}, options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});

describe('a run without async context (D33)', () => {
  const locked = (options: FlowOptions, given: (ctx: Context) => ExecuteOptions) =>
    flowOf(
      {
        parent: {
          slots: {
            trigger: async (_, ctx) => {
              await sleep(1);
              for (let n = 0; n < 2; n++) await ctx.flow.execute('child', {}, given(ctx));
            },
          },
        },
        child: { slots: { trigger: () => sleep(1) } },
      },
      [],
      { asyncContext: 'off', ...options },
    );

  it('should borrow the worker of the handler that hands over its ctx, also after an await (f13)', async () => {
    expect((await locked({ executionTimeoutMs: 2_000 }, (ctx) => ({ parent: ctx })).execute('parent')).status).toBe('completed');
  });

  it('should be named by the timeout of the job that waits for it, with what to do', async () => {
    const flow = locked({ executionTimeoutMs: 50 }, () => ({ jobId: 'nested' }));
    const { error } = await flow.execute('parent');
    expect(error?.message).toMatch(/job 'nested' waited for its first worker: .*\{ parent: ctx \}/);
    await flow.cancel();
  });

  it('should be told of once by a warning, after it has waited for 1 s while all workers are held', async () => {
    const flow = locked({}, () => ({ jobId: 'nested' }));
    const warnings: string[] = [];
    const parent = flow.start('parent');
    while (flow.job('nested') === undefined) await sleep(1);
    const nested = flow.job('nested') as Job;
    const warned = firstValueFrom(nested.record$.pipe(filter(({ type }) => type === 'warning')));
    nested.record$.subscribe((record) => {
      if (record.type === 'warning') warnings.push(record.message);
    });
    await warned;
    await parent.cancel();
    await flow.cancel();
    expect(warnings).toEqual([expect.stringContaining('{ parent: ctx }')]);
  });
});
