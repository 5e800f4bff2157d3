import { ErrorHandler, Flow, type FlowOptions, type Job } from '../lib/index.js';
import { emitting, flowOf, forward, noting } from './support/flows.js';
import { ours, rejection, thrown } from './support/thrown.js';
import { turn, type VirtualTime, virtualTime } from './support/virtualTime.js';

/** Two items that take 50 ms each, fail once each, and go on to `d`. */
const busy = (time: VirtualTime, log: string[], options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }) } },
      t: {
        slots: {
          i: async (data, ctx) => {
            log.push(`t${String(data['n'])}#${ctx.attempt}`);
            await time.sleep(50);
            if (ctx.attempt === 1) throw new Error('once');
            forward(data, ctx);
          },
        },
      },
      d: { slots: { i: noting(log, ({ n }) => `d${String(n)}`) } },
    },
    ['s.o -> t.i', 't.o -> d.i'],
    { scheduler: time.scheduler, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 100 }), ...options },
  );

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await turn();
  return done;
};

describe('shutdown', () => {
  it('should wait for everything: queued, delayed and follow-on tasks of every job (D25, S75, X)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = busy(time, log);
    const jobs = [flow.start('s'), flow.start('s')];
    await time.advance(10);
    const down = flow.shutdown();
    await time.advance(290);
    expect(await settled(down)).toBe(false);
    await time.exhaust();
    await down;

    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect([...log].sort()).toEqual(['d0', 'd0', 'd1', 'd1', 't0#1', 't0#1', 't0#2', 't0#2', 't1#1', 't1#1', 't1#2', 't1#2']);
    expect(time.timers).toBe(0);
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('should wait on for a job that a watcher who came %s it resumes as soon as it is paused (S75, D25)', async (_, isFirst) => {
    const done: number[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: async ({ n }) => {
              await turn();
              done.push(Number(n));
            },
          },
        },
      },
      ['s.o -> t.i'],
    );
    const job = flow.start('s');
    const resumeOnce = (): void => {
      let left = 1;
      job.status$.subscribe((status) => {
        if (status === 'paused' && left-- > 0) job.resume();
      });
    };
    if (isFirst) resumeOnce();
    await turn();
    const down = flow.shutdown();
    if (!isFirst) resumeOnce();
    void job.pause();
    await down;
    expect([job.status, done]).toEqual(['completed', [1, 2]]);
  });

  it('should wait on for a job that was paused while it waited for another, and goes on before that has ended (S75, D25)', async () => {
    const flow = flowOf(
      { s: { slots: { trigger: () => turn() } }, t: { slots: { trigger: emitting({}), i: () => turn() } } },
      ['t.o -> t.i'],
      {
        maxWorkers: 2,
      },
    );
    const [a, b] = [flow.start('t'), flow.start('t')];
    const down = flow.shutdown();
    await a.pause();
    b.status$.subscribe((status) => {
      if (status === 'paused')
        queueMicrotask(() => {
          b.resume();
          a.resume();
        });
    });
    await b.pause();
    await down;
    expect([a.status, b.status]).toEqual(['completed', 'completed']);
  });

  it('should refuse every new run from its first moment (D25)', async () => {
    const time = virtualTime();
    const flow = busy(time, []);
    const job = flow.start('s');
    await time.advance(10);
    const down = flow.shutdown();
    expect(ours(thrown(() => flow.start('s'))).code).toBe('SHUT_DOWN');
    expect(ours(await rejection(flow.execute('s'))).code).toBe('SHUT_DOWN');
    await time.exhaust();
    await down;
    expect(job.status).toBe('completed');
    expect(ours(thrown(() => flow.start('s'))).details).toEqual({ flowId: flow.flowId });
  });

  it('should leave a paused job paused, and let it be resumed (D25)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = busy(time, log);
    const job = flow.start('s');
    await time.advance(10);
    void job.pause();
    await time.advance(40);
    await flow.shutdown();
    expect(job.status).toBe('paused');
    flow.resume(job);
    await time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should cancel at once without waiting: every job says shutdown, and nothing starts any more (D25, SC032)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = busy(time, log, { maxWorkers: 2 });
    const jobs: Job[] = [flow.start('s'), flow.start('s'), flow.start('s')];
    await time.advance(60);
    void jobs[1]?.pause();
    const before = [...log];
    await flow.shutdown({ wait: false });
    expect(time.scheduler.now()).toBe(60);
    expect(jobs.map(({ status, state }) => [status, state.reason])).toEqual(jobs.map(() => ['cancelled', 'shutdown']));
    await time.exhaust();
    expect(log).toEqual(before);
    expect(time.timers).toBe(0);
    expect(jobs.every(({ state }) => state.pendingTasks.length === 0)).toBe(true);
  });

  it('should also be the end of a job that has not begun (D25, D17)', async () => {
    const calls: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: noting(calls, 'called') } } });
    const job = flow.start('s');
    await flow.shutdown({ wait: false });
    await turn();
    expect([job.status, calls]).toEqual(['cancelled', []]);
  });

  it('should be harmless twice, also where the second does not wait for the first', async () => {
    const time = virtualTime();
    const flow = busy(time, []);
    const job = flow.start('s');
    await time.advance(10);
    const first = flow.shutdown();
    await flow.shutdown({ wait: false });
    await first;
    await flow.shutdown();
    expect(job.status).toBe('cancelled');
  });

  it('should be what the end of an `await using` block does, with waiting (D25)', async () => {
    const got: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: () => turn().then(() => got.push('done')) } } });
    flow.start('s');
    await flow[Symbol.asyncDispose]();
    expect(got).toEqual(['done']);
    expect(ours(thrown(() => flow.start('s'))).code).toBe('SHUT_DOWN');
  });

  it('should refuse to wait for itself inside a handler, but not to cancel (D16)', async () => {
    const codes: unknown[] = [];
    const flow: Flow = flowOf({
      s: {
        slots: {
          trigger: async () => {
            codes.push(ours(await rejection(flow.shutdown())).code);
            await flow.shutdown({ wait: false });
          },
        },
      },
    });
    const state = await flow.execute('s');
    await turn();
    expect(codes).toEqual(['WOULD_DEADLOCK']);
    expect([state.status, state.reason]).toEqual(['cancelled', 'shutdown']);
  });

  it('should have nothing to wait for in a flow that has never run', async () => {
    await expect(new Flow().shutdown()).resolves.toBeUndefined();
  });
});
