import { runInNewContext } from 'node:vm';
import { firstValueFrom, throwError, toArray } from 'rxjs';
import {
  type Data,
  ErrorHandler,
  type ErrorHandlerOptions,
  Flow,
  type FlowOptions,
  type Handler,
  type JobState,
  Registry,
  Routine,
} from '../lib/index.js';
import { feed } from '../lib/rx/index.js';
import { ours, thrown } from './support/thrown.js';

/** A routine that fails with what it is given, and falls back on `lost`. */
class Failing extends Routine {
  static override readonly type: string = 'Failing';

  constructor() {
    super();
    this.defineEvent('done');
    this.defineEvent('lost');
    this.defineSlot('trigger', (data, ctx) => this.work(data, ctx));
  }

  work: Handler = () => {
    throw new Error('no');
  };
}

interface World {
  readonly handler?: ErrorHandlerOptions;
  readonly work?: Handler;
  readonly options?: FlowOptions;
}

/** Runs `Failing` as `s`, with what follows `lost` in `got`. */
const flowWith = ({ handler, work, options }: World, got: Data[] = []): Flow => {
  const flow = new Flow({ flowId: 'f', ...options });
  const failing = new Failing();
  if (work !== undefined) failing.work = work;
  if (handler !== undefined) failing.setErrorHandler(new ErrorHandler(handler));
  const sink = new Routine();
  sink.defineSlot('i', (data) => void got.push(data));
  flow.addRoutine(failing, 's');
  flow.addRoutine(sink, 't');
  flow.connect('s.lost', 't.i');
  return flow;
};

const run = async (world: World, params: Data = { n: 1 }): Promise<{ state: JobState; got: Data[] }> => {
  const got: Data[] = [];
  const state = await flowWith(world, got).execute('s', params);
  return { state, got };
};

const counters = (state: JobState): unknown[] => {
  const { retried, failed, skipped } = state.metrics.routine('s') ?? {};
  return [state.status, retried, failed, skipped];
};

describe('what follows when retries are over (D44)', () => {
  it.each<[ErrorHandlerOptions, unknown[], string]>([
    [{}, ['failed', 2, 1, 0], 'failed'],
    [{ then: 'stop' }, ['failed', 2, 1, 0], 'failed'],
    [{ then: 'continue' }, ['completed', 2, 1, 0], 'error_continued'],
    [{ then: 'skip' }, ['completed', 2, 0, 1], 'skipped'],
  ])('should be, with %j, %j', async (handler, expected, status) => {
    const { state } = await run({ handler: { strategy: 'retry', maxRetries: 2, delayMs: 0, ...handler } });
    expect(counters(state)).toEqual(expected);
    expect(state.routineState('s')?.['status']).toBe(status);
  });

  it('should follow at once an error that is not worth a retry', async () => {
    const { state } = await run({ handler: { strategy: 'retry', retryOn: [TypeError], delayMs: 0, then: 'skip' } });
    expect(counters(state)).toEqual(['completed', 0, 0, 1]);
  });

  it('should not follow while a retry is left that succeeds', async () => {
    let tries = 0;
    const work: Handler = () => {
      if (++tries < 3) throw new Error('no');
    };
    const { state, got } = await run({ work, handler: { strategy: 'retry', delayMs: 0, then: 'skip', fallback: 'lost' } });
    expect([state.status, tries, got]).toEqual(['completed', 3, []]);
  });

  it('should follow the failure of a tracked promise, which is not tried again', async () => {
    const work: Handler = (_, ctx) => void ctx.track(Promise.reject(new Error('late')));
    const { state } = await run({ work, handler: { strategy: 'retry', then: 'continue' } });
    expect(counters(state)).toEqual(['completed', 0, 1, 0]);
  });

  it('should let a retry of an error of another realm be: a class of the language goes by its name there', async () => {
    const work: Handler = () => {
      throw runInNewContext('new TypeError("no")');
    };
    const { state } = await run({ work, handler: { strategy: 'retry', retryOn: [TypeError], maxRetries: 1, delayMs: 0 } });
    expect(state.metrics.routine('s')?.retried).toBe(1);
  });
});

describe('an event that takes the place of a failure (D44)', () => {
  const error = { name: 'Error', message: 'no' };

  it.each<[ErrorHandlerOptions, number]>([
    [{ strategy: 'stop' }, 1],
    [{}, 1],
    [{ strategy: 'continue' }, 1],
    [{ strategy: 'skip' }, 1],
    [{ strategy: 'retry', maxRetries: 2, delayMs: 0 }, 3],
    [{ strategy: 'retry', maxRetries: 2, delayMs: 0, then: 'skip' }, 3],
    [{ strategy: 'retry', retryOn: [TypeError], then: 'stop' }, 1],
  ])('should come once, whatever the strategy, and the job goes on: %j', async (handler, attempts) => {
    const { state, got } = await run({ handler: { ...handler, fallback: 'lost' } });
    expect(got).toEqual([{ error, data: { n: 1 }, attempts }]);
    expect(state.status).toBe('completed');
    expect(state.metrics.routine('s')).toMatchObject({ retried: attempts - 1, failed: 1, skipped: 0 });
    expect(state.routineState('s')?.['status']).toBe('error_continued');
  });

  it('should be told after the failure: in the records and in the history', async () => {
    const flow = flowWith({ handler: { strategy: 'skip', fallback: 'lost' } });
    const job = flow.start('s', { n: 1 });
    const told = firstValueFrom(job.record$.pipe(toArray()));
    await job.done;
    const types = (await told).map(({ type }) => type);
    expect(types.indexOf('failureNoted')).toBeGreaterThan(-1);
    expect(types.indexOf('emitted')).toBeGreaterThan(types.indexOf('failureNoted'));
    expect(job.state.history().map(({ eventName }) => eventName)).toEqual(['start', 'error_continued', 'lost']);
  });

  it.each<[string, unknown, Data]>([
    [
      'an error with a code',
      Object.assign(new RangeError('far'), { code: 'E_FAR' }),
      { name: 'RangeError', message: 'far', code: 'E_FAR' },
    ],
    [
      'an error with a number for a code',
      Object.assign(new Error('no'), { code: 404 }),
      { name: 'Error', message: 'no', code: 404 },
    ],
    ['an error with an object for a code', Object.assign(new Error('no'), { code: {} }), { name: 'Error', message: 'no' }],
    ['a text', 'broken', { name: 'string', message: 'broken' }],
    ['nothing', undefined, { name: 'undefined', message: 'undefined' }],
    [
      'an error that throws if it is looked at',
      new Proxy(new Error('no'), {
        get: () => {
          throw new Error('hands off');
        },
      }),
      { name: 'Error', message: 'a value that cannot be read' },
    ],
  ])('should say what the handler threw, as plain data: %s', async (_, what, expected) => {
    const work: Handler = () => {
      throw what;
    };
    const { got } = await run({ work, handler: { fallback: 'lost' } });
    expect(got).toEqual([{ error: expected, data: { n: 1 }, attempts: 1 }]);
  });

  it.each<[ErrorHandlerOptions, number]>([
    [{ strategy: 'skip' }, 0],
    [{ strategy: 'retry', maxRetries: 2, delayMs: 0, then: 'skip' }, 0],
    [{ strategy: 'retry', maxRetries: 2, delayMs: 0, fallback: 'lost' }, 1],
  ])('should be all that an error is asked for its code for (D31): %j', async (handler, times) => {
    let asked = 0;
    const work: Handler = () => {
      throw Object.defineProperty(new Error('no'), 'code', { get: () => ++asked });
    };
    await run({ work, handler });
    expect(asked).toBe(times);
  });

  it('should carry what the slot has made of what arrived, and be nobody else’s object', async () => {
    const flow = new Flow();
    const s = new Failing().setErrorHandler(new ErrorHandler({ fallback: 'lost' }));
    const gather = s.defineSlot(
      'gather',
      (data) => {
        (data as { n: unknown }).n = 'changed';
        throw new Error('no');
      },
      { merge: (held, incoming) => ({ n: (held['n'] as number | undefined) ?? 0, more: incoming }) },
    );
    const got: Data[] = [];
    const t = new Routine();
    t.defineEvent('o');
    t.defineSlot('trigger', (_, ctx) => ctx.emit('o', { a: 1 }));
    t.defineSlot('i', (data) => void got.push(data));
    flow.addRoutine(s, 's');
    flow.addRoutine(t, 't');
    flow.connect('t.o', 's.gather');
    flow.connect('s.lost', 't.i');
    await flow.execute('t');
    expect(gather.name).toBe('gather');
    expect(got).toEqual([{ error, data: { n: 0, more: { a: 1 } }, attempts: 1 }]);
  });

  it.each<FlowOptions>([{ isolation: 'freeze' }, { isolation: 'clone' }, { emitMode: 'commit' }])(
    'should go through as any emission does: %j',
    async (options) => {
      const { got, state } = await run({ options, handler: { fallback: 'lost' } }, { deep: { n: 1 } });
      expect(got).toEqual([{ error, data: { deep: { n: 1 } }, attempts: 1 }]);
      expect(state.status).toBe('completed');
      expect(Object.isFrozen(got[0]?.['data'])).toBe(options.isolation === 'freeze');
    },
  );

  it('should be emitted also if the attempt kept its own emissions back, which are dropped (D13)', async () => {
    const work: Handler = (_, ctx) => {
      ctx.emit('lost', { own: true });
      throw new Error('no');
    };
    const { got } = await run({ work, options: { emitMode: 'commit' }, handler: { fallback: 'lost' } });
    expect(got).toEqual([{ error, data: { n: 1 }, attempts: 1 }]);
  });

  it('should take the place of the failure of a tracked promise, and of a feed', async () => {
    const work: Handler = (_, ctx) => void ctx.track(Promise.reject(new Error('no')));
    const { got, state } = await run({ work, handler: { fallback: 'lost' } });
    expect([state.status, got]).toEqual(['completed', [{ error, data: { n: 1 }, attempts: 1 }]]);
    const fed: Data[] = [];
    const job = flowWith({ work: () => undefined, handler: { fallback: 'lost' } }, fed).start('s');
    feed(
      job,
      's.trigger',
      throwError(() => new Error('no')),
    );
    expect((await job.done).status).toBe('completed');
    expect(fed).toEqual([{ error, data: {}, attempts: 1 }]);
  });

  it('should not be emitted by an attempt that is cancelled, or whose job ends', async () => {
    const got: Data[] = [];
    const job = flowWith({ work: () => new Promise(() => undefined), handler: { fallback: 'lost' } }, got).start('s');
    await new Promise((resolve) => setImmediate(resolve));
    await job.cancel();
    expect(got).toEqual([]);
  });

  it('should fail the job as any failure if its own routine fails in turn', async () => {
    const flow = flowWith({ handler: { fallback: 'lost' } });
    const broken = new Routine();
    broken.defineSlot('i', () => {
      throw new Error('worse');
    });
    flow.addRoutine(broken, 'b');
    flow.connect('s.lost', 'b.i');
    expect((await flow.execute('s')).error?.message).toContain('worse');
  });

  it('should be an event of the routine: refused at the start, and found by validate', () => {
    const flow = flowWith({ handler: { fallback: 'gone' } });
    expect(flow.validate()).toContainEqual({
      severity: 'error',
      code: 'UNKNOWN_EVENT',
      routineId: 's',
      message: "The error handler of routine 's' falls back on 'gone', an event that the routine does not have.",
    });
    expect(ours(thrown(() => flow.start('s')))).toMatchObject({ code: 'UNKNOWN_EVENT', details: { event: 'gone' } });
  });

  it('should count, on the handler of a flow, for the routines that have such an event; others go by the strategy', async () => {
    const errorHandler = new ErrorHandler({ strategy: 'continue', fallback: 'lost' });
    const got: Data[] = [];
    const flow = flowWith({ options: { errorHandler } }, got);
    const without = new Routine();
    without.defineSlot('trigger', () => {
      throw new Error('no');
    });
    flow.addRoutine(without, 'w');
    expect(flow.validate().filter(({ severity }) => severity === 'error')).toEqual([]);
    expect((await flow.execute('s')).status).toBe('completed');
    const state = await flow.execute('w');
    expect([state.status, state.routineState('w')?.['status'], got.length]).toEqual(['completed', 'error_continued', 1]);
  });
});

describe('a delay that a function gives (D44)', () => {
  it('should be asked with the error and the attempt that has failed with it, once for each retry', async () => {
    const asked: unknown[] = [];
    const delayMs = (error: unknown, attempt: number): number => (asked.push([(error as Error).message, attempt]), 0);
    await run({ handler: { strategy: 'retry', maxRetries: 2, delayMs } });
    expect(asked).toEqual([
      ['no', 1],
      ['no', 2],
    ]);
  });

  it.each<[string, () => number]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
    ['gives no number', () => 'soon' as never],
    ['gives a number below 0', () => -1],
  ])('should be 1,000 ms, and a warning say so, if the function %s', async (_, delayMs) => {
    const job = flowWith({ handler: { strategy: 'retry', delayMs } }).start('s');
    const warnings: string[] = [];
    job.record$.subscribe((record) => record.type === 'warning' && warnings.push(record.message));
    await new Promise((resolve) => setImmediate(resolve));
    const [task] = job.state.pendingTasks;
    const wait = (task?.dueAt?.getTime() ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(500);
    expect(wait).toBeLessThanOrEqual(1_001);
    expect(warnings).toEqual([expect.stringContaining("delayMs of routine 's' gave no delay; the retry waits 1000 ms")]);
    await job.cancel();
  });

  it('should change nothing if the function ends the job, or its task (D31)', async () => {
    for (const end of ['cancel', 'complete', 'task'] as const) {
      const delayMs = (): number => {
        if (end === 'task') job.cancelTask(job.snapshot().pendingTasks[0]?.taskId ?? '');
        else void job[end]();
        return 0;
      };
      const job = flowWith({ handler: { strategy: 'retry', maxRetries: 1, delayMs } }).start('s');
      const state = await job.done;
      expect(state.status).toBe(end === 'cancel' ? 'cancelled' : 'completed');
      expect(state.metrics.routine('s')?.retried).toBe(0);
    }
  });
});

describe('an error handler in JSON (D44)', () => {
  const registry = (): Registry => new Registry().register('Failing', () => new Failing()).registerFunction('later', later);
  const later = (): number => 5;

  const written = (handler: ErrorHandlerOptions): ErrorHandler | undefined => {
    const flow = new Flow();
    flow.addRoutine(new Failing().setErrorHandler(new ErrorHandler(handler)), 's');
    registry();
    return Flow.fromJSON(flow.toJSON(), registry()).routines.get('s')?.errorHandler;
  };

  it.each<ErrorHandlerOptions>([
    { strategy: 'retry', then: 'skip', fallback: 'lost' },
    { strategy: 'retry', delayMs: later, retryOn: [TypeError] },
    { strategy: 'skip', fallback: 'lost', critical: true },
    { strategy: 'stop' },
    { strategy: 'continue' },
    { strategy: 'retry', maxRetries: 7, delayMs: 3, backoff: 1, maxDelayMs: 9, jitter: 0.5, then: 'continue' },
  ])('should be written and read the same: %j', (handler) => {
    expect(written(handler)).toEqual(new ErrorHandler(handler));
  });

  it('should name a delay that is not registered, on either side', () => {
    const flow = new Flow();
    flow.addRoutine(new Failing().setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: () => 1 })), 's');
    expect(ours(thrown(() => flow.toJSON()))).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'delayMs' } });
    const known = new Flow();
    known.addRoutine(new Failing().setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: later })), 's');
    registry();
    const json = known.toJSON();
    const without = new Registry().register('Failing', () => new Failing());
    expect(ours(thrown(() => Flow.fromJSON(json, without))).message).toContain('errorHandler.delayBy');
  });
});
