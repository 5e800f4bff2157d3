import { type Context, type Data, ErrorHandler, type ErrorHandlerOptions, type Flow, type FlowOptions } from '../../lib/index.js';
import { emitting, flowOf, forward, noting } from '../support/flows.js';
import { ours } from '../support/thrown.js';
import { type VirtualTime, virtualTime } from '../support/virtualTime.js';

const retry = (options: Omit<ErrorHandlerOptions, 'strategy'> = {}): ErrorHandler =>
  new ErrorHandler({ strategy: 'retry', ...options });

/** A flow whose entry always fails, and the instants at which it was tried. */
const failing = (time: VirtualTime, errorHandler: ErrorHandler, options: FlowOptions = {}): { flow: Flow; at: number[] } => {
  const at: number[] = [];
  const trigger = (): never => {
    at.push(time.scheduler.now());
    throw new Error('unreachable');
  };
  const flow = flowOf({ s: { slots: { trigger } } }, [], {
    errorHandler,
    scheduler: time.scheduler,
    executionTimeoutMs: Infinity,
    ...options,
  });
  return { flow, at };
};

const gaps = (at: readonly number[]): readonly number[] => at.slice(1).map((now, index) => now - (at[index] ?? 0));

describe('a service that is down for a while', () => {
  it.each<[string, Omit<ErrorHandlerOptions, 'strategy'>, readonly number[]]>([
    ['the defaults', {}, [1_000, 2_000, 4_000]],
    ['a delay and a factor', { delayMs: 100, backoff: 3 }, [100, 300, 900]],
    ['a factor of 1', { delayMs: 50, backoff: 1 }, [50, 50, 50]],
    ['a factor below 1', { delayMs: 80, backoff: 0.5 }, [80, 40, 20]],
    ['a factor of 0', { delayMs: 80, backoff: 0 }, [80, 0, 0]],
    ['no delay', { delayMs: 0 }, [0, 0, 0]],
    ['a cap', { delayMs: 100, backoff: 10, maxDelayMs: 700, maxRetries: 4 }, [100, 700, 700, 700]],
    ['a delay above the cap', { delayMs: 100, maxDelayMs: 30 }, [30, 30, 30]],
    ['a delay that no timer of the platform holds', { delayMs: 3_000_000_000, maxRetries: 2 }, [3_000_000_000, 6_000_000_000]],
  ])('should be tried again after delay × backoff^(n−1): %s (G37, G38)', async (_, options, expected) => {
    const time = virtualTime();
    const { flow, at } = failing(time, retry(options));
    const job = flow.start('s');
    await time.exhaust();

    expect(gaps(at)).toEqual(expected);
    expect(job.status).toBe('failed');
    expect(time.timers).toBe(0);
  });

  it.each([
    [0, 0.5, [1_000, 2_000]],
    [1, 0.25, [750, 1_500]],
    [0.5, 1, [500, 1_000]],
    [0.2, 0.5, [900, 1_800]],
  ])('should take a random part off each delay: jitter %d where the dice say %d (G37)', async (jitter, dice, expected) => {
    const time = virtualTime();
    let thrown = 0;
    const random = (): number => {
      thrown++;
      return dice;
    };
    const { flow, at } = failing(time, retry({ maxRetries: 2, jitter }), { random });
    flow.start('s');
    await time.exhaust();

    expect(gaps(at)).toEqual(expected);
    expect(thrown).toBe(jitter === 0 ? 0 : 2);
  });

  it('should put each failure of its own on the clock: the delay begins when the attempt has failed (G37)', async () => {
    const time = virtualTime();
    const at: number[] = [];
    const trigger = async (): Promise<never> => {
      at.push(time.scheduler.now());
      await time.sleep(30);
      throw new Error('slow to fail');
    };
    const flow = flowOf({ s: { slots: { trigger } } }, [], {
      errorHandler: retry({ delayMs: 100, maxRetries: 2 }),
      scheduler: time.scheduler,
    });
    flow.start('s');
    await time.exhaust();
    expect(at).toEqual([0, 130, 360]);
  });
});

describe('a retry in its delay', () => {
  /** Item 0 fails once and waits; the others go straight on to `d`. */
  const withOneWaiting = (time: VirtualTime, log: string[], options: FlowOptions = {}): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: (data, ctx) => {
              log.push(`t${String(data['n'])}#${ctx.attempt}@${time.scheduler.now()}`);
              if (data['n'] === 0 && ctx.attempt === 1) throw new Error('not yet');
              forward(data, ctx);
            },
          },
        },
        d: { slots: { i: noting(log, ({ n }) => `d${String(n)}@${time.scheduler.now()}`) } },
        quick: { slots: { trigger: noting(log, () => `quick@${time.scheduler.now()}`) } },
      },
      ['s.o -> t.i', 't.o -> d.i'],
      { errorHandler: retry({ delayMs: 100 }), scheduler: time.scheduler, ...options },
    );

  it.each([1, 5])('should block neither its own job nor another one, nor hold one of %d workers (X, S93)', async (maxWorkers) => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = withOneWaiting(time, log, { maxWorkers });
    const job = flow.start('s');
    await time.advance(50);
    const other = flow.start('quick');
    await time.advance(1);

    expect(log).toEqual(['t0#1@0', 't1#1@0', 't2#1@0', 'd1@0', 'd2@0', 'quick@50']);
    expect(other.status).toBe('completed');
    // Waiting for its time is work too: the job is not done, and no handler is running.
    expect(job.status).toBe('running');
    const [waiting] = job.state.pendingTasks;
    expect(job.state.pendingTasks).toHaveLength(1);
    expect(waiting).toMatchObject({ routineId: 't', slot: 'i', data: { n: 0 }, attempt: 2, dueAt: new Date(100) });

    await time.exhaust();
    expect(log.slice(6)).toEqual(['t0#2@100', 'd0@100']);
    expect(job.status).toBe('completed');
    expect(job.state.pendingTasks).toEqual([]);
  });

  it('should join the end of the queue when it is due, behind what waits there (D15)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }) } },
        t: {
          slots: {
            i: async ({ n }, ctx) => {
              log.push(`${String(n)}#${ctx.attempt}@${time.scheduler.now()}`);
              if (n === 0 && ctx.attempt === 1) throw new Error('not yet');
              await time.sleep(20);
            },
          },
        },
      },
      ['s.o -> t.i'],
      { errorHandler: retry({ delayMs: 10 }), scheduler: time.scheduler },
    );
    flow.start('s');
    await time.exhaust();
    expect(log).toEqual(['0#1@0', '1#1@0', '2#1@20', '3#1@40', '0#2@60']);
  });

  it('should not be waited for by a cancel, and never run after it (X, S90, D2)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = withOneWaiting(time, log);
    const job = flow.start('s');
    await time.advance(50);
    const state = await job.cancel('enough');

    expect(time.scheduler.now()).toBe(50);
    expect(state.status).toBe('cancelled');
    expect(state.pendingTasks).toEqual([]);
    expect(state.metrics.flow().droppedTasks).toBe(1);
    expect(time.timers).toBe(0);
    await time.exhaust();
    expect(log.filter((line) => line.startsWith('t0'))).toEqual(['t0#1@0']);
  });

  it('should not be waited for by a failure elsewhere in the job, nor by its timeout (D2, S35)', async () => {
    const time = virtualTime();
    const { flow, at } = failing(time, retry({ delayMs: 1_000 }));
    const job = flow.start('s', {}, { timeoutMs: 400 });
    await time.advance(400);
    expect(job.status).toBe('failed');
    expect(ours(job.state.error).code).toBe('TIMEOUT');
    expect(time.timers).toBe(0);
    await time.exhaust();
    expect(at).toEqual([0]);
  });

  it('should count as waiting work: the job is completed only after it (X, DESIGN 2.2)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = withOneWaiting(time, log).start('s');
    const progress: string[] = [];
    job.progress$.subscribe(({ queued, active, status }) => progress.push(`${queued} ${active} ${status}`));
    await time.advance(99);
    expect(progress.at(-1)).toBe('1 0 running');
    await time.exhaust();
    expect(progress.at(-1)).toBe('0 0 completed');
  });

  it('should keep retry counts apart: in parallel, each item has all of its own (S93, X)', async () => {
    const time = virtualTime();
    const tries = new Map<unknown, number>();
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 6 }, (_, n) => ({ n }))) } },
        t: {
          slots: {
            i: async ({ n }: Data, ctx: Context) => {
              tries.set(n, ctx.attempt);
              await time.sleep(5);
              if (ctx.attempt <= (n as number) % 4) throw new Error('not yet');
            },
          },
        },
      },
      ['s.o -> t.i'],
      { errorHandler: retry({ maxRetries: 3, delayMs: 7 }), scheduler: time.scheduler, maxWorkers: 3 },
    );
    const [first, second] = [flow.start('s'), flow.start('s')];
    await time.exhaust();
    expect([first.status, second.status]).toEqual(['completed', 'completed']);
    expect([...tries]).toEqual([0, 1, 2, 3, 4, 5].map((n) => [n, (n % 4) + 1]));
    // The history says so, item by item, for each job alone.
    for (const { state } of [first, second])
      expect(state.metrics.routine('t')).toMatchObject({ total: 6, completed: 6, retried: 7 });
  });
});

describe('a retry that the graph makes', () => {
  it('should send a failure back with its count, until it succeeds (SC017)', async () => {
    const attempts: unknown[] = [];
    const collected: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ retry_count: 0 }) } },
        b: {
          slots: {
            i: ({ retry_count: count }, ctx) => {
              attempts.push(count);
              if ((count as number) < 2) ctx.emit('failure', { retry_count: count });
              else ctx.emit('success', { attempts: (count as number) + 1 });
            },
          },
          events: ['success', 'failure'],
        },
        r: {
          slots: {
            failed: ({ retry_count: count }, ctx) => {
              ctx.emit('retry', { retry_count: (count as number) + 1 });
            },
            good: (data, ctx) => {
              ctx.emit('ok', data);
            },
          },
          events: ['retry', 'ok'],
        },
        c: { slots: { i: noting(collected, (data) => data) } },
      },
      ['s.o -> b.i', 'b.failure -> r.failed', 'r.retry -> b.i', 'b.success -> r.good', 'r.ok -> c.i'],
    );
    const state = await flow.execute('s');

    expect(attempts).toEqual([0, 1, 2]);
    expect(collected).toEqual([{ attempts: 3 }]);
    expect(state.history().map(({ routineId, eventName }) => `${routineId}:${eventName}`)).toEqual([
      's:start',
      's:o',
      'b:failure',
      'r:retry',
      'b:failure',
      'r:retry',
      'b:success',
      'r:ok',
    ]);
  });
});
