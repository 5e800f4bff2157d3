import { type Context, type Data, ErrorHandler, type ErrorHandlerOptions, type Flow, type FlowOptions } from '../../lib/index.js';
import { type FlowTest, testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, forward, noting } from '../support/flows.js';
import { ours } from '../support/thrown.js';

const retry = (options: Omit<ErrorHandlerOptions, 'strategy'> = {}): ErrorHandler =>
  new ErrorHandler({ strategy: 'retry', ...options });

/** A flow whose entry always fails. */
const failing = ({ flowOptions }: FlowTest, errorHandler: ErrorHandler, options: FlowOptions = {}): Flow => {
  const trigger = (): never => {
    throw new Error('unreachable');
  };
  return flowOf({ s: { slots: { trigger } } }, [], { ...flowOptions, errorHandler, executionTimeoutMs: Infinity, ...options });
};

/** As far as the longest of the delays below. */
const FAR = { horizonMs: 1e10 };

/** Payloads by the letters of the diagrams. */
const ITEMS = { a: { n: 0 }, b: { n: 1 }, c: { n: 2 }, d: { n: 3 } };

describe('a service that is down for a while', () => {
  it.each<[string, Omit<ErrorHandlerOptions, 'strategy'>, string]>([
    ['the defaults', {}, 's 999ms s 1999ms s 3999ms (s#)'],
    ['a delay and a factor', { delayMs: 100, backoff: 3 }, 's 99ms s 299ms s 899ms (s#)'],
    ['a factor of 1', { delayMs: 50, backoff: 1 }, 's 49ms s 49ms s 49ms (s#)'],
    ['a factor below 1', { delayMs: 80, backoff: 0.5 }, 's 79ms s 39ms s 19ms (s#)'],
    ['a factor of 0', { delayMs: 80, backoff: 0 }, 's 79ms (sss#)'],
    ['no delay', { delayMs: 0 }, '(ssss#)'],
    ['a cap', { delayMs: 100, backoff: 10, maxDelayMs: 700, maxRetries: 4 }, 's 99ms s 699ms s 699ms s 699ms (s#)'],
    ['a delay above the cap', { delayMs: 100, maxDelayMs: 30 }, 's 29ms s 29ms s 29ms (s#)'],
    [
      'a delay that no timer of the platform holds',
      { delayMs: 3_000_000_000, maxRetries: 2 },
      's 2999999999ms s 5999999999ms (s#)',
    ],
  ])('should be tried again after delay × backoff^(n−1): %s (G37, G38)', (_, options, starts) =>
    testFlow(async (test) => {
      test.expectJob(test.start(failing(test, retry(options)), 's')).toBe({ starts });
      await test.flush();
      expect(test.scheduler.actions).toEqual([]);
    }, FAR),
  );

  it.each([
    [0, 0.5, 's 999ms s 1999ms (s#)'],
    [1, 0.25, 's 749ms s 1499ms (s#)'],
    [0.5, 1, 's 499ms s 999ms (s#)'],
    [0.2, 0.5, 's 899ms s 1799ms (s#)'],
  ])('should take a random part off each delay: jitter %d where the dice say %d (G37)', (jitter, dice, starts) =>
    testFlow(async (test) => {
      let thrown = 0;
      const random = (): number => {
        thrown++;
        return dice;
      };
      test.expectJob(test.start(failing(test, retry({ maxRetries: 2, jitter }), { random }), 's')).toBe({ starts });
      await test.flush();
      expect(thrown).toBe(jitter === 0 ? 0 : 2);
    }),
  );

  it('should put each failure of its own on the clock: the delay begins when the attempt has failed (G37)', () =>
    testFlow(({ flowOptions, start, takes, expectJob }) => {
      const trigger = takes(30, () => {
        throw new Error('slow to fail');
      });
      const errorHandler = retry({ delayMs: 100, maxRetries: 2 });
      expectJob(start(flowOf({ s: { slots: { trigger } } }, [], { ...flowOptions, errorHandler }), 's')).toBe({
        starts: '  s 129ms       s 229ms        s 29ms #',
        'ends s': '30ms r 99ms 30ms r 199ms 30ms (f#)',
      });
    }));
});

describe('a retry in its delay', () => {
  /** Item 0 fails once and waits; the others go straight on to `d`. */
  const withOneWaiting = ({ flowOptions }: FlowTest, options: FlowOptions = {}): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting(ITEMS.a, ITEMS.b, ITEMS.c) } },
        t: {
          slots: {
            i: (data, ctx) => {
              if (data['n'] === 0 && ctx.attempt === 1) throw new Error('not yet');
              forward(data, ctx);
            },
          },
        },
        d: { slots: { i: () => undefined } },
        q: { slots: { trigger: () => undefined } },
      },
      ['s.o -> t.i', 't.o -> d.i'],
      { ...flowOptions, errorHandler: retry({ delayMs: 100 }), ...options },
    );

  it.each([1, 5])('should block neither its own job nor another one, nor hold one of %d workers (X, S93)', (maxWorkers) =>
    testFlow(async (test) => {
      const flow = withOneWaiting(test, { maxWorkers });
      const job = test.start(flow, 's');
      // Waiting for its time is work too: the job is not done before, and no handler is running.
      test.expectJob(job).toBe(
        {
          starts: '    (stttdd) 92ms (td|)',
          'starts t': '(abc)    95ms (a|)',
          'starts d': '(bc)     96ms (a|)',
          active: '    0        99ms |',
        },
        ITEMS,
      );
      await test.sleep(50);
      test.expectJob(test.start(flow, 'q')).toBe({ starts: '50ms (q|)' });
      await test.sleep(1);
      expect(job.status).toBe('running');
      const [waiting] = job.state.pendingTasks;
      expect(job.state.pendingTasks).toHaveLength(1);
      expect(waiting).toMatchObject({ routineId: 't', slot: 'i', data: { n: 0 }, attempt: 2, dueAt: new Date(100) });
      await test.flush();
      expect(job.state.pendingTasks).toEqual([]);
    }),
  );

  it('should join the end of the queue when it is due, behind what waits there (D15)', () =>
    testFlow(({ flowOptions, start, sleep, expectJob }) => {
      const i = async ({ n }: Data, ctx: Context): Promise<void> => {
        if (n === 0 && ctx.attempt === 1) throw new Error('not yet');
        await sleep(20);
      };
      const flow = flowOf({ s: { slots: { trigger: emitting(...Object.values(ITEMS)) } }, t: { slots: { i } } }, ['s.o -> t.i'], {
        ...flowOptions,
        errorHandler: retry({ delayMs: 10 }),
      });
      expectJob(start(flow, 's')).toBe(
        {
          'starts t': '[ab] 19ms c 19ms d 19ms a 19ms |',
          queued: '    3    19ms 2 19ms 1 19ms 0 19ms |',
        },
        ITEMS,
      );
    }));

  it('should not be waited for by a cancel, and never run after it (X, S90, D2)', () =>
    testFlow(async (test) => {
      const job = test.start(withOneWaiting(test), 's');
      test.expectJob(job).toBe({ 'starts t': '(abc) 45ms !' }, ITEMS);
      await test.sleep(50);
      const state = await job.cancel('enough');

      expect(state.status).toBe('cancelled');
      expect(state.pendingTasks).toEqual([]);
      expect(state.metrics.flow().droppedTasks).toBe(1);
      expect(test.scheduler.actions).toEqual([]);
      await test.flush();
      expect(test.scheduler.now()).toBe(50);
    }));

  it('should not be waited for by a failure elsewhere in the job, nor by its timeout (D2, S35)', () =>
    testFlow(async (test) => {
      const job = test.start(failing(test, retry({ delayMs: 1_000 })), 's', {}, { timeoutMs: 400 });
      test.expectJob(job).toBe({ starts: 's 399ms #' });
      await job.done;
      expect(ours(job.state.error).code).toBe('TIMEOUT');
      expect(test.scheduler.actions).toEqual([]);
    }));

  it('should count as waiting work: the job is completed only after it (X, DESIGN 2.2)', () =>
    testFlow((test) => {
      test.expectJob(test.start(withOneWaiting(test), 's')).toBe({
        status: 'r 99ms |',
        queued: '1 99ms (0|)',
        active: '0 99ms |',
      });
    }));

  it('should keep retry counts apart: in parallel, each item has all of its own (S93, X)', () =>
    testFlow(async ({ flowOptions, entries, takes, flush }) => {
      const tries = new Map<unknown, number>();
      const i = takes(5, ({ n }: Data, { attempt }: Context) => {
        tries.set(n, attempt);
        if (attempt <= (n as number) % 4) throw new Error('not yet');
      });
      const items = Array.from({ length: 6 }, (_, n) => ({ n }));
      const flow = flowOf({ s: { slots: { trigger: emitting(...items) } }, t: { slots: { i } } }, ['s.o -> t.i'], {
        ...flowOptions,
        errorHandler: retry({ maxRetries: 3, delayMs: 7 }),
        maxWorkers: 3,
      });
      const jobs = entries(flow, 's', '[xx]');
      await flush();
      expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect([...tries]).toEqual([0, 1, 2, 3, 4, 5].map((n) => [n, (n % 4) + 1]));
      // The history says so, item by item, for each job alone.
      for (const { state } of jobs) expect(state.metrics.routine('t')).toMatchObject({ total: 6, completed: 6, retried: 7 });
    }));
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
