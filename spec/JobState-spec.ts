import { type Context, type Data, Flow, JobState } from '../lib/index.js';
import { deferred, emitting, flowOf, sleep } from './support/flows.js';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** One run of one handler, `s`. */
const run = (handler: (ctx: Context, data: Data) => unknown, params: Data = {}): Promise<JobState> =>
  flowOf({ s: { slots: { trigger: (data, ctx) => handler(ctx, data) } } }, [], { flowId: 'f' }).execute('s', params);

/** Changes whatever can be changed in a value that was read, at every depth. */
const spoil = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  for (const [key, part] of Object.entries(value)) {
    spoil(part);
    Reflect.set(value, key, 'spoilt');
  }
  if (Array.isArray(value)) value.length = 0;
};

describe('new JobState()', () => {
  it('should be empty and pending (API, G50)', () => {
    const state = new JobState();
    expect(state).toMatchObject({
      status: 'pending',
      error: undefined,
      reason: undefined,
      currentRoutineId: undefined,
      routineStates: {},
      sharedData: {},
      sharedLog: [],
      outputLog: [],
      pendingTasks: [],
      pausePoints: [],
      deferredEvents: [],
    });
    expect(state.history()).toEqual([]);
    expect(state.routineState('s')).toBeUndefined();
    expect(state.jobId).toMatch(UUID4);
    expect(new JobState().jobId).not.toBe(state.jobId);
  });
});

describe('JobState', () => {
  it('should know its job, its flow and its times (G57, G71)', async () => {
    const before = Date.now();
    const state = await run(() => sleep(5));
    expect(state.jobId).toMatch(UUID4);
    expect([state.flowId, state.status, state.currentRoutineId]).toEqual(['f', 'completed', 's']);
    expect(state.createdAt.getTime()).toBeGreaterThanOrEqual(before - 2);
    expect(state.updatedAt.getTime()).toBeGreaterThan(state.createdAt.getTime());
  });

  it('should have the job id that was asked for (G71)', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } });
    expect((await flow.execute('s', {}, { jobId: 'order-7' })).jobId).toBe('order-7');
  });

  it('should begin pending and then run (G50)', async () => {
    const { promise, resolve } = deferred();
    const job = flowOf({ s: { slots: { trigger: () => promise } } }).start('s');
    expect([job.status, job.state.status, job.state.currentRoutineId]).toEqual(['pending', 'pending', undefined]);
    await Promise.resolve();
    await sleep(0);
    expect([job.status, job.state.status, job.state.currentRoutineId]).toEqual(['running', 'running', 's']);
    expect(job.state.routineState('s')).toMatchObject({ status: 'running' });
    resolve();
    expect((await job.done).status).toBe('completed');
  });

  it('should name the routine whose task was taken last (G57)', async () => {
    const seen: unknown[] = [];
    const note = (_: Data, ctx: Context): void => {
      seen.push(ctx.job.currentRoutineId);
      ctx.emit('o');
    };
    const flow = flowOf({ s: { slots: { trigger: note } }, t: { slots: { i: note } } }, ['s.o -> t.i']);
    expect((await flow.execute('s')).currentRoutineId).toBe('t');
    expect(seen).toEqual(['s', 't']);
  });

  it('should have its statuses and times as strings where it is written as JSON (G74)', async () => {
    const state = await run((ctx) => {
      ctx.setState({ n: 1 });
    });
    const { createdAt, history, routine } = JSON.parse(
      JSON.stringify({ createdAt: state.createdAt, history: state.history(), routine: state.routineState('s') }),
    ) as { createdAt: string; history: { timestamp: string }[]; routine: Data };
    expect([createdAt, history[0]?.timestamp]).toEqual([
      state.createdAt.toISOString(),
      state.history()[0]?.timestamp.toISOString(),
    ]);
    expect(routine).toMatchObject({ n: 1, status: 'completed' });
  });
});

describe('JobState.routineState', () => {
  it('should hold what the routine has set, with the status beside it (SC040, G53)', async () => {
    const state = await run((ctx) => {
      ctx.setState({ n: 3 });
    });
    expect(state.routineState('s')).toMatchObject({ n: 3, status: 'completed' });
    expect(Object.keys(state.routineStates)).toEqual(['s']);
    expect(state.routineStates['s']).toEqual(state.routineState('s'));
  });

  it('should replace what was set before, not merge with it (SC041, G53)', async () => {
    const seen: Data[] = [];
    const state = await run((ctx) => {
      seen.push(ctx.state());
      ctx.setState({ a: 1 });
      seen.push(ctx.state());
      ctx.setState({ b: 1 });
      seen.push(ctx.state());
    });
    expect(seen).toEqual([{}, { a: 1 }, { b: 1 }]);
    expect(state.routineState('s')).toMatchObject({ b: 1 });
    expect(state.routineState('s')).not.toHaveProperty('a');
  });

  it('should be changed neither by the object it was set from nor by the one that was read (SC041)', async () => {
    const given = { inner: { n: 1 } };
    const state = await run((ctx) => {
      ctx.setState(given);
      given.inner.n = 2;
      (ctx.state()['inner'] as { n: number }).n = 3;
    });
    (state.routineState('s')?.['inner'] as { n: number }).n = 4;
    expect(state.routineState('s')).toMatchObject({ inner: { n: 1 } });
  });

  it('should be nothing for a routine that has not run (G53, D7)', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } }, t: { slots: { i: () => undefined } } }, ['s.o -> t.i']);
    const state = await flow.execute('s');
    expect([state.routineState('t'), state.routineState('nobody'), state.routineState('__proto__')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(Object.keys(state.routineStates)).toEqual(['s']);
  });

  it('should belong to one job: two at once never see each other (G14, S10)', async () => {
    const seen: Data[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: async ({ n }, ctx) => {
              ctx.setState({ n });
              await sleep(1);
              seen.push(ctx.state());
            },
          },
        },
      },
      [],
      { maxWorkers: 2 },
    );
    const states = await Promise.all([flow.execute('s', { n: 1 }), flow.execute('s', { n: 2 })]);
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    expect(states.map((state) => state.routineState('s')?.['n'])).toEqual([1, 2]);
  });

  it('should take a routine that is called __proto__ for a routine (X)', async () => {
    const flow = new Flow();
    const source = flowOf({ s: { slots: { trigger: () => undefined } } }).routines.get('s');
    if (source !== undefined) flow.addRoutine(source, '__proto__');
    const state = await flow.execute('__proto__');
    expect(state.routineState('__proto__')).toMatchObject({ status: 'completed' });
    expect(Object.keys(state.routineStates)).toEqual(['__proto__']);
    expect(({} as { status?: string }).status).toBeUndefined();
  });

  it.each(['_type', '__proto__', 'constructor', 'then', 'flow', 'event_name'])(
    'should hold a key %s like any other (X)',
    async (key) => {
      const state = await run((ctx) => {
        ctx.setState(JSON.parse(`{"${key}":{"evil":true}}`) as Data);
      });
      expect(Object.entries(state.routineState('s') ?? {})[0]).toEqual([key, { evil: true }]);
      expect(({} as { evil?: boolean }).evil).toBeUndefined();
    },
  );

  it('should keep the error of the attempt that failed the job, and when (SC054, G31)', async () => {
    const state = await run(() => {
      throw new RangeError('too far');
    });
    expect(state.status).toBe('failed');
    expect(state.routineState('s')).toMatchObject({ status: 'failed', error: 'too far', errorTime: expect.any(Date) as Date });
    expect(state.history('s').map(({ eventName, data }) => [eventName, data])).toEqual([
      ['start', {}],
      ['error', { error: 'too far', error_type: 'RangeError' }],
    ]);
  });

  it('should count the task that failed the job as failed, and not as dropped too (G81)', async () => {
    const { metrics } = await run(() => {
      throw new Error('broken');
    });
    expect(metrics.routine('s')).toMatchObject({
      total: 1,
      failed: 1,
      dropped: 0,
      executions: [{ status: 'failed', error: 'broken' }],
    });
    expect(metrics.flow().droppedTasks).toBe(0);
  });
});

describe('what is read from a JobState', () => {
  const busy = async (): Promise<JobState> => {
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              ctx.setState({ deep: { n: 1 } });
              ctx.shared.set('deep', { n: 1 });
              ctx.shared.log({ deep: { n: 1 } });
              ctx.output('result', { n: 1 });
              ctx.emit('o', { n: 1 });
              ctx.emitDeferred('o', { n: 1 });
            },
          },
        },
        t: { slots: { i: () => undefined } },
      },
      ['s.o -> t.i'],
    );
    return flow.execute('s', { n: 1 });
  };

  const reads: readonly [string, (state: JobState) => unknown][] = [
    ['routineState', (state) => state.routineState('s')],
    ['routineStates', (state) => state.routineStates],
    ['history', (state) => state.history()],
    ['history of one routine', (state) => state.history('s')],
    ['sharedData', (state) => state.sharedData],
    ['sharedLog', (state) => state.sharedLog],
    ['outputLog', (state) => state.outputLog],
    ['deferredEvents', (state) => state.deferredEvents],
    ['metrics of a routine', (state) => state.metrics.routine('t')],
    ['metrics of the flow', (state) => state.metrics.flow()],
    ['events', (state) => state.metrics.events],
    ['createdAt', (state) => state.createdAt],
  ];

  it.each(reads)('should be a copy: %s stays as it is, whatever is done to what was read (G65)', async (_, read) => {
    const state = await busy();
    const before = JSON.stringify(read(state));
    spoil(read(state));
    expect(JSON.stringify(read(state))).toBe(before);
  });

  it('should not change under the reader while the job goes on (G65)', async () => {
    const read: { history: readonly unknown[]; states: unknown }[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: ({ n }, ctx) => {
              ctx.setState({ n });
              read.push({ history: ctx.job.history(), states: ctx.job.routineStates });
              ctx.emit('o', { n });
            },
          },
        },
      },
      ['s.o -> t.i'],
    );
    await flow.execute('s');
    expect(read.map(({ history }) => history.length)).toEqual([3, 4]);
    expect(read.map(({ states }) => (states as Record<string, Data>)['t']?.['n'])).toEqual([1, 2]);
  });

  it('should show in pendingTasks what waits: nothing after the end (S78)', async () => {
    const waiting: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } },
        t: {
          slots: {
            i: (_, ctx) =>
              void waiting.push(
                ctx.job.pendingTasks.map(({ routineId, slot, data, attempt }) => [routineId, slot, data['n'], attempt]),
              ),
          },
        },
      },
      ['s.o -> t.i'],
    );
    const state = await flow.execute('s');
    expect(waiting).toEqual([
      [
        ['t', 'i', 2, 1],
        ['t', 'i', 3, 1],
      ],
      [['t', 'i', 3, 1]],
      [],
    ]);
    expect(state.pendingTasks).toEqual([]);
  });
});
