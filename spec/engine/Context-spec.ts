import { type Context, ErrorHandler, type Handler } from '../../lib/index.js';
import { emitting, flowOf, forward, sleep, type Sketch } from '../support/flows.js';
import { rest } from '../support/turns.js';

describe('Context', () => {
  it('should name the place of the handler, its task and its job (G15)', async () => {
    const seen: unknown[] = [];
    const note: Handler = (_, { routineId, slot, taskId, attempt, flow, job }) =>
      void seen.push({ routineId, slot, taskId, attempt, flow, job });
    const s: Sketch = {
      slots: {
        trigger: (data, ctx) => {
          note.call(undefined as never, data, ctx);
          forward(data, ctx);
        },
      },
    };
    const flow = flowOf({ s, t: { slots: { i: note } } }, ['s.o -> t.i']);
    const job = flow.start('s');
    await job.done;
    const common = { attempt: 1, flow, job: job.state, taskId: expect.any(String) as unknown };
    expect(seen).toEqual([
      { routineId: 's', slot: 'trigger', ...common },
      { routineId: 't', slot: 'i', ...common },
    ]);
  });

  it('should give every task an id of its own, the same over its retries', async () => {
    const ids: Record<string, Set<string>> = {};
    const attempts: number[] = [];
    const t: Sketch = {
      slots: {
        i: ({ n }, ctx) => {
          (ids[String(n)] ??= new Set()).add(ctx.taskId);
          attempts.push(ctx.attempt);
          if (ctx.attempt < 3) throw new Error('again');
        },
      },
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t }, ['s.o -> t.i']);
    flow.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 0 }));
    expect((await flow.execute('s')).status).toBe('completed');
    expect(attempts).toEqual([1, 1, 2, 2, 3, 3]);
    expect(Object.values(ids).map(({ size }) => size)).toEqual([1, 1]);
    expect(new Set(Object.values(ids).flatMap((each) => [...each])).size).toBe(2);
  });

  it('should have `this` of the handler be its routine', async () => {
    const seen: unknown[] = [];
    const flow = flowOf({
      s: {
        slots: {
          trigger() {
            seen.push(this);
          },
        },
      },
    });
    await flow.execute('s');
    expect(seen).toEqual([flow.routines.get('s')]);
  });

  it('should never mix up the jobs of 100 interleaved runs (G67)', async () => {
    const wrong: unknown[] = [];
    const check: Handler = async ({ id }, ctx) => {
      if (ctx.job.jobId !== id) wrong.push(id);
      await sleep(Math.random() * 3);
      ctx.setState({ id });
      if (ctx.job.jobId !== id) wrong.push(id);
    };
    const s: Sketch = { slots: { trigger: emitting() }, events: ['o'] };
    const t: Sketch = { slots: { i: check } };
    const relay: Sketch = {
      slots: {
        trigger: async ({ id }, ctx) => {
          await check.call(undefined as never, { id }, ctx);
          ctx.emit('o', { id });
        },
      },
    };
    const flow = flowOf({ s, relay, t }, ['relay.o -> t.i'], { maxWorkers: 10 });
    const states = await Promise.all(
      Array.from({ length: 100 }, (_, n) => flow.execute('relay', { id: `j${n}` }, { jobId: `j${n}` })),
    );
    expect(wrong).toEqual([]);
    expect(states.map((state) => state.routineState('t')?.['id'])).toEqual(states.map(({ jobId }) => jobId));
  });

  it.each<[string, (ctx: Context) => unknown, string]>([
    ['an event that is not there', (ctx) => ctx.emit('x'), 'UNKNOWN_EVENT'],
    ['a payload that is no plain object', (ctx) => ctx.emit('o', [1]), 'BAD_PAYLOAD'],
    ['null', (ctx) => ctx.emit('o', null as never), 'BAD_PAYLOAD'],
  ])('should throw to the handler that emits %s, naming event and routine (G05)', async (_, call, code) => {
    const state = await flowOf({ s: { slots: { trigger: (_data, ctx) => void call(ctx) } } }).execute('s');
    expect(state.error).toMatchObject({ code: 'TASK_FAILED', cause: { code } });
    expect(state.error?.message).toContain("'s'");
  });

  describe('signal (S91, D2)', () => {
    const endless = (): Promise<never> => new Promise(() => undefined);

    /** A job whose handler holds its signal and is at work for ever. */
    const holding = (handled: (signal: AbortSignal) => void = () => undefined, options = {}) => {
      const signals: AbortSignal[] = [];
      const trigger: Handler = async (_, { signal }) => {
        signals.push(signal);
        handled(signal);
        await endless();
      };
      return { signals, flow: flowOf({ s: { slots: { trigger } } }, [], options) };
    };

    it('should abort on cancel while the handler is at work, with a JobError as its reason', async () => {
      const events: string[] = [];
      const { signals, flow } = holding((signal) => {
        signal.addEventListener('abort', () => events.push('abort'));
      });
      const job = flow.start('s');
      await rest();
      expect(signals[0]?.aborted).toBe(false);
      await job.cancel('enough');
      expect(events).toEqual(['abort']);
      expect(signals[0]?.reason).toMatchObject({ code: 'CANCELLED', details: { jobId: job.id, reason: 'enough' } });
    });

    it('should abort where it is asked for only after the end of the job', async () => {
      let kept: Context | undefined;
      const trigger: Handler = async (_, ctx) => {
        kept = ctx;
        await endless();
      };
      const job = flowOf({ s: { slots: { trigger } } }).start('s');
      await rest();
      await job.cancel();
      expect(kept?.signal.aborted).toBe(true);
    });

    it('should abort on a timeout, and where another task stops the job', async () => {
      const timed = holding(undefined, { executionTimeoutMs: 10 });
      await timed.flow.execute('s');
      expect(timed.signals[0]?.reason).toMatchObject({ code: 'STOPPED', cause: { code: 'TIMEOUT' } });

      const signals: AbortSignal[] = [];
      const t: Sketch = {
        slots: {
          i: async ({ n }, ctx) => {
            signals.push(ctx.signal);
            if (n !== 1) await endless();
            await rest();
            throw new Error('no');
          },
        },
      };
      const s: Sketch = { slots: { trigger: emitting({ n: 0 }, { n: 1 }) } };
      expect((await flowOf({ s, t }, ['s.o -> t.i'], { maxWorkers: 2 }).execute('s')).status).toBe('failed');
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    });

    it('should never abort once the attempt has settled', async () => {
      const signals: AbortSignal[] = [];
      const s: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            signals.push(ctx.signal);
            ctx.emit('o');
          },
        },
      };
      const job = flowOf({ s, t: { slots: { i: endless } } }, ['s.o -> t.i']).start('s');
      await rest();
      await job.cancel();
      expect(signals[0]?.aborted).toBe(false);
    });

    it('should be one per attempt', async () => {
      const signals: AbortSignal[] = [];
      const trigger: Handler = (_, ctx) => {
        signals.push(ctx.signal, ctx.signal);
        if (ctx.attempt === 1) throw new Error('once');
      };
      const flow = flowOf({ s: { slots: { trigger } } }).setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 0 }));
      await flow.execute('s');
      expect(new Set(signals).size).toBe(2);
      expect([signals[0] === signals[1], signals[2] === signals[3]]).toEqual([true, true]);
    });
  });

  it('should end its own job with ctx.cancel, at once', async () => {
    const log: string[] = [];
    const s: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          ctx.emit('o');
          ctx.cancel('enough');
          log.push('after');
        },
      },
    };
    const state = await flowOf({ s, t: { slots: { i: () => void log.push('t') } } }, ['s.o -> t.i']).execute('s');
    expect(state).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(log).toEqual(['after']);
  });
});
