import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { filter, firstValueFrom } from 'rxjs';
import { type Context, currentContext, Flow, type Handler, type Job, JobState } from '../../lib/index.js';
import { flowOf, routine, sleep } from '../support/flows.js';

/** Collects all that nobody keeps. */
const collect = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

/** Runs something in a handler, before and after an `await`, and gives the codes of what it throws or rejects with. */
const inHandler = async (wait: (ctx: Context, job: Job) => unknown, flow = new Flow({ executionTimeoutMs: 60_000 })) => {
  const codes: unknown[] = [];
  const attempt = async (ctx: Context): Promise<void> => {
    try {
      await wait(ctx, flow.jobs.find(({ id }) => id === ctx.job.jobId) as Job);
      codes.push('went through');
    } catch (error) {
      codes.push((error as { code?: unknown }).code);
    }
  };
  const trigger: Handler = async (_, ctx) => {
    await attempt(ctx);
    await sleep(1);
    await attempt(ctx);
  };
  flow.addRoutine(routine({ slots: { trigger } }), 's');
  const { status } = await flow.execute('s');
  return { status, codes };
};

describe('refuseWaiting (D16)', () => {
  it.each<[string, (ctx: Context, job: Job) => unknown]>([
    ['flow.shutdown()', (ctx) => ctx.flow.shutdown()],
    ['its own job.done', (_, job) => job.done],
    ['its own job.waitForCompletion()', (_, job) => job.waitForCompletion()],
    ['JobState.waitForCompletion of its own job', (ctx, job) => JobState.waitForCompletion(ctx.flow, job)],
    ['JobState.waitForCompletion of its own state', (ctx) => JobState.waitForCompletion(ctx.flow, ctx.job)],
    ['leaving an `await using` block of its flow', (ctx) => ctx.flow[Symbol.asyncDispose]()],
  ])('should throw WOULD_DEADLOCK in a handler that waits for %s, before and after an await', async (_, wait) => {
    expect(await inHandler(wait)).toEqual({ status: 'completed', codes: ['WOULD_DEADLOCK', 'WOULD_DEADLOCK'] });
  });

  it.each<[string, (ctx: Context, job: Job) => unknown]>([
    ['its own job.pause()', (_, job) => job.pause()],
    ['flow.pause of its own job', (ctx, job) => ctx.flow.pause(job)],
    ['flow.pause of its own state', (ctx) => ctx.flow.pause(ctx.job, { reason: 'limit' })],
    ['flow.pause() of all jobs', (ctx) => ctx.flow.pause()],
  ])('should reject with WOULD_DEADLOCK in a handler that waits for %s, and pause all the same (D34, f04)', async (_, wait) => {
    const codes: unknown[] = [];
    const trigger: Handler = async (__, ctx) => {
      await sleep(1);
      await Promise.resolve(wait(ctx, ctx.flow.jobs[0] as Job)).catch((error: unknown) =>
        codes.push((error as { code: string }).code),
      );
    };
    const flow = flowOf({ s: { slots: { trigger } } });
    const job = flow.start('s');
    await firstValueFrom(job.status$.pipe(filter((status) => status === 'paused')));
    expect(codes).toEqual(['WOULD_DEADLOCK']);
    job.resume();
    expect((await job.done).status).toBe('completed');
  });

  it('should refuse the pause of an outer job in a run that its handler waits for (D34, f04)', async () => {
    const codes: unknown[] = [];
    const flow: Flow = flowOf({
      outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('inner') } },
      inner: {
        slots: {
          trigger: () =>
            outer.pause().then(
              () => codes.push('went through'),
              (error: unknown) => codes.push((error as { code: string }).code),
            ),
        },
      },
    });
    const outer = flow.start('outer');
    await firstValueFrom(outer.status$.pipe(filter((status) => status === 'paused')));
    expect(codes).toEqual(['WOULD_DEADLOCK']);
    outer.resume();
    expect((await outer.done).status).toBe('completed');
  });

  it('should refuse it in what the handler has left to be tracked: its job cannot be quiet before (D34)', async () => {
    const codes: unknown[] = [];
    const waiting = async (job: Job): Promise<void> => {
      await sleep(1);
      for (const wait of [() => job.pause(), () => job.waitForCompletion(), () => job.done])
        try {
          await wait();
          codes.push('went through');
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      job.resume();
    };
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(waiting(ctx.flow.jobs[0] as Job)) } } });
    expect((await flow.execute('s')).status).toBe('completed');
    expect(codes).toEqual(Array(3).fill('WOULD_DEADLOCK'));
  });

  it('should harm nobody who does not await the answer (D34)', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listener);
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_, ctx) => {
            void ctx.flow.pause(ctx.job);
            void ctx.flow.shutdown();
            void JobState.waitForCompletion(ctx.flow, ctx.job);
            void ctx.flow[Symbol.asyncDispose]();
          },
        },
      },
    });
    const job = flow.start('s');
    await firstValueFrom(job.status$.pipe(filter((status) => status === 'paused')));
    await sleep(1);
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
    job.resume();
    await job.done;
  });

  it('should refuse nothing in a watcher, a sink or a listener of a signal, and make nothing a child there (D34)', async () => {
    const seen: string[] = [];
    const flow: Flow = flowOf(
      {
        s: {
          slots: {
            trigger: async (_, ctx) => {
              ctx.signal.addEventListener('abort', () => {
                seen.push(currentContext() === undefined ? 'listener outside' : 'listener inside');
              });
              ctx.output('x');
              await sleep(1);
              void other.cancel();
              await sleep(1);
            },
          },
        },
        t: {
          slots: {
            trigger: (_, ctx) =>
              new Promise((resolve) => {
                ctx.signal.addEventListener('abort', () => {
                  seen.push(currentContext() === undefined ? 'other outside' : 'other inside');
                  resolve(undefined);
                });
              }),
          },
        },
      },
      [],
      { maxWorkers: 2 },
    );
    const other = flow.start('t');
    const output = (): void => void seen.push(currentContext() === undefined ? 'sink outside' : 'sink inside');
    await flow.start('s', {}, { output }).done;
    expect(seen).toEqual(['sink outside', 'other outside']);
  });

  it('should find the handler that waits over a job between them that has ended (S75)', async () => {
    const codes: unknown[] = [];
    const code = async (wait: () => unknown): Promise<void> => {
      try {
        await wait();
        codes.push('went through');
      } catch (error) {
        codes.push((error as { code?: unknown }).code);
      }
    };
    let last: Promise<unknown> | undefined = undefined;
    const flow = flowOf(
      {
        outer: {
          slots: {
            trigger: async () => {
              await flow.execute('inner');
              await last;
            },
          },
        },
        inner: { slots: { trigger: () => void (last = flow.execute('third')) } },
        third: {
          slots: {
            trigger: async () => {
              await sleep(1);
              await code(() => job.done);
              await code(() => flow.shutdown());
            },
          },
        },
      },
      [],
      { maxWorkers: 4, executionTimeoutMs: 60_000 },
    );
    const job = flow.start('outer');
    expect([(await job.done).status, codes]).toEqual(['completed', ['WOULD_DEADLOCK', 'WOULD_DEADLOCK']]);
  });

  it('should let a run borrow a worker over a job of another flow between them that has ended (D16)', async () => {
    let last: Promise<unknown> | undefined = undefined;
    const other = flowOf({ inner: { slots: { trigger: () => void (last = flow.execute('third')) } } });
    const outer: Handler = async () => {
      await other.execute('inner');
      await last;
    };
    const third = {
      trigger: (_: unknown, ctx: Context) =>
        sleep(1).then(() => {
          ctx.emit('o');
        }),
      more: () => undefined,
    };
    const flow: Flow = flowOf({ outer: { slots: { trigger: outer } }, third: { slots: third } }, ['third.o -> third.more'], {
      executionTimeoutMs: 60_000,
    });
    expect((await flow.execute('outer')).status).toBe('completed');
  });

  it('should let a run borrow a worker over jobs and handlers between them that have ended, and been collected (D16)', async () => {
    let last: Promise<unknown> | undefined = undefined;
    const other = flowOf(
      {
        inner: { slots: { trigger: () => void other.execute('mid') } },
        mid: { slots: { trigger: () => void (last = flow.execute('third')) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const third: Handler = async (_, ctx) => {
      for (let turns = 0; turns < 3; turns++) {
        await sleep(1);
        collect();
      }
      ctx.emit('o');
    };
    const outer: Handler = async () => {
      await other.execute('inner');
      await sleep(1);
      await last;
    };
    const flow: Flow = flowOf(
      { outer: { slots: { trigger: outer } }, third: { slots: { trigger: third, more: () => undefined } } },
      ['third.o -> third.more'],
      { executionTimeoutMs: 60_000 },
    );
    expect((await flow.execute('outer')).status).toBe('completed');
  });

  it('should name the job and the call', async () => {
    let message = '';
    const { codes } = await inHandler(async (ctx) => {
      try {
        await ctx.flow.shutdown();
      } catch (error) {
        ({ message } = error as Error);
        expect(message).toContain(ctx.job.jobId);
        throw error;
      }
    });
    expect(codes).toEqual(['WOULD_DEADLOCK', 'WOULD_DEADLOCK']);
    expect(message).toContain('shutdown');
  });

  it('should not leave the flow shut down after a refusal', async () => {
    const flow = new Flow();
    await inHandler((ctx) => ctx.flow.shutdown(), flow);
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it('should refuse it in a run that the handler started, of the outer job, too', async () => {
    const flow = new Flow({ executionTimeoutMs: 60_000 });
    const codes: unknown[] = [];
    flow.addRoutine(routine({ slots: { trigger: (_, ctx) => ctx.flow.execute('inner') } }), 'outer');
    const inner: Handler = async () => {
      try {
        await flow.jobs[0]?.done;
      } catch (error) {
        codes.push((error as { code?: unknown }).code);
      }
    };
    flow.addRoutine(routine({ slots: { trigger: inner } }), 'inner');
    expect((await flow.execute('outer')).status).toBe('completed');
    expect(codes).toEqual(['WOULD_DEADLOCK']);
  });

  it.each<[string, (ctx: Context) => unknown]>([
    ['the end of a run that it started', (ctx) => ctx.flow.execute('other')],
    ['the end of a live job that it started', (ctx) => ctx.flow.start('other').done],
    ['the shutdown of another flow', () => flowOf({ s: { slots: { trigger: () => undefined } } }).shutdown()],
    ['a pause of its own job', (ctx) => ctx.pause().then(() => ctx.flow.jobs[0]?.resume())],
  ])('should let it wait for %s', async (_, wait) => {
    const flow = new Flow({ executionTimeoutMs: 60_000 });
    flow.addRoutine(routine({ slots: { trigger: () => sleep(1) } }), 'other');
    expect(await inHandler(wait, flow)).toEqual({ status: 'completed', codes: ['went through', 'went through'] });
  });

  it('should let it shut down without waiting, which cancels its own job', async () => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => ctx.flow.shutdown({ wait: false }) } } });
    expect(await flow.execute('s')).toMatchObject({ status: 'cancelled', reason: 'shutdown' });
  });
});
