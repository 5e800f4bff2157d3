import { Observable } from 'rxjs';
import {
  type Context,
  currentContext,
  type Data,
  ErrorHandler,
  type Flow,
  type FlowOptions,
  type Job,
  type JobState,
  Routine,
} from '../../lib/index.js';
import { deferred, emitting, flowOf, noting } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { rest } from '../support/turns.js';
import { virtualTime } from '../support/virtualTime.js';

const CONTINUE = new ErrorHandler({ strategy: 'continue' });
const RETRY = new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 0 });

/** Everything a context can do that others would see. */
const CALLS: Readonly<Record<string, (ctx: Context) => unknown>> = {
  emit: (ctx) => {
    ctx.emit('o', { late: true });
  },
  emitDeferred: (ctx) => {
    ctx.emitDeferred('o', { late: true });
  },
  output: (ctx) => {
    ctx.output('late', {});
  },
  setState: (ctx) => {
    ctx.setState({ late: true });
  },
  'shared.set': (ctx) => {
    ctx.shared.set('late', true);
  },
  'shared.log': (ctx) => {
    ctx.shared.log({ late: true });
  },
  track: (ctx) => ctx.track(Promise.resolve()),
  pause: (ctx) => ctx.pause(),
  cancel: (ctx) => {
    ctx.cancel('late');
  },
  complete: (ctx) => {
    ctx.complete('late');
  },
};

/** Nothing of what `CALLS` do is to be seen. */
const expectUntouched = (state: JobState, got: readonly unknown[]): void => {
  expect(got).toEqual([]);
  expect(state.outputLog).toEqual([]);
  expect(state.sharedData).toEqual({});
  expect(state.sharedLog).toEqual([]);
  expect(state.deferredEvents).toEqual([]);
  expect(state.routineState('s')).not.toHaveProperty('late');
  expect(state.history('s').filter(({ eventName }) => eventName === 'o')).toEqual([]);
};

describe('Attempt', () => {
  describe('a context whose attempt has failed', () => {
    it.each(Object.entries(CALLS))('should refuse %s with STALE_CONTEXT while the job goes on (D5)', async (call, use) => {
      const got: unknown[] = [];
      const contexts: Context[] = [];
      const open = deferred();
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                contexts.push(ctx);
                if (ctx.attempt === 1) throw new Error('first');
                return open.promise;
              },
            },
          },
          t: { slots: { i: noting(got, 'called') } },
        },
        ['s.o -> t.i'],
        { errorHandler: RETRY },
      );
      const job = flow.start('s', {}, { jobId: 'j' });
      await rest();
      expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2]);

      const refused = ours(thrown(() => use(contexts[0] as Context)));
      expect(refused.code).toBe('STALE_CONTEXT');
      expect(refused.details).toEqual({ jobId: 'j', routineId: 's', call, attempt: 1 });
      expectUntouched(job.state, got);
      expect(job.status).toBe('running');

      open.resolve();
      expect((await job.done).status).toBe('completed');
      expectUntouched(job.state, got);
    });

    it.each(Object.entries(CALLS))('should refuse %s after a failure that was continued, too (D5)', async (_, use) => {
      const got: unknown[] = [];
      let failed: Context | undefined;
      const open = deferred();
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                failed = ctx;
                void ctx.track(open.promise);
                throw new Error('continued');
              },
            },
          },
          t: { slots: { i: noting(got, 'called') } },
        },
        ['s.o -> t.i'],
        { errorHandler: CONTINUE },
      );
      const job = flow.start('s');
      await rest();
      expect(job.status).toBe('running');
      expect(ours(thrown(() => use(failed as Context))).code).toBe('STALE_CONTEXT');
      open.resolve();
      await job.done;
      expectUntouched(job.state, got);
    });
  });

  describe('a context whose job has ended', () => {
    const endings: readonly (readonly [string, (job: Job, end: () => void) => unknown, FlowOptions])[] = [
      ['cancelled', (job) => job.cancel('enough'), {}],
      [
        'failed',
        (_, end) => {
          end();
        },
        {},
      ],
      [
        'completed',
        (_, end) => {
          end();
        },
        { errorHandler: CONTINUE },
      ],
    ];
    const table = endings.flatMap(([status, end, options]) =>
      Object.entries(CALLS).map(([call, use]) => ({ status, end, options, call, use })),
    );

    it.each(table)(
      'should refuse $call with EMIT_AFTER_END once the job is $status (D5)',
      async ({ status, end, options, call, use }) => {
        const got: unknown[] = [];
        let kept: Context | undefined;
        const open = deferred();
        const flow = flowOf(
          {
            s: {
              slots: {
                trigger: async (_, ctx) => {
                  kept = ctx;
                  await open.promise;
                  throw new Error('the end');
                },
              },
            },
            t: { slots: { i: noting(got, 'called') } },
          },
          ['s.o -> t.i'],
          options,
        );
        const job = flow.start('s', {}, { jobId: 'j' });
        await rest();
        await end(job, () => {
          open.resolve();
        });
        await job.done;

        const refused = ours(thrown(() => use(kept as Context)));
        expect(refused.code).toBe('EMIT_AFTER_END');
        expect(refused.details).toEqual({ jobId: 'j', routineId: 's', call, status });
        await rest();
        expect(job.status).toBe(status);
        expectUntouched(job.state, got);
      },
    );

    it('should also refuse an emit of the routine itself, in a run and after it (D5, S54)', async () => {
      const open = deferred();
      const refusals: unknown[] = [];
      class Late extends Routine {
        readonly o = this.defineEvent('o');
        readonly trigger = this.defineSlot('trigger', async () => {
          await open.promise;
          refusals.push(
            thrown(() => {
              this.emit('o');
            }),
          );
        });
      }
      const flow = flowOf({});
      flow.addRoutine(new Late(), 's');
      const job = flow.start('s');
      await rest();
      await job.cancel();
      open.resolve();
      await rest();
      expect(refusals.map((error) => ours(error).code)).toEqual(['EMIT_AFTER_END']);
    });
  });

  describe('a handler that has returned', () => {
    it('should still emit while its job runs, and be refused after its end (D5)', async () => {
      const got: unknown[] = [];
      const open = deferred();
      let kept: Context | undefined;
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                kept = ctx;
                ctx.emit('hold');
              },
            },
            events: ['o', 'hold'],
          },
          holder: { slots: { i: () => open.promise } },
          t: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.hold -> holder.i', 's.o -> t.i'],
        { maxWorkers: 2 },
      );
      const job = flow.start('s');
      await rest();
      kept?.emit('o', { n: 1 });
      await rest();
      expect(got).toEqual([1]);
      open.resolve();
      expect((await job.done).status).toBe('completed');
      expect(ours(thrown(() => kept?.emit('o', { n: 2 }))).code).toBe('EMIT_AFTER_END');
      await rest();
      expect(got).toEqual([1]);
    });
  });

  describe('a handler that ignores its signal', () => {
    it.each(['timeout', 'cancel', 'stop'])(
      'should be aborted at a %s: its worker is free at once, and its end changes nothing (D2, X)',
      async (how) => {
        const time = virtualTime();
        const got: unknown[] = [];
        const flow = flowOf(
          {
            s: {
              slots: {
                trigger: async (_, ctx) => {
                  if (how === 'stop') ctx.emit('fail');
                  await time.sleep(1_000);
                  try {
                    ctx.emit('o', { late: true });
                  } catch (error) {
                    got.push(ours(error).code);
                  }
                  throw new Error('a late rejection');
                },
              },
              events: ['o', 'fail'],
            },
            f: {
              slots: {
                i: async () => {
                  await time.sleep(50);
                  throw new Error('stops the job');
                },
              },
            },
            t: { slots: { i: noting(got, 'called') } },
            other: { slots: { trigger: () => time.sleep(10) } },
          },
          ['s.o -> t.i', 's.fail -> f.i'],
          { scheduler: time.scheduler, maxWorkers: how === 'stop' ? 2 : 1 },
        );
        const job = flow.start('s', {}, { timeoutMs: how === 'timeout' ? 50 : Infinity });
        await time.advance(1);
        const waiting = flow.start('other', {}, { maxWorkers: 1 });
        await time.advance(48);
        expect(waiting.state.metrics.routine('other')).toBeUndefined();
        await time.advance(1);
        if (how === 'cancel') await job.cancel('enough');
        expect(job.status).toBe(how === 'cancel' ? 'cancelled' : 'failed');

        await time.advance(10);
        expect(waiting.status).toBe('completed');
        const before = JSON.stringify([job.state.history(), job.state.routineStates, job.state.metrics.flow(), job.status]);

        // The deserted handler goes on, is refused, and rejects: nobody hears of it.
        await time.exhaust();
        expect(got).toEqual(['EMIT_AFTER_END']);
        expect(JSON.stringify([job.state.history(), job.state.routineStates, job.state.metrics.flow(), job.status])).toBe(before);
      },
    );

    it('should not leave an unhandled rejection where it cancels its own job and then rejects (X)', async () => {
      const flow = flowOf({
        s: {
          slots: {
            trigger: async (_, ctx) => {
              ctx.cancel('by itself');
              await Promise.resolve();
              ctx.emit('o');
            },
          },
        },
        at: {
          slots: {
            trigger: (_, ctx) => {
              ctx.cancel('at once');
              return Promise.reject(new Error('late'));
            },
          },
        },
      });
      const [state, atOnce] = await Promise.all([flow.execute('s'), flow.execute('at')]);
      // What nobody has answered by the next turn fails this spec.
      await rest();
      await rest();
      expect([state.status, state.reason]).toEqual(['cancelled', 'by itself']);
      expect([atOnce.status, atOnce.reason]).toEqual(['cancelled', 'at once']);
    });

    it('should hear nothing more of a stream that goes on after it has cancelled its job (D2)', async () => {
      const got: unknown[] = [];
      const stream = (ctx: Context): Observable<Data> =>
        new Observable((observer) => {
          observer.next({ n: 1 });
          ctx.cancel('enough');
          observer.next({ n: 2 });
          observer.next(5 as never);
          observer.complete();
        });
      const flow = flowOf(
        {
          s: { slots: { trigger: [(_: Data, ctx: Context) => stream(ctx), { emits: 'o' }] } },
          t: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i'],
      );
      const job = flow.start('s');
      const statuses: string[] = [];
      job.status$.subscribe((status) => statuses.push(status));
      const state = await job.done;
      await rest();

      expect([state.status, state.reason]).toEqual(['cancelled', 'enough']);
      expect(state.error).toBeUndefined();
      expect(statuses.filter((status) => status !== 'pending' && status !== 'running')).toEqual(['cancelled']);
      expect(got).toEqual([]);
      expect(state.metrics.routine('s')).toMatchObject({ dropped: 1, failed: 0, completed: 0 });
      expect(job.state.history('s').filter(({ eventName }) => eventName === 'o')).toHaveLength(1);
    });
  });

  describe('signal', () => {
    it('should be one per attempt, and never abort once the attempt has settled (API)', async () => {
      const signals: AbortSignal[] = [];
      const open = deferred();
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                signals.push(ctx.signal);
                if (ctx.attempt === 1) throw new Error('again');
                ctx.emit('o');
              },
            },
          },
          t: {
            slots: {
              i: (_, ctx) => {
                signals.push(ctx.signal);
                return open.promise;
              },
            },
          },
        },
        ['s.o -> t.i'],
        { errorHandler: RETRY },
      );
      const job = flow.start('s');
      await rest();
      expect(new Set(signals).size).toBe(3);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
      await job.cancel('the end');
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, true]);
      expect(ours(signals[2]?.reason).code).toBe('CANCELLED');
      expect(ours(signals[2]?.reason).details).toMatchObject({ jobId: job.id, reason: 'the end' });
    });

    it.each(['sync', 'async', 'stream'])(
      'should not abort for the attempt whose own failure stops the job: %s (API)',
      async (how) => {
        let signal: AbortSignal | undefined;
        const error = new Error('mine');
        const flow = flowOf({
          s: {
            slots: {
              trigger: (_, ctx) => {
                signal = ctx.signal;
                if (how === 'sync') throw error;
                if (how === 'async') return Promise.reject(error);
                return new Observable((observer) => {
                  observer.error(error);
                });
              },
            },
          },
        });
        const state = await flow.execute('s');
        await rest();
        expect(state.status).toBe('failed');
        expect(signal?.aborted).toBe(false);
        expect(state.metrics.routine('s')).toMatchObject({ failed: 1, dropped: 0, total: 1 });
      },
    );

    it('should be aborted already where it is first asked for after the end', async () => {
      const open = deferred();
      const seen: boolean[] = [];
      const flow = flowOf({
        s: {
          slots: {
            trigger: async (_, ctx) => {
              await open.promise;
              seen.push(ctx.signal.aborted);
            },
          },
        },
      });
      const job = flow.start('s');
      await rest();
      await job.cancel();
      open.resolve();
      await rest();
      expect(seen).toEqual([true]);
    });

    it('should say at a timeout that it was one (S91, D2)', async () => {
      const time = virtualTime();
      let signal: AbortSignal | undefined;
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                signal = ctx.signal;
                return time.sleep(1_000);
              },
            },
          },
        },
        [],
        {
          scheduler: time.scheduler,
          executionTimeoutMs: 40,
        },
      );
      const job = flow.start('s');
      await time.advance(39);
      expect(signal?.aborted).toBe(false);
      await time.advance(1);
      expect(signal?.aborted).toBe(true);
      expect(ours(signal?.reason).cause).toBe(job.state.error);
      expect(ours(job.state.error)).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT' });
    });

    it('should find its job ended as a whole: nothing waits, nobody is at work, and everything is counted (D31)', async () => {
      const seen: unknown[] = [];
      const look = ({ job }: Context): void => {
        const { completed, dropped } = job.metrics.routine('t') ?? {};
        seen.push([job.status, job.pendingTasks.length, completed, dropped, job.metrics.flow().droppedTasks]);
      };
      const i = (_: Data, ctx: Context): Promise<void> => {
        ctx.signal.addEventListener('abort', () => {
          look(ctx);
        });
        return deferred().promise;
      };
      const s = { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }) } };
      const flow = flowOf({ s, t: { slots: { i } } }, ['s.o -> t.i'], { maxWorkers: 3 });
      const job = flow.start('s');
      await rest();
      expect(job.state.pendingTasks).toHaveLength(2);
      await job.cancel();
      expect(seen).toEqual(Array(3).fill(['cancelled', 0, 0, 3, 5]));
    });

    it('should let the end stand that caused it, whatever its listeners do (D12)', async () => {
      const time = virtualTime();
      const flow: Flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
          t: {
            slots: {
              i: async ({ n }, ctx) => {
                ctx.signal.addEventListener(
                  'abort',
                  () => void flow.cancel({ reason: 'from a listener' }).catch(() => undefined),
                );
                await time.sleep(n === 0 ? 5 : 1_000);
                throw new Error('stops it');
              },
            },
          },
        },
        ['s.o -> t.i'],
        { maxWorkers: 3, scheduler: time.scheduler },
      );
      const job = flow.start('s');
      const ends: unknown[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'ended') ends.push(record.status);
      });
      await time.advance(5);
      const state = await job.done;
      expect(state.status).toBe('failed');
      expect(state.reason).toBeUndefined();
      expect(ends).toEqual(['failed']);
      expect(state.metrics.routine('t')).toMatchObject({ dropped: 2, failed: 1 });
    });
  });

  describe("emitMode 'commit'", () => {
    /** Does one of everything, in an order of its own. */
    const doAll = (ctx: Context, n: number): void => {
      ctx.emit('o', { n });
      ctx.setState({ n });
      ctx.shared.set('n', n);
      ctx.shared.log({ n });
      ctx.output('result', { n });
      ctx.emit('o', { n: n + 0.5 });
    };

    const seen = (state: JobState): unknown => ({
      state: state.routineState('s')?.['n'],
      shared: state.sharedData,
      log: state.sharedLog.map(({ n }: Data) => n),
      output: state.outputLog.map(({ data }) => data['n']),
      emitted: state
        .history('s')
        .filter(({ eventName }) => eventName === 'o')
        .map(({ data }) => data['n']),
    });
    const NOTHING = { state: undefined, shared: {}, log: [], output: [], emitted: [] };
    const all = (n: number): unknown => ({ state: n, shared: { n }, log: [n], output: [n], emitted: [n, n + 0.5] });

    const make = (got: unknown[], handler: (data: Data, ctx: Context) => unknown, options: FlowOptions = {}): Flow =>
      flowOf({ s: { slots: { trigger: handler } }, t: { slots: { i: noting(got, ({ n }) => n) } } }, ['s.o -> t.i'], {
        emitMode: 'commit',
        maxWorkers: 2,
        ...options,
      });

    it('should show nothing of a running attempt to others, and everything in order when it succeeds (D13)', async () => {
      const got: unknown[] = [];
      const open = deferred();
      const flow = make(got, async (_, ctx) => {
        doAll(ctx, 1);
        await open.promise;
      });
      const job = flow.start('s');
      const outputs: unknown[] = [];
      job.output$.subscribe(({ data }) => outputs.push(data['n']));
      await rest();
      expect(seen(job.state)).toEqual(NOTHING);
      expect([got, outputs]).toEqual([[], []]);
      expect(job.state.pendingTasks).toEqual([]);

      open.resolve();
      expect((await job.done).status).toBe('completed');
      expect(seen(job.state)).toEqual(all(1));
      expect(got).toEqual([1, 1.5]);
      expect(outputs).toEqual([1]);
    });

    it("should differ from 'immediate', which shows each thing at once (D13)", async () => {
      const got: unknown[] = [];
      const open = deferred();
      const flow = make(
        got,
        async (_, ctx) => {
          doAll(ctx, 1);
          await open.promise;
        },
        { emitMode: 'immediate' },
      );
      const job = flow.start('s');
      await rest();
      expect(seen(job.state)).toEqual(all(1));
      expect(got).toEqual([1, 1.5]);
      open.resolve();
      await job.done;
    });

    it('should read its own writes, and another attempt only what was committed (D13)', async () => {
      const own: unknown[] = [];
      const others: unknown[] = [];
      const open = deferred();
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ who: 'writer' }, { who: 'reader' }) } },
          t: {
            slots: {
              i: async ({ who }, ctx) => {
                if (who === 'writer') {
                  ctx.setState({ n: 1 });
                  ctx.shared.set('k', 'v');
                  own.push(ctx.state(), ctx.shared.get('k'), ctx.shared.get('none', 'fallback'));
                  await open.promise;
                  own.push(ctx.state(), ctx.shared.get('k'));
                } else others.push(ctx.state(), ctx.shared.get('k', 'unset'));
              },
            },
          },
        },
        ['s.o -> t.i'],
        { emitMode: 'commit', maxWorkers: 2 },
      );
      const job = flow.start('s');
      await rest();
      expect(others).toEqual([{}, 'unset']);
      open.resolve();
      await job.done;
      expect(own).toEqual([{ n: 1 }, 'v', 'fallback', { n: 1 }, 'v']);
      expect(job.state.routineState('t')?.['n']).toBe(1);
      expect(job.state.sharedData).toEqual({ k: 'v' });
    });

    it('should start a retry clean, and show what only the good attempt did (D13)', async () => {
      const got: unknown[] = [];
      const began: unknown[] = [];
      const flow = make(
        got,
        (_, ctx) => {
          began.push([ctx.state(), ctx.shared.get('n')]);
          doAll(ctx, ctx.attempt);
          if (ctx.attempt === 1) throw new Error('not yet');
        },
        { errorHandler: RETRY },
      );
      const state = await flow.execute('s');
      expect(began).toEqual([
        [{}, undefined],
        [{}, undefined],
      ]);
      expect(seen(state)).toEqual(all(2));
      expect(got).toEqual([2, 2.5]);
      expect(state.metrics.routine('s')?.emitted).toEqual({ o: 2 });
    });

    it("should differ from 'immediate', where the emits of the failed attempt stand and a retry emits again (D13)", async () => {
      const got: unknown[] = [];
      const flow = make(
        got,
        (_, ctx) => {
          doAll(ctx, ctx.attempt);
          if (ctx.attempt === 1) throw new Error('not yet');
        },
        { emitMode: 'immediate', errorHandler: RETRY },
      );
      await flow.execute('s');
      expect(got).toEqual([1, 1.5, 2, 2.5]);
    });

    it.each([
      ['STOP', undefined, 'failed'],
      ['CONTINUE', CONTINUE, 'completed'],
      ['SKIP', new ErrorHandler({ strategy: 'skip' }), 'completed'],
    ] as const)('should discard what a failed attempt did, under %s (D13)', async (_, errorHandler, status) => {
      const got: unknown[] = [];
      const flow = make(
        got,
        (_, ctx) => {
          doAll(ctx, 1);
          ctx.emitDeferred('o', { n: 9 });
          throw new Error('broken');
        },
        { errorHandler },
      );
      const state = await flow.execute('s');
      expect(state.status).toBe(status);
      expect(seen(state)).toEqual(NOTHING);
      expect(state.deferredEvents).toEqual([]);
      expect(got).toEqual([]);
    });

    it('should discard what a cancelled attempt did (D13, D2)', async () => {
      const got: unknown[] = [];
      const flow = make(got, (_, ctx) => {
        doAll(ctx, 1);
        return new Promise(() => undefined);
      });
      const job = flow.start('s');
      await rest();
      await job.cancel();
      await rest();
      expect(seen(job.state)).toEqual(NOTHING);
      expect(got).toEqual([]);
    });

    it('should keep what a handler commits apart from what it changes afterwards (D6, D13)', async () => {
      const got: unknown[] = [];
      const flow = make(got, (_, ctx) => {
        const payload = { n: 1 };
        ctx.emit('o', payload);
        ctx.setState(payload);
        ctx.output('result', payload);
        payload.n = 99;
      });
      const state = await flow.execute('s');
      expect(got).toEqual([1]);
      expect(state.routineState('s')?.['n']).toBe(1);
      expect(state.outputLog[0]?.data).toEqual({ n: 1 });
    });

    it('should keep deferred events for the resume only when it succeeds (D13, D22)', async () => {
      const got: unknown[] = [];
      const flow = make(got, async (_, ctx) => {
        ctx.emitDeferred('o', { n: 7 });
        expect(ctx.job.deferredEvents).toEqual([]);
        await ctx.pause();
      });
      const job = flow.start('s');
      await rest();
      expect(job.status).toBe('paused');
      expect(job.state.deferredEvents).toEqual([{ routineId: 's', event: 'o', data: { n: 7 } }]);
      job.resume();
      await job.done;
      expect(got).toEqual([7]);
    });

    it('should hold the values of a stream back until the stream ends well (D13)', async () => {
      const got: unknown[] = [];
      const stream = (good: boolean): Observable<Data> =>
        new Observable((observer) => {
          observer.next({ n: 1 });
          observer.next({ n: 2 });
          if (good) observer.complete();
          else observer.error(new Error('torn'));
        });
      for (const good of [false, true]) {
        const flow = flowOf(
          { s: { slots: { trigger: [() => stream(good), { emits: 'o' }] } }, t: { slots: { i: noting(got, ({ n }) => n) } } },
          ['s.o -> t.i'],
          { emitMode: 'commit', errorHandler: CONTINUE },
        );
        expect((await flow.execute('s')).status).toBe('completed');
        expect(got).toEqual(good ? [1, 2] : []);
      }
    });

    it('should refuse a wrong emit where it is made, not at the commit (G05)', async () => {
      const codes: unknown[] = [];
      const flow = make([], (_, ctx) => {
        codes.push(
          ours(
            thrown(() => {
              ctx.emit('none');
            }),
          ).code,
        );
        codes.push(
          ours(
            thrown(() => {
              ctx.emit('o', [1] as never);
            }),
          ).code,
        );
      });
      expect((await flow.execute('s')).status).toBe('completed');
      expect(codes).toEqual(['UNKNOWN_EVENT', 'BAD_PAYLOAD']);
    });

    it('should show a late emit of a handler that has succeeded at once (D5, D13)', async () => {
      const got: unknown[] = [];
      const open = deferred();
      const flow = make(got, (_, ctx) => {
        void ctx.track(
          open.promise.then(() => {
            ctx.emit('o', { n: 1 });
          }),
        );
      });
      const job = flow.start('s');
      await rest();
      open.resolve();
      expect((await job.done).status).toBe('completed');
      expect(got).toEqual([1]);
    });
  });

  describe('outside a run', () => {
    it('should have no context there (SC098, G15)', async () => {
      const inside: unknown[] = [];
      const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void inside.push(currentContext() === ctx) } } });
      expect(currentContext()).toBeUndefined();
      await flow.execute('s');
      expect(inside).toEqual([true]);
      expect(currentContext()).toBeUndefined();
    });

    it.each(['output', 'emitDeferred'] as const)('should refuse %s in a handler that no job runs (SC098, G60, G62)', (call) => {
      const routine = new Routine();
      routine.defineEvent('o');
      routine.defineSlot('i', (_, ctx) => CALLS[call]?.(ctx));
      const refused = ours(thrown(() => routine.slot('i')?.receive({} as never)));
      expect(refused.code).toBe('NO_CONTEXT');
      expect(refused.message).toContain(call);
    });

    it('should name event and routine where an undefined event is emitted (SC098, G05)', async () => {
      const state = await flowOf({
        s: {
          slots: {
            trigger: (_, ctx) => {
              ctx.emit('nope');
            },
          },
        },
      }).execute('s');
      const cause = ours(ours(state.error).cause);
      expect(cause.code).toBe('UNKNOWN_EVENT');
      expect(cause.details).toMatchObject({ event: 'nope', routineId: 's', known: ['o'] });
      expect(cause.message).toMatch(/'s'.*'nope'/);
    });
  });
});
