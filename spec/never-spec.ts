import { from, mergeMap, Subject } from 'rxjs';
import { type Data, ErrorHandler, type Flow, type FlowOptions, type JobStatus } from '../lib/index.js';
import { emitting, flowOf, forward, noting } from './support/flows.js';
import { ours } from './support/thrown.js';
import { turn, virtualTime } from './support/virtualTime.js';

/** What `docs/contract.md` lists under X, each as a story that a careless engine gets wrong. */
describe('it must never happen', () => {
  describe('that work is lost in silence', () => {
    it('when the loop was idle before an emit (X, S42, S39)', async () => {
      const time = virtualTime();
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: async (_, ctx) => {
                for (const n of [1, 2, 3]) {
                  await time.sleep(500);
                  ctx.emit('o', { n });
                }
              },
            },
          },
          t: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i'],
        { scheduler: time.scheduler },
      );
      const job = flow.start('s');
      await time.exhaust();
      expect([job.status, got]).toEqual(['completed', [1, 2, 3]]);
    });

    it.each([1, 3])('when the last handler emits in its last instant, 300 times with %d workers (X, S39)', async (maxWorkers) => {
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: async ({ n }, ctx) => {
                await Promise.resolve();
                ctx.emit('o', { n });
              },
            },
          },
          t: {
            slots: {
              i: async (data, ctx) => {
                await Promise.resolve();
                forward(data, ctx);
              },
            },
          },
          d: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i', 't.o -> d.i'],
        { maxWorkers },
      );
      for (let n = 0; n < 300; n++) {
        await flow.execute('s', { n });
        expect(got).toHaveLength(n + 1);
      }
    });

    it('when a job ends before its tasks: each of them is counted, done or dropped (X, D2)', async () => {
      for (let stopAt = 0; stopAt < 10; stopAt++) {
        const got: unknown[] = [];
        const flow = flowOf(
          {
            s: { slots: { trigger: emitting(...Array.from({ length: 10 }, (_, n) => ({ n }))) } },
            t: {
              slots: {
                i: ({ n }) => {
                  if (n === stopAt) throw new Error('stop');
                  got.push(n);
                },
              },
            },
          },
          ['s.o -> t.i'],
        );
        const { metrics } = await flow.execute('s');
        expect(metrics.routine('t')).toMatchObject({ completed: stopAt, failed: 1 });
        expect(metrics.flow().droppedTasks).toBe(9 - stopAt);
      }
    });
  });

  describe('that a job has the wrong end', () => {
    it('completed while work is queued, in a retry delay, tracked or running (X, S38)', async () => {
      const time = virtualTime();
      let open = 0;
      const seen: number[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting(...Array.from({ length: 5 }, (_, n) => ({ n }))) } },
          t: {
            slots: {
              i: async ({ n }, ctx) => {
                open++;
                await time.sleep(10);
                if (ctx.attempt === 1 && n === 4) throw new Error('once');
                void ctx.track(time.sleep(25).then(() => open--));
              },
            },
          },
        },
        ['s.o -> t.i'],
        { maxWorkers: 2, scheduler: time.scheduler, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 100 }) },
      );
      const job = flow.start('s');
      job.status$.subscribe((status) => {
        if (status === 'completed') seen.push(open);
      });
      await time.exhaust();
      // Six attempts began; the one that failed tracks nothing.
      expect(seen).toEqual([1]);
      expect(job.status).toBe('completed');
    });

    it('never called completed at all: jobs that did nothing, emitted to nobody, or were only slots (X)', async () => {
      const flow = flowOf({
        nothing: { slots: { trigger: undefined } },
        nobody: { slots: { trigger: emitting({ n: 1 }) } },
        instant: { slots: { trigger: () => from([]) } },
      });
      for (const entry of flow.routines.keys()) expect((await flow.execute(entry)).status).toBe('completed');
    });

    it('called completed although a task of it failed unhandled (X, D1)', async () => {
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }) } },
          t: { slots: { i: () => Promise.reject(new Error('deep down')) } },
        },
        ['s.o -> t.i'],
      );
      expect((await flow.execute('s')).status).toBe('failed');
    });
  });

  describe('that one job disturbs another', () => {
    const mixed = (time: ReturnType<typeof virtualTime>, options: FlowOptions = {}): Flow =>
      flowOf(
        {
          s: {
            slots: {
              trigger: ({ who }, ctx) => {
                for (const n of [0, 1, 2, 3]) ctx.emit('o', { who, n });
              },
            },
          },
          t: {
            slots: {
              i: [
                async (data: Data, ctx) => {
                  await time.sleep(10);
                  const { who, n } = data as { who: string[]; n: number[] };
                  if (ctx.attempt === 1 && n.at(-1) === 1) throw new Error('once');
                  if (who.includes('doomed') && n.at(-1) === 2) throw new Error('for good');
                  ctx.setState({ seen: [...((ctx.state()['seen'] as number[] | undefined) ?? []), n.at(-1)] });
                  ctx.shared.set(`n${String(n.at(-1))}`, who.at(-1));
                },
                { merge: 'append' },
              ],
            },
          },
        },
        ['s.o -> t.i'],
        {
          scheduler: time.scheduler,
          errorHandler: new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 15 }),
          ...options,
        },
      );

    const tell = ({ status, state }: ReturnType<Flow['start']>): unknown => ({
      status,
      seen: state.routineState('t')?.['seen'],
      retryCount: state.routineState('t')?.['retryCount'],
      shared: state.sharedData,
      metrics: { ...state.metrics.routine('t'), executions: undefined, avgTimeMs: 0, minTimeMs: 0, maxTimeMs: 0, timed: 0 },
      history: state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data]),
      reason: state.reason,
      dropped: state.metrics.flow().droppedTasks,
    });

    it.each<[string, JobStatus]>([
      ['pause', 'paused'],
      ['cancel', 'cancelled'],
      ['fail', 'failed'],
      ['time out', 'failed'],
    ])('by its %s: the other is exactly what it is alone (X, D2)', async (how, status) => {
      for (const maxWorkers of [1, 3]) {
        const alone = virtualTime();
        const lone = mixed(alone, { maxWorkers }).start('s', { who: 'good' });
        await alone.exhaust();

        const time = virtualTime();
        const flow = mixed(time, { maxWorkers });
        const bad = flow.start('s', { who: how === 'fail' ? 'doomed' : 'bad' }, how === 'time out' ? { timeoutMs: 25 } : {});
        const good = flow.start('s', { who: 'good' });
        await time.advance(25);
        if (how === 'pause') void bad.pause();
        if (how === 'cancel') void bad.cancel('mine alone');
        await time.exhaust();

        expect(bad.status).toBe(status);
        expect(lone.status).toBe('completed');
        expect(tell(good)).toEqual(tell(lone));
      }
    });
  });

  describe('that the keys of a payload mean something to the engine', () => {
    const payload = JSON.parse(
      '{"_type":"x","__proto__":{"polluted":true},"constructor":1,"then":2,"flow":3,"event_name":4,"toString":5,"hasOwnProperty":6,"data":7,"status":8,"error":9}',
    ) as Data;
    const keys = Object.keys(payload);

    it.each<[string, FlowOptions]>([
      ['shallow', {}],
      ['freeze', { isolation: 'freeze' }],
      ['clone', { isolation: 'clone' }],
      ['commit', { emitMode: 'commit' }],
    ])('or are lost on the way: %s (X)', async (_, options) => {
      for (const merge of ['override', 'append'] as const) {
        const got: Data[] = [];
        const flow = flowOf(
          {
            s: {
              slots: {
                trigger: (data, ctx) => {
                  ctx.emit('o', data);
                },
              },
            },
            t: { slots: { i: [noting(got, (data) => data), { merge }] } },
          },
          [],
          options,
        );
        flow.connect('s', 'o', 't', 'i', { unrelated: 'renamed' });
        const state = await flow.execute('s', payload);

        expect(state.status).toBe('completed');
        expect(Object.keys(got[0] ?? {})).toEqual(keys);
        expect(Reflect.has(Object.getPrototypeOf(got[0]) as object, 'polluted')).toBe(false);
        expect(({} as Data)['polluted']).toBeUndefined();
        expect(Object.keys(state.history('s')[1]?.data ?? {})).toEqual(keys);
      }
    });

    it('or make a payload a promise: a function under `then` is never called (X)', async () => {
      const called: unknown[] = [];
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ then: () => called.push('then'), n: 1 }) } },
          t: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i'],
      );
      expect((await flow.execute('s', { then: () => called.push('then') })).status).toBe('completed');
      expect([called, got]).toEqual([[], [1]]);
    });

    it('or reach the state of a routine or the shared data by their names (X)', async () => {
      const flow = flowOf({
        s: {
          slots: {
            trigger: (data, ctx) => {
              ctx.setState(data);
              for (const key of Object.keys(data)) ctx.shared.set(key, data[key]);
              ctx.output('o', data);
              ctx.shared.log(data);
            },
          },
        },
      });
      const state = await flow.execute('s', payload);
      expect(state.status).toBe('completed');
      expect(Object.keys(state.sharedData)).toEqual(keys);
      expect(state.routineState('s')).toMatchObject({ status: 'completed', _type: 'x' });
      expect(Object.keys(state.routineState('s') ?? {})).toContain('__proto__');
      expect(Object.keys(state.outputLog[0]?.data ?? {})).toEqual(keys);
      expect(Object.keys(state.sharedLog[0] ?? {})).toEqual([...keys, 'timestamp']);
      expect(({} as Data)['polluted']).toBeUndefined();
    });
  });

  it('that a retry blocks other tasks, or a cancel waits for it (X)', async () => {
    const time = virtualTime();
    const log: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: ({ n }) => {
              log.push(n);
              if (n === 0) throw new Error('always');
            },
          },
        },
      },
      ['s.o -> t.i'],
      { scheduler: time.scheduler, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 60_000 }) },
    );
    const job = flow.start('s');
    await time.advance(0);
    expect(log).toEqual([0, 1, 2]);
    await job.cancel();
    expect([job.status, time.scheduler.now(), time.timers]).toEqual(['cancelled', 0, 0]);
  });

  it.each(['globalThis.hacked = 1', '${globalThis.hacked = 1}', 'constructor.constructor("globalThis.hacked=1")()'])(
    'that a text is run as code: %s (X)',
    async (code) => {
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ [code]: code }) } },
          t: {
            slots: {
              i: (_: Data) => {
                throw new Error(code);
              },
            },
          },
        },
        [],
        { errorHandler: new ErrorHandler({ strategy: 'continue' }) },
      );
      flow.connect('s', 'o', 't', 'i', { [code]: code });
      await flow.execute('s', { [code]: code });
      expect(globalThis).not.toHaveProperty('hacked');
    },
  );

  it('that two thousand synchronous hops end the stream without a word, as they do in a plain mergeMap (X)', async () => {
    const HOPS = 2_000;
    // The naive way: each hop is fed back into a mergeMap with one worker.
    const hop$ = new Subject<number>();
    let [naive, said] = [0, ''];
    hop$.pipe(mergeMap((n) => [n], 1)).subscribe({
      next: (n) => {
        naive = n;
        if (n < HOPS * 10) hop$.next(n + 1);
      },
      error: () => (said = 'error'),
      complete: () => (said = 'complete'),
    });
    try {
      hop$.next(1);
    } catch {
      said = 'thrown';
    }
    expect(naive).toBeLessThan(HOPS * 10);
    expect(said).not.toBe('complete');

    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: forward,
            i: ({ n }, ctx) => {
              if ((n as number) < HOPS * 10) ctx.emit('o', { n: (n as number) + 1 });
              else ctx.output('last', { n });
            },
          },
        },
      },
      ['s.o -> s.i'],
    );
    const state = await flow.execute('s', { n: 1 });
    expect(state.status).toBe('completed');
    expect(state.outputLog.map(({ data }) => data['n'])).toEqual([HOPS * 10]);
  });

  it('that a failure in one task of a flow is told of another (X, S93)', async () => {
    const flow = flowOf({
      a: {
        slots: {
          trigger: () => {
            throw new Error('of a');
          },
        },
      },
      b: { slots: { trigger: () => turn() } },
    });
    const [a, b] = await Promise.all([flow.execute('a'), flow.execute('b')]);
    expect(ours(a.error).details).toMatchObject({ routineId: 'a' });
    expect([b.status, b.error, b.routineState('a')]).toEqual(['completed', undefined, undefined]);
  });
});
