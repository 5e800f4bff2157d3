import * as t from 'io-ts';
import { concat, type Observable, of, throwError } from 'rxjs';
import {
  type Context,
  type Data,
  ErrorHandler,
  type ErrorHandlerOptions,
  type Flow,
  type FlowOptions,
  type Handler,
  JobError,
  type JobRecord,
  type JobState,
} from '../../lib/index.js';
import { deferred, emitting, flowOf, forward, noting, sleep } from '../support/flows.js';
import { ours } from '../support/thrown.js';
import { meeting } from '../support/turns.js';
import { turn, virtualTime } from '../support/virtualTime.js';
import { handlerOf } from '../support/handlers.js';

class E1 extends Error {}
class E2 extends Error {}

const handlerFor = (
  strategy: ErrorHandlerOptions['strategy'],
  options: Omit<ErrorHandlerOptions, 'strategy'> = {},
): ErrorHandler => handlerOf({ ...(strategy === undefined ? {} : { strategy }), delayMs: 0, ...options });

const STOP = handlerFor('stop');
const CONTINUE = handlerFor('continue');
const SKIP = handlerFor('skip');

/** A handler that throws what it is given. */
const throwing =
  (error: unknown): Handler =>
  () => {
    throw error;
  };

/** Gives a routine of the flow its own error handler. */
const handling = (flow: Flow, routineId: string, handler: ErrorHandler): Flow => {
  flow.routines.get(routineId)?.setErrorHandler(handler);
  return flow;
};

/** What the history says of a routine, without the time. */
const told = (state: JobState, routineId: string): readonly { eventName: string; data: Data }[] =>
  state.history(routineId).map(({ eventName, data }) => ({ eventName, data }));

/** An entry that emits `{ n: 1 }` and then fails, with a target that counts its calls. */
const failingEntry = (calls: unknown[], options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: {
        slots: {
          trigger: (_, ctx) => {
            ctx.emit('o', { n: 1 });
            throw new E1('broken');
          },
        },
      },
      t: { slots: { i: noting(calls, ({ n }) => n) } },
    },
    ['s.o -> t.i'],
    options,
  );

/** Items 0…count−1 go to `t`, which fails on the given ones with `error` and forwards the others to `d`. */
const items = (count: number, bad: readonly number[], got: unknown[], options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: { slots: { trigger: emitting(...Array.from({ length: count }, (_, n) => ({ n }))) } },
      t: {
        slots: {
          i: (data, ctx) => {
            if (bad.includes(data['n'] as number)) throw new E1(`item ${String(data['n'])}`);
            forward(data, ctx);
          },
        },
      },
      d: { slots: { i: noting(got, ({ n }) => n) } },
    },
    ['s.o -> t.i', 't.o -> d.i'],
    options,
  );

describe('settlement', () => {
  describe('an entry that fails', () => {
    it('should fail the job, its routine and its history under STOP, once and without a retry (G31, SC054)', async () => {
      let calls = 0;
      const error = new E1('broken');
      const flow = flowOf({
        s: {
          slots: {
            trigger: () => {
              calls++;
              throw error;
            },
          },
        },
      });
      const before = Date.now();
      const state = await flow.execute('s', { p: 1 });

      expect(calls).toBe(1);
      expect(state.status).toBe('failed');
      expect(state.routineState('s')).toMatchObject({ status: 'failed', error: 'broken', retryCount: 0 });
      const errorTime = state.routineState('s')?.['errorTime'] as Date;
      expect(errorTime).toBeInstanceOf(Date);
      expect(errorTime.getTime()).toBeGreaterThanOrEqual(before - 1);
      expect(errorTime.getTime()).toBeLessThanOrEqual(Date.now() + 1);
      expect(told(state, 's')).toEqual([
        { eventName: 'start', data: { p: 1 } },
        { eventName: 'error', data: { error: 'broken', error_type: 'E1' } },
      ]);
    });

    it('should say on the job what failed, where, and why: TASK_FAILED with the thrown value as cause (G49)', async () => {
      const error = new E1('broken');
      const state = await flowOf({ s: { slots: { trigger: throwing(error) } } }).execute('s', {}, { jobId: 'j' });
      const failure = ours(state.error);

      expect(failure).toBeInstanceOf(JobError);
      expect(failure.code).toBe('TASK_FAILED');
      expect(failure.cause).toBe(error);
      expect(failure.retriable).toBe(true);
      expect(failure.details).toEqual({ jobId: 'j', routineId: 's', slot: 'trigger', attempts: 1, reason: 'broken' });
      expect(failure.message).toContain("'s'");
      expect(failure.message).toContain('broken');
    });

    it('should drop under STOP what the entry had emitted (SC055, D2)', async () => {
      const calls: unknown[] = [];
      const state = await failingEntry(calls).execute('s');
      await turn();

      expect(state.status).toBe('failed');
      expect(calls).toEqual([]);
      expect(state.metrics.flow().droppedTasks).toBe(1);
      expect(state.pendingTasks).toEqual([]);
      expect(told(state, 's').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'error']);
    });

    it.each([
      ['CONTINUE', 'SC056, G32', CONTINUE, 'error_continued'],
      ['SKIP', 'SC057, G33, D10, G47', SKIP, 'skipped'],
    ] as const)(
      'should complete under %s, downstream included, with a record of its name (%s)',
      async (_, __, handler, status) => {
        const calls: unknown[] = [];
        const state = await handling(failingEntry(calls), 's', handler).execute('s');

        expect(calls).toEqual([1]);
        expect(state.status).toBe('completed');
        expect(state.error).toBeUndefined();
        expect(state.routineState('s')).toMatchObject({ status, error: 'broken' });
        expect(state.routineState('s')?.['errorTime']).toBeInstanceOf(Date);
        expect(told(state, 's')).toEqual([
          { eventName: 'start', data: {} },
          { eventName: 'o', data: { n: 1 } },
          { eventName: status, data: { error: 'broken', error_type: 'E1' } },
        ]);
        expect(state.routineState('t')).toMatchObject({ status: 'completed' });
      },
    );
  });

  describe('whose error handler counts', () => {
    it.each([
      ['the routine', CONTINUE, STOP, 'completed'],
      ['the routine', STOP, CONTINUE, 'failed'],
      ['the flow, where the routine has none', undefined, CONTINUE, 'completed'],
      ['the default STOP, where nobody has one', undefined, undefined, 'failed'],
    ] as const)('should be the one of %s (D1, G30, SC058) [%#]', async (_, own, flows, status) => {
      for (const entry of ['s', 't']) {
        const flow = flowOf(
          {
            s: { slots: { trigger: entry === 's' ? throwing(new E1()) : emitting({}) } },
            t: { slots: { i: throwing(new E1()) } },
          },
          ['s.o -> t.i'],
        );
        if (flows !== undefined) flow.setErrorHandler(flows);
        if (own !== undefined) handling(flow, entry, own);
        expect({ entry, status: (await flow.execute('s')).status }).toEqual({ entry, status });
      }
    });

    it('should be the one that the job began with, whatever is set meanwhile (D17)', async () => {
      const begun = deferred();
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: async (_, ctx) => {
                await begun.promise;
                ctx.emit('o');
              },
            },
          },
          t: { slots: { i: throwing(new E1()) } },
        },
        ['s.o -> t.i'],
      );
      const first = flow.start('s');
      await turn();
      flow.setErrorHandler(CONTINUE);
      begun.resolve();

      expect((await first.done).status).toBe('failed');
      expect((await flow.execute('s')).status).toBe('completed');
    });
  });

  describe('a task downstream that fails', () => {
    it('should fail the job where nobody handles it, and name its slot in the record (D1, G40, G41)', async () => {
      const got: unknown[] = [];
      const state = await items(3, [1], got).execute('s');

      expect(state.status).toBe('failed');
      expect(got).toEqual([]);
      expect(ours(state.error).details).toMatchObject({ routineId: 't', slot: 'i', attempts: 1, reason: 'item 1' });
      expect(state.routineState('t')).toMatchObject({ status: 'failed', error: 'item 1' });
      expect(told(state, 't').filter(({ eventName }) => eventName !== 'o')).toEqual([
        { eventName: 'error', data: { slot: 'i', error: 'item 1', error_type: 'E1' } },
      ]);
      // item 2 of `t` and item 0 of `d` were waiting
      expect(state.metrics.flow().droppedTasks).toBe(2);
    });

    it.each([
      ['CONTINUE', CONTINUE, 'error_continued'],
      ['SKIP', SKIP, 'skipped'],
    ] as const)('should let the others through under %s (SC067, S94, G42, G48)', async (_, handler, status) => {
      const got: unknown[] = [];
      const state = await handling(items(3, [1], got), 't', handler).execute('s');

      expect(state.status).toBe('completed');
      expect(got).toEqual([0, 2]);
      expect(state.routineState('t')).toMatchObject({ status, error: 'item 1' });
      expect(told(state, 't').filter(({ eventName }) => eventName !== 'o')).toEqual([
        { eventName: status, data: { slot: 'i', error: 'item 1', error_type: 'E1' } },
      ]);
      const { completed, failed, skipped, total } = state.metrics.routine('t') ?? {};
      expect({ completed, total, bad: (failed ?? 0) + (skipped ?? 0) }).toEqual({ completed: 2, total: 3, bad: 1 });
    });

    it("should only be recorded with unhandledErrors 'record', as v0.10 did (D1, SC063, G43)", async () => {
      const got: unknown[] = [];
      const state = await items(3, [1], got, { unhandledErrors: 'record' }).execute('s');

      expect(state.status).toBe('completed');
      expect(state.error).toBeUndefined();
      expect(got).toEqual([0, 2]);
      expect(told(state, 't').filter(({ eventName }) => eventName !== 'o')).toEqual([
        { eventName: 'error', data: { slot: 'i', error: 'item 1', error_type: 'E1' } },
      ]);
    });

    it("should keep what failed under 'record' in the states of its routines and in the history, each time (D1, G43, G49)", async () => {
      const failing = (who: string): Handler => throwing(new E1(`${who} is broken`));
      const job = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
          // Fails on the first one only: a success afterwards does not hide it.
          t: {
            slots: {
              i: ({ n }, ctx) => {
                if (n === 1) throw new E2('t is broken');
                ctx.emit('o', { n });
              },
            },
          },
          u: { slots: { i: failing('u') } },
          d: { slots: { i: failing('d') } },
          e: { slots: { i: () => undefined } },
        },
        ['s.o -> t.i', 's.o -> u.i', 't.o -> d.i', 't.o -> e.i'],
        { unhandledErrors: 'record' },
      ).start('s');
      const outcomes: unknown[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'taskSettled' && 'error' in record) outcomes.push([record.routineId, record.outcome]);
      });
      const state = await job.done;

      expect(state).toMatchObject({ status: 'completed', error: undefined });
      const error = { status: 'error_continued', errorTime: expect.any(Date) as unknown, retryCount: 0 };
      expect(state.routineStates).toMatchObject({
        s: { status: 'completed' },
        t: { ...error, error: 't is broken' },
        u: { ...error, error: 'u is broken' },
        d: { ...error, error: 'd is broken' },
        e: { status: 'completed' },
      });
      for (const id of ['s', 'e']) expect(state.routineState(id)).not.toHaveProperty('error');
      const record = (error: string, error_type: string): unknown => ({
        eventName: 'error',
        data: { slot: 'i', error, error_type },
      });
      expect(told(state, 't')).toEqual([record('t is broken', 'E2'), { eventName: 'o', data: { n: 2 } }]);
      expect(told(state, 'u')).toEqual([record('u is broken', 'E1'), record('u is broken', 'E1')]);
      expect(told(state, 'd')).toEqual([record('d is broken', 'E1')]);
      expect(told(state, 's').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'o']);
      expect(state.metrics.routine('t')).toMatchObject({ total: 2, completed: 1, failed: 1 });
      expect(state.metrics.routine('u')).toMatchObject({ total: 2, completed: 0, failed: 2 });
      expect(state.metrics.flow().droppedTasks).toBe(0);
      expect(outcomes).toEqual([
        ['t', 'error_continued'],
        ['u', 'error_continued'],
        ['u', 'error_continued'],
        ['d', 'error_continued'],
      ]);
    });

    it("should record the rejection of a tracked promise under 'record' downstream, and fail the job in the entry (D1, D5)", async () => {
      const tracking: Handler = (_, ctx) => void ctx.track(sleep(1).then(() => Promise.reject(new E1('tracked'))));
      const options: FlowOptions = { unhandledErrors: 'record' };
      const sketches = { s: { slots: { trigger: emitting({ n: 1 }) } }, t: { slots: { i: tracking } } };
      const state = await flowOf(sketches, ['s.o -> t.i'], options).execute('s');
      expect(state.status).toBe('completed');
      expect(state.routineState('t')).toMatchObject({ status: 'error_continued', error: 'tracked' });
      expect(told(state, 't')).toEqual([{ eventName: 'error', data: { slot: 'i', error: 'tracked', error_type: 'E1' } }]);
      expect(state.metrics.routine('t')).toMatchObject({ total: 1, completed: 0, failed: 1 });

      const entry = await flowOf({ s: { slots: { trigger: tracking } } }, [], options).execute('s');
      expect(entry.status).toBe('failed');
      expect(told(entry, 's').at(-1)).toEqual({ eventName: 'error', data: { error: 'tracked', error_type: 'E1' } });
    });

    it("should still fail the job with 'record' where it is the entry, or where a handler says STOP (D1)", async () => {
      const entry = flowOf({ s: { slots: { trigger: throwing(new E1()) } } }, [], { unhandledErrors: 'record' });
      expect((await entry.execute('s')).status).toBe('failed');

      const stopped = handling(items(3, [1], [], { unhandledErrors: 'record' }), 't', STOP);
      expect((await stopped.execute('s')).status).toBe('failed');

      const ofTheFlow = items(3, [1], [], { unhandledErrors: 'record', errorHandler: STOP });
      expect((await ofTheFlow.execute('s')).status).toBe('failed');
    });

    it('should leave the tasks at work beside it alone under CONTINUE (SC071, G48)', async () => {
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }) } },
          t: {
            slots: {
              i: async (data, ctx) => {
                await sleep(data['n'] === 2 ? 1 : 5);
                if (data['n'] === 2) throw new E1();
                forward(data, ctx);
              },
            },
          },
          d: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i', 't.o -> d.i'],
        { maxWorkers: 5 },
      );
      const state = await handling(flow, 't', CONTINUE).execute('s');

      expect(state.status).toBe('completed');
      expect([...got].sort()).toEqual([0, 1, 3, 4]);
      expect(state.routineState('t')).toMatchObject({ status: 'error_continued' });
    });
  });

  describe('STOP with five workers at work', () => {
    it('should abort the others, count what was dropped, and free every worker at once (D2, S91, G48)', async () => {
      const signals: AbortSignal[] = [];
      const time = virtualTime();
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting(...Array.from({ length: 8 }, (_, n) => ({ n }))) } },
          t: {
            slots: {
              i: async ({ n }, ctx) => {
                signals[n as number] = ctx.signal;
                await time.sleep(n === 2 ? 10 : 1_000_000);
                throw new E1('third');
              },
            },
          },
          quick: { slots: { trigger: () => undefined } },
        },
        ['s.o -> t.i'],
        { maxWorkers: 5, scheduler: time.scheduler },
      );
      const job = flow.start('s');
      await time.advance(9);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false, false, false]);

      await time.advance(1);
      expect(job.status).toBe('failed');
      // The third has settled by itself: its signal stays as it was.
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false, true, true]);
      expect(ours(signals[0]?.reason).code).toBe('STOPPED');
      expect(ours(signals[0]?.reason).cause).toBe(job.state.error);

      // Four at work and three in the queue; the one that failed is not one of them.
      expect(job.state.metrics.flow().droppedTasks).toBe(7);
      expect(job.state.metrics.routine('t')).toMatchObject({ failed: 1, dropped: 4, completed: 0 });
      expect(told(job.state, 't')).toEqual([{ eventName: 'error', data: { slot: 'i', error: 'third', error_type: 'E1' } }]);

      const next = await Promise.all([flow.execute('quick'), time.advance(0)]);
      expect(next[0].status).toBe('completed');
      await time.exhaust();
      expect(signals).toHaveLength(5);
      expect(job.status).toBe('failed');
    });

    it('should count no failed task as dropped, also after retries and in a tracked promise (D2)', async () => {
      const retried = await flowOf({ s: { slots: { trigger: throwing(new E1()) } } }, [], {
        errorHandler: handlerFor('retry', { maxRetries: 2 }),
      }).execute('s');
      const tracked = await flowOf({
        s: { slots: { trigger: (_, ctx) => void ctx.track(Promise.reject(new E1())) } },
      }).execute('s');

      expect(retried.metrics.flow().droppedTasks).toBe(0);
      expect(tracked.status).toBe('failed');
      expect(tracked.metrics.flow().droppedTasks).toBe(0);
    });
  });

  describe('RETRY', () => {
    it('should complete the routine with its retry count and time, and record `completed { retried }` (G34, D7)', async () => {
      const attempts: number[] = [];
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                attempts.push(ctx.attempt);
                if (ctx.attempt < 3) throw new E1();
              },
            },
          },
        },
        [],
        { errorHandler: handlerFor('retry') },
      );
      const state = await flow.execute('s');

      expect(attempts).toEqual([1, 2, 3]);
      expect(state.status).toBe('completed');
      expect(state.routineState('s')).toEqual({
        status: 'completed',
        retryCount: 2,
        executionTimeMs: expect.any(Number) as number,
      });
      expect(told(state, 's')).toEqual([
        { eventName: 'start', data: {} },
        { eventName: 'completed', data: { retried: true } },
      ]);
      expect(state.metrics.routine('s')).toMatchObject({ total: 1, completed: 1, failed: 0, retried: 2, successRate: 1 });
    });

    it('should write no `completed` record where the first attempt was good (D7)', async () => {
      const state = await flowOf({ s: { slots: { trigger: () => undefined } } }, [], {
        errorHandler: handlerFor('retry'),
      }).execute('s');
      expect(told(state, 's')).toEqual([{ eventName: 'start', data: {} }]);
    });

    it.each([false, true])(
      'should fail after 1 + max attempts with the last error, critical: %s (SC060, G35, G46, D11)',
      async (critical) => {
        let calls = 0;
        const flow = flowOf({
          s: {
            slots: {
              trigger: () => {
                calls++;
                throw new E1(`call ${calls}`);
              },
            },
          },
        });
        handling(flow, 's', handlerFor('retry', { maxRetries: 2, critical }));

        for (const total of [3, 6]) {
          const state = await flow.execute('s');
          expect(calls).toBe(total);
          expect(state.status).toBe('failed');
          expect(state.routineState('s')).toMatchObject({ status: 'failed', error: `call ${total}`, retryCount: 2 });
          expect(ours(state.error).details).toMatchObject({ attempts: 3, reason: `call ${total}` });
          expect(told(state, 's').slice(1)).toEqual([{ eventName: 'error', data: { error: `call ${total}`, error_type: 'E1' } }]);
        }
      },
    );

    it('should apply to a task downstream: 1 + 3 attempts with the handler of the flow (S72, S92)', async () => {
      let calls = 0;
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }) } },
          t: {
            slots: {
              i: () => {
                calls++;
                throw new E1();
              },
            },
          },
        },
        ['s.o -> t.i'],
      );
      const state = await flow.setErrorHandler(handlerFor('retry', { maxRetries: 3 })).execute('s');
      expect(calls).toBe(4);
      expect(state.status).toBe('failed');
      expect(told(state, 't')).toEqual([{ eventName: 'error', data: { slot: 'i', error: '', error_type: 'E1' } }]);
    });

    it.each([
      ['an error outside the list', [new E2()], 3, 1],
      ['one of the list, then one outside', [new E1(), new E2()], 3, 2],
      ['one of the list where no retry is allowed', [new E1()], 0, 1],
    ])('should end at %s (SC061, G36)', async (_, errors, maxRetries, expected) => {
      let calls = 0;
      const flow = flowOf({
        s: {
          slots: {
            trigger: () => {
              throw errors[Math.min(calls++, errors.length - 1)] as Error;
            },
          },
        },
      });
      const state = await handling(flow, 's', handlerFor('retry', { maxRetries, retryOn: [E1] })).execute('s');

      expect(calls).toBe(expected);
      expect(state.status).toBe('failed');
      expect(ours(state.error).cause).toBe(errors.at(-1));
    });

    it('should ask a filter function for every error, with the error itself (G36)', async () => {
      const asked: unknown[] = [];
      const errors = [new E1('again'), new E1('enough')];
      let calls = 0;
      const flow = flowOf({ s: { slots: { trigger: () => Promise.reject(errors[calls++]) } } });
      const retryOn = (error: unknown): boolean => {
        asked.push(error);
        return (error as Error).message === 'again';
      };
      const state = await handling(flow, 's', handlerFor('retry', { retryOn })).execute('s');

      expect(asked).toEqual(errors);
      expect(state.status).toBe('failed');
      expect(calls).toBe(2);
    });

    it('should not retry where the filter itself throws, warn of it, and keep the error of the task', async () => {
      const error = new E1('of the task');
      let calls = 0;
      const flow = flowOf({
        s: {
          slots: {
            trigger: () => {
              calls++;
              throw error;
            },
          },
        },
      });
      const broken = new E2('of the filter');
      handling(flow, 's', handlerFor('retry', { retryOn: throwing(broken) as () => boolean }));
      const job = flow.start('s');
      const warnings: JobRecord[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'warning') warnings.push(record);
      });
      const state = await job.done;

      expect(calls).toBe(1);
      expect(state.status).toBe('failed');
      expect(ours(state.error).cause).toBe(error);
      expect(warnings).toMatchObject([{ type: 'warning', error: broken }]);
      expect(warnings.map((record) => ('message' in record ? record.message : ''))[0]).toContain("'s'");
    });

    it('should merge once per task: each retry gets the same merged input, whatever its handler did to it (D24)', async () => {
      const seen: unknown[] = [];
      const merges: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
          sum: {
            slots: {
              i: [
                (data: Data, ctx: Context) => {
                  seen.push([data['n'], ctx.attempt]);
                  (data as { n: unknown }).n = 'spoilt';
                  if (ctx.attempt < 3) throw new E1();
                },
                {
                  merge: (held: Data, incoming: Data) => {
                    merges.push(incoming['n']);
                    return { n: ((held['n'] as number | undefined) ?? 0) + (incoming['n'] as number) };
                  },
                },
              ],
            },
          },
        },
        ['s.o -> sum.i'],
        { errorHandler: handlerFor('retry') },
      );
      const state = await flow.execute('s');

      expect(state.status).toBe('completed');
      expect(merges).toEqual([1, 2]);
      expect(seen).toEqual([
        [1, 1],
        [3, 1],
        [1, 2],
        [3, 2],
        [1, 3],
        [3, 3],
      ]);
    });

    it('should keep what a failed task has merged: the failure does not undo it (D24)', async () => {
      const seen: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
          t: {
            slots: {
              i: [
                (data: Data) => {
                  seen.push(data['n']);
                  if (seen.length === 1) throw new E1();
                },
                { merge: 'append' },
              ],
            },
          },
        },
        ['s.o -> t.i'],
        { errorHandler: CONTINUE },
      );
      await flow.execute('s');
      expect(seen).toEqual([[1], [1, 2]]);
    });

    it('should keep the task id over its attempts, and give each task its own count (S93)', async () => {
      const seen: string[] = [];
      const left = new Map([
        ['a', 2],
        ['b', 3],
      ]);
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ k: 'a' }, { k: 'b' }) } },
          t: {
            slots: {
              i: ({ k }, ctx) => {
                seen.push(`${ctx.taskId} ${ctx.attempt}`);
                const rest = left.get(k as string) ?? 0;
                left.set(k as string, rest - 1);
                if (rest > 0) throw new E1();
              },
            },
          },
        },
        ['s.o -> t.i'],
        { errorHandler: handlerFor('retry', { maxRetries: 3 }) },
      );
      const state = await flow.execute('s', {}, { jobId: 'j' });

      // Five failures, yet no task had more than its own three.
      expect(state.status).toBe('completed');
      const ids = [...new Set(seen.map((line) => line.split(' ')[0]))];
      expect(ids).toHaveLength(2);
      expect(seen.filter((line) => line.startsWith(`${ids[0] ?? ''} `)).map((line) => line.split(' ')[1])).toEqual([
        '1',
        '2',
        '3',
      ]);
      expect(seen.filter((line) => line.startsWith(`${ids[1] ?? ''} `)).map((line) => line.split(' ')[1])).toEqual([
        '1',
        '2',
        '3',
        '4',
      ]);
    });

    it('should join the end of the queue of its job (D15)', async () => {
      const log: string[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
          t: {
            slots: {
              i: ({ n }, ctx) => {
                log.push(`${String(n)}#${ctx.attempt}`);
                if (n === 0 && ctx.attempt === 1) throw new E1();
              },
            },
          },
        },
        ['s.o -> t.i'],
        { errorHandler: handlerFor('retry') },
      );
      await flow.execute('s');
      expect(log).toEqual(['0#1', '1#1', '2#1', '0#2']);
    });
  });

  describe('critical and optional', () => {
    it('should read back what setAsCritical and setAsOptional say, with their defaults (G38, G44, G45)', () => {
      const [optional, skipped, critical, patient] = ['a', 'b', 'c', 'd'].map((id) => {
        const flow = flowOf({ [id]: {} });
        return flow.routines.get(id);
      });
      expect(optional?.setAsOptional().errorHandler).toMatchObject({ strategy: 'continue', critical: false });
      expect(skipped?.setAsOptional('skip').errorHandler).toMatchObject({ strategy: 'skip', critical: false });
      expect(critical?.setAsCritical().errorHandler).toMatchObject({
        strategy: 'retry',
        maxRetries: 3,
        delayMs: 1_000,
        backoff: 2,
        critical: true,
      });
      expect(patient?.setAsCritical({ maxRetries: 7, delayMs: 5 }).errorHandler).toMatchObject({
        maxRetries: 7,
        delayMs: 5,
        critical: true,
      });
      expect(new ErrorHandler({ strategy: 'retry' })).toMatchObject({
        maxRetries: 3,
        delayMs: 1_000,
        backoff: 2,
        critical: false,
        retryOn: undefined,
      });
    });

    it.each([
      ['bestEffort', 'stop', 'BAD_STRATEGY'],
      [{ maxRetries: -1 }, 'retry', 'BAD_OPTION'],
      [{ maxRetries: 1.5 }, 'retry', 'BAD_OPTION'],
      [{ delayMs: -1 }, 'retry', 'BAD_OPTION'],
      [{ delayMs: NaN }, 'retry', 'BAD_OPTION'],
      [{ backoff: -2 }, 'retry', 'BAD_OPTION'],
      [{ jitter: 1.1 }, 'retry', 'BAD_OPTION'],
      [{ maxDelayMs: -1 }, 'retry', 'BAD_OPTION'],
    ])('should refuse %j at once (G29)', (given, strategy, code) => {
      const options = typeof given === 'string' ? { strategy: given } : { strategy, ...given };
      expect(() => new ErrorHandler(options as ErrorHandlerOptions)).toThrow(expect.objectContaining({ code }) as Error);
    });

    it('should fail the whole job when the retries of a critical routine are spent, and only then (G45, D11)', async () => {
      const flow = items(3, [1], []);
      flow.routines.get('t')?.setAsCritical({ maxRetries: 1, delayMs: 0 });
      const state = await flow.execute('s');
      expect(state.status).toBe('failed');
      expect(ours(state.error).details).toMatchObject({ routineId: 't', attempts: 2 });
      expect(flow.routines.get('t')?.errorHandler?.critical).toBe(true);
    });
  });

  describe('what is wrong before the handler is reached', () => {
    const good = { n: 1 };
    /** Decodes anything to a list. */
    const listing = new t.Type(
      'listing',
      (_u): _u is number[] => true,
      () => t.success([1]),
      t.identity,
    );
    const cases: readonly (readonly [string, string, (calls: unknown[]) => Flow])[] = [
      [
        'a payload that the codec refuses',
        'PAYLOAD_MISMATCH',
        (calls) =>
          flowOf(
            {
              s: { slots: { trigger: emitting({ n: 'one' }) } },
              t: { slots: { i: [noting(calls, 'called'), { codec: t.type({ n: t.number }) }] } },
            },
            ['s.o -> t.i'],
          ),
      ],
      [
        'a codec that gives no object',
        'BAD_DECODE',
        (calls) =>
          flowOf(
            {
              s: { slots: { trigger: emitting(good) } },
              t: { slots: { i: [noting(calls, 'called'), { codec: listing as never }] } },
            },
            ['s.o -> t.i'],
          ),
      ],
      [
        'a merge that gives no object',
        'BAD_MERGE',
        (calls) =>
          flowOf(
            {
              s: { slots: { trigger: emitting(good) } },
              t: { slots: { i: [noting(calls, 'called'), { merge: (() => 5) as never }] } },
            },
            ['s.o -> t.i'],
          ),
      ],
      [
        'a mapping that gives no object',
        'BAD_MAPPING',
        (calls) => {
          const flow = flowOf({ s: { slots: { trigger: emitting(good) } }, t: { slots: { i: noting(calls, 'called') } } });
          flow.connect('s', 'o', 't', 'i', (() => [1]) as never);
          return flow;
        },
      ],
    ];

    it.each(cases)('should take %s for a failure of the task (%s)', async (_, code, make) => {
      const calls: unknown[] = [];
      const state = await make(calls).execute('s');
      const cause = ours(ours(state.error).cause);

      expect(state.status).toBe('failed');
      expect(ours(state.error).code).toBe('TASK_FAILED');
      expect(cause.code).toBe(code);
      expect(cause.details).toMatchObject({ routineId: 't', slot: 'i' });
      expect(calls).toEqual([]);
      expect(told(state, 't')).toMatchObject([{ eventName: 'error', data: { slot: 'i', error: cause.message } }]);
    });

    it.each(cases)('should follow the strategy of the routine for %s (D1)', async (_, __, make) => {
      const continued = await handling(make([]), 't', CONTINUE).execute('s');
      expect(continued.status).toBe('completed');
      expect(continued.routineState('t')).toMatchObject({ status: 'error_continued' });

      const retried = await handling(make([]), 't', handlerFor('retry', { maxRetries: 2 })).execute('s');
      expect(retried.status).toBe('failed');
      expect(retried.metrics.routine('t')).toMatchObject({ retried: 2, failed: 1 });
    });

    it('should name path, expectation and value of a mismatch', async () => {
      const make = cases[0]?.[2];
      const state = await make?.([]).execute('s');
      const cause = ours(ours(state?.error).cause);
      expect(cause.details['mismatches']).toEqual([{ path: 'n', expected: 'number', value: 'one' }]);
      for (const part of ['n', 'number', '"one"']) expect(cause.message).toContain(part);
    });

    it.each([
      ['stop', 'failed', 'failed', 'error'],
      ['continue', 'completed', 'error_continued', 'error_continued'],
      ['skip', 'completed', 'skipped', 'skipped'],
    ] as const)(
      'should treat a merge that throws on every item as a failure: %s (SC051)',
      async (strategy, job, routine, record) => {
        const flow = flowOf(
          {
            s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
            t: { slots: { i: [() => undefined, { merge: throwing(new E1('no merge')) as never }] } },
          },
          ['s.o -> t.i'],
        );
        const state = await handling(flow, 't', handlerFor(strategy)).execute('s');

        expect(state.status).toBe(job);
        expect(state.routineState('t')).toMatchObject({ status: routine, error: 'no merge' });
        expect(told(state, 't').map(({ eventName }) => eventName)).toEqual(strategy === 'stop' ? [record] : [record, record]);
      },
    );
  });

  describe('a handler that fails later', () => {
    it('should treat a rejected promise like a throw (S72)', async () => {
      const error = new E1('later');
      const flow = flowOf({ s: { slots: { trigger: () => sleep(1).then(() => Promise.reject(error)) } } });
      const state = await flow.execute('s');
      expect(ours(state.error).cause).toBe(error);
    });

    it('should keep what a stream has emitted before its error, and drop or finish it by the strategy', async () => {
      const stream = (): Observable<Data> =>
        concat(
          of({ n: 1 }, { n: 2 }),
          throwError(() => new E1('torn')),
        );
      const make = (got: unknown[]): Flow =>
        flowOf({ s: { slots: { trigger: [stream, { emits: 'o' }] } }, t: { slots: { i: noting(got, ({ n }) => n) } } }, [
          's.o -> t.i',
        ]);
      const stopped: unknown[] = [];
      const continued: unknown[] = [];
      const retried: unknown[] = [];

      expect((await make(stopped).execute('s')).status).toBe('failed');
      expect(stopped).toEqual([]);
      expect((await handling(make(continued), 's', CONTINUE).execute('s')).status).toBe('completed');
      expect(continued).toEqual([1, 2]);
      expect((await handling(make(retried), 's', handlerFor('retry', { maxRetries: 1 })).execute('s')).status).toBe('failed');
      // The second attempt emitted again (D13), and stood behind what the first one had emitted.
      expect(retried).toEqual([1, 2]);
    });

    it.each([
      ['number', 5],
      ['list', [1]],
      ['null', null],
      ['string', 'word'],
    ])('should fail once on a %s from a stream whose slot names an event, and read no further', async (_, value) => {
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: [() => of({ n: 1 }, value, { n: 2 }, value), { emits: 'o' }] } },
          t: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['s.o -> t.i'],
      );
      const state = await handling(flow, 's', CONTINUE).execute('s');

      expect(state.status).toBe('completed');
      expect(got).toEqual([1]);
      expect(told(state, 's').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'error_continued']);
      expect(state.metrics.routine('s')).toMatchObject({ total: 1, failed: 1, completed: 0 });

      // The worker came back once, not twice: a second run still has exactly one.
      let [active, peak] = [0, 0];
      flow.addRoutine(
        flowOf({
          x: {
            slots: {
              trigger: async () => {
                peak = Math.max(peak, ++active);
                await sleep(1);
                active--;
              },
            },
          },
        }).routines.get('x') as never,
        'x',
      );
      await Promise.all([flow.execute('x'), flow.execute('x'), flow.execute('x')]);
      expect(peak).toBe(1);
    });

    it('should not hear a thenable twice, nor what it throws after its answer', async () => {
      const twice = {
        then: (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
          resolve(1);
          reject(new E1());
          throw new E2();
        },
      };
      const state = await flowOf({ s: { slots: { trigger: () => twice } } }).execute('s');
      expect(state.status).toBe('completed');
      expect(state.metrics.routine('s')).toMatchObject({ total: 1, completed: 1 });
    });

    it('should fail only its task where what it returns throws when it is looked at', async () => {
      for (const after of [0, 1, 2, 3]) {
        let reads = 0;
        const returned = {
          get then(): unknown {
            if (reads++ >= after) throw new E1('do not look');
            return (resolve: () => void): void => {
              resolve();
            };
          },
        };
        const flow = flowOf({ s: { slots: { trigger: () => returned } }, other: { slots: { trigger: () => undefined } } });
        const [state, other] = await Promise.all([flow.execute('s'), flow.execute('other')]);
        expect(['completed', 'failed']).toContain(state.status);
        expect(other.status).toBe('completed');
      }
    });

    it('should follow the strategy for the rejection of a tracked promise, without a retry (D5)', async () => {
      const make = (): Flow =>
        flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(sleep(1).then(() => Promise.reject(new E1('tracked')))) } } });
      const statuses = async (handler: ErrorHandler): Promise<readonly unknown[]> => {
        const state = await handling(make(), 's', handler).execute('s');
        return [state.status, state.routineState('s')?.['status'], state.metrics.routine('s')?.retried];
      };
      expect(await statuses(STOP)).toEqual(['failed', 'failed', 0]);
      expect(await statuses(CONTINUE)).toEqual(['completed', 'error_continued', 0]);
      expect(await statuses(SKIP)).toEqual(['completed', 'skipped', 0]);
      expect(await statuses(handlerFor('retry'))).toEqual(['failed', 'failed', 0]);
    });
  });

  describe('a task with several promises that are tracked (D5)', () => {
    const rejected = (ms: number, word: string): Promise<never> => sleep(ms).then(() => Promise.reject(new E1(word)));

    /** How the handler ends, and what it has tracked by then; the first rejection is always `one`. */
    const ways: readonly (readonly [string, Handler])[] = [
      [
        'both are rejected after the handler',
        (_, ctx) => {
          void ctx.track(rejected(1, 'one'));
          void ctx.track(rejected(3, 'two'));
        },
      ],
      [
        'both are rejected in one turn',
        (_, ctx) => {
          void ctx.track(Promise.reject(new E1('one')));
          void ctx.track(Promise.reject(new E1('two')));
        },
      ],
      [
        'both are rejected while the handler is at work, which then succeeds',
        (_, ctx) => {
          void ctx.track(rejected(1, 'one'));
          void ctx.track(rejected(2, 'two'));
          return sleep(6);
        },
      ],
      [
        'one is rejected while the handler is at work, which then fails',
        (_, ctx) => {
          void ctx.track(rejected(1, 'one'));
          return rejected(5, 'two');
        },
      ],
      [
        'one is rejected after the handler has failed',
        (_, ctx) => {
          void ctx.track(rejected(3, 'two'));
          throw new E1('one');
        },
      ],
      [
        'one is rejected, one keeps its word',
        (_, ctx) => {
          void ctx.track(sleep(1));
          void ctx.track(rejected(2, 'one'));
          void ctx.track(sleep(3));
        },
      ],
    ];

    const strategies = [
      ['CONTINUE', CONTINUE, 'error_continued', 'error_continued'],
      ['SKIP', SKIP, 'skipped', 'skipped'],
      ["unhandledErrors 'record'", undefined, 'error_continued', 'error'],
    ] as const;

    const run = (trigger: Handler, handler: ErrorHandler | undefined): Promise<JobState> => {
      const sketches = { s: { slots: { trigger: emitting({}) } }, t: { slots: { i: trigger } } };
      const flow = flowOf(sketches, ['s.o -> t.i'], { unhandledErrors: 'record' });
      return (handler === undefined ? flow : handling(flow, 't', handler)).execute('s');
    };

    const table = ways.flatMap(([way, trigger]) => strategies.map(([name, ...rest]) => ({ way, trigger, name, rest })));

    it.each(table)('should fail once under $name, with the first error: $way', async ({ trigger, rest }) => {
      const [handler, status, eventName] = rest;
      const state = await run(trigger, handler);
      expect(state.status).toBe('completed');
      expect(state.routineState('t')).toMatchObject({ status, error: 'one' });
      expect(told(state, 't')).toEqual([{ eventName, data: { slot: 'i', error: 'one', error_type: 'E1' } }]);
      const { total, completed, failed, skipped } = state.metrics.routine('t') ?? {};
      expect({ total, completed, bad: (failed ?? 0) + (skipped ?? 0) }).toEqual({ total: 1, completed: 0, bad: 1 });
      const [execution] = state.metrics.routine('t')?.executions ?? [];
      expect(execution).toMatchObject({ status, error: 'one' });
    });

    it.each(ways)('should fail the job once under STOP, with the first error, and drop no task: %s', async (_, trigger) => {
      const state = await run(trigger, STOP);
      expect(state.status).toBe('failed');
      expect(ours(state.error).details).toMatchObject({ routineId: 't', reason: 'one' });
      expect(told(state, 't').filter(({ eventName }) => eventName === 'error')).toHaveLength(1);
      const { failed, completed, total, dropped } = state.metrics.routine('t') ?? {};
      expect({ failed, completed, total, dropped }).toEqual({ failed: 1, completed: 0, total: 1, dropped: 0 });
      expect(state.metrics.flow().droppedTasks).toBe(0);
      expect(state.metrics.routine('t')?.executions[0]?.status).toBe('failed');
    });

    it.each([
      ['after the handler', () => undefined],
      ['while the handler is at work', () => sleep(4)],
    ])('should fail once where undefined is what they are rejected with, %s', async (_, left) => {
      const nothing = (): Promise<never> => sleep(1).then(() => Promise.reject(undefined as unknown as Error));
      const state = await run((__, ctx) => {
        for (const work of [nothing(), nothing()]) void ctx.track(work);
        return left();
      }, CONTINUE);
      expect(state.metrics.routine('t')).toMatchObject({ total: 1, failed: 1, completed: 0 });
      expect(state.routineState('t')).toMatchObject({ status: 'error_continued', error: 'undefined' });
    });

    it('should abort a handler that is still at work under STOP, with its signal', async () => {
      const signals: AbortSignal[] = [];
      const asked = new Promise<AbortSignal>((resolve) => {
        void run(async (_, ctx) => {
          void ctx.track(rejected(1, 'one'));
          await sleep(4);
          resolve(ctx.signal);
        }, STOP);
      });
      signals.push(await asked);
      expect(signals[0]?.aborted).toBe(true);
    });

    it("should keep back what an attempt did until what it tracks is done, with emitMode 'commit' (D5, D13)", async () => {
      const log: string[] = [];
      const trigger: Handler = (_, ctx) => {
        ctx.emit('o', { n: 1 });
        const late = sleep(2).then(() => {
          ctx.emit('o', { n: 2 });
          log.push('done');
        });
        void ctx.track(late);
        void ctx.track(sleep(1));
      };
      const sketches = { s: { slots: { trigger } }, t: { slots: { i: ({ n }: Data) => void log.push(`t${String(n)}`) } } };
      const flow = flowOf(sketches, ['s.o -> t.i'], { emitMode: 'commit' });
      expect((await flow.execute('s')).status).toBe('completed');
      expect(log).toEqual(['done', 't1', 't2']);
    });

    it('should undo nothing, since nothing was done, where a tracked promise fails after its handler (D13)', async () => {
      const trigger: Handler = (_, ctx) => {
        ctx.emit('o', { n: 1 });
        void ctx.track(rejected(1, 'one'));
      };
      const flow = handling(flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }), 's', CONTINUE);
      const state = await flow.execute('s');
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'error_continued']);
    });

    it('should keep back what an attempt did whose tracked promise had failed before its handler ended (D13)', async () => {
      const trigger: Handler = async (_, ctx) => {
        ctx.emit('o', {});
        ctx.setState({ seen: true });
        void ctx.track(Promise.reject(new E1('one')));
        await sleep(3);
      };
      const flow = handling(flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }), 's', CONTINUE);
      const state = await flow.execute('s');
      expect(state.routineState('s')).not.toHaveProperty('seen');
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'error_continued']);
    });
  });

  describe('a state that is updated by a function', () => {
    /** Four tasks at once: each waits for the others before it says what it has to say of the sum. */
    const summing = (emitMode: 'immediate' | 'commit', say: (allAtWork: () => Promise<void>) => Handler): Flow =>
      flowOf(
        { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }) } }, t: { slots: { i: say(meeting(4)) } } },
        ['s.o -> t.i'],
        { emitMode, maxWorkers: 4 },
      );
    const sumOf = async (flow: Flow): Promise<unknown> => (await flow.execute('s')).routineState('t')?.['sum'];
    const adding =
      (allAtWork: () => Promise<void>): Handler =>
      async ({ n }, ctx) => {
        await allAtWork();
        ctx.setState(({ sum = 0 }) => ({ sum: (sum as number) + (n as number) }));
        await sleep(1);
      };

    it.each(['immediate', 'commit'] as const)(
      'should lose nothing of what several workers do, emitMode %s (D13)',
      async (mode) => {
        expect(await sumOf(summing(mode, adding))).toBe(10);
      },
    );

    it("should count with emitMode 'commit' when the attempt succeeds; one that read it before overwrites (D13)", async () => {
      const overwriting =
        (allAtWork: () => Promise<void>): Handler =>
        async ({ n }, ctx) => {
          const { sum = 0 } = ctx.state();
          await allAtWork();
          ctx.setState({ sum: (sum as number) + (n as number) });
        };
      expect(await sumOf(summing('commit', overwriting))).toBeLessThan(10);
    });

    it('should show the attempt what it has done itself, and nobody else before the commit', async () => {
      const seen: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        ctx.setState({ n: 1 });
        ctx.setState(({ n }) => ({ n: (n as number) + 1 }));
        ctx.setState(({ n }) => ({ n: (n as number) * 10 }));
        seen.push(ctx.state()['n'], ctx.job.routineState('s')?.['n']);
      };
      const state = await flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }).execute('s');
      expect([seen, state.routineState('s')?.['n']]).toEqual([[20, undefined], 20]);
    });

    it('should undo nothing of a failed attempt, since it did nothing', async () => {
      const trigger: Handler = (_, ctx) => {
        ctx.setState(({ n = 0 }) => ({ n: (n as number) + 1 }));
        if (ctx.attempt === 1) throw new E1('once');
      };
      const flow = handling(flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }), 's', handlerFor('retry'));
      expect((await flow.execute('s')).routineState('s')).toMatchObject({ n: 1, status: 'completed' });
    });

    it('should fail the attempt where it throws at the commit, and nothing of the attempt counts', async () => {
      const trigger: Handler = (_, ctx) => {
        let calls = 0;
        ctx.emit('o', {});
        ctx.setState(() => {
          if (++calls === 2) throw new E1('too late');
          return { n: 1 };
        });
      };
      const flow = handling(flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }), 's', CONTINUE);
      const state = await flow.execute('s');
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'error_continued']);
      expect(state.routineState('s')).not.toHaveProperty('n');
    });

    it.each(['immediate', 'commit'] as const)(
      'should refuse what is no plain object, as without a function: emitMode %s',
      async (emitMode) => {
        const trigger: Handler = (_, ctx) => {
          ctx.setState(() => [1]);
        };
        const state = await flowOf({ s: { slots: { trigger } } }, [], { emitMode }).execute('s');
        expect(state.error?.cause).toMatchObject({ code: 'BAD_PAYLOAD' });
      },
    );

    it('should fail the task where a tracked promise ends and the update throws then', async () => {
      const trigger: Handler = (_, ctx) => {
        let calls = 0;
        void ctx.track(sleep(1));
        ctx.setState(() => {
          if (++calls === 2) throw new E1('too late');
          return { n: 1 };
        });
      };
      const state = await flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }).execute('s');
      expect([state.status, state.error?.cause]).toMatchObject(['failed', { message: 'too late' }]);
    });
  });

  describe('whatever is thrown', () => {
    const proxy = new Proxy(
      {},
      new Proxy(
        {},
        {
          get: () => () => {
            throw new Error('trapped');
          },
        },
      ),
    );
    const spiky = new (class extends Error {
      override get message(): string {
        throw new Error('no message');
      }
      override get name(): string {
        throw new Error('no name');
      }
      override get stack(): string {
        throw new Error('no stack');
      }
    })();
    const hostile: readonly (readonly [string, unknown])[] = [
      ['undefined', undefined],
      ['null', null],
      ['0', 0],
      ['an empty string', ''],
      ['a symbol', Symbol('s')],
      ['a frozen object', Object.freeze({ a: 1 })],
      ['an object without a prototype', Object.create(null)],
      ['a function', () => undefined],
      ['a proxy that throws on every access', proxy],
      ['an error whose getters throw', spiky],
      ['an error that causes itself', Object.assign(new E1('ring'), { cause: undefined })],
      ['a huge string', 'x'.repeat(5_000_000)],
      [
        'a rejected promise',
        {
          then: (_: unknown, reject: (e: unknown) => void) => {
            reject(new E1());
          },
        },
      ],
    ];
    const ring = hostile.find(([name]) => name === 'an error that causes itself')?.[1] as Error;
    ring.cause = ring;

    const ways: readonly (readonly [string, (error: unknown) => Handler])[] = [
      ['throws', throwing],
      [
        'rejects',
        (error) => () =>
          sleep(0).then(() => {
            throw error;
          }),
      ],
      ['streams', (error) => () => throwError(() => error)],
    ];

    const table = ways.flatMap(([way, make]) => hostile.map(([name, error]) => ({ way, name, error, make })));

    it.each(table)('should be recorded, and harm no other job: a handler that $way $name', async ({ error, make }) => {
      const got: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: make(error) } },
          good: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
          d: { slots: { i: noting(got, ({ n }) => n) } },
        },
        ['good.o -> d.i'],
        { maxWorkers: 2 },
      );
      const records: JobRecord[] = [];
      const bad = flow.start('s');
      bad.record$.subscribe((record) => records.push(record));
      const [state, good] = await Promise.all([bad.done, flow.execute('good')]);
      await turn();

      expect(state.status).toBe('failed');
      expect(Object.is(ours(state.error).cause, error)).toBe(true);
      expect('cause' in ours(state.error)).toBe(true);
      expect(typeof state.routineState('s')?.['error']).toBe('string');
      const [, record] = told(state, 's');
      expect(record?.eventName).toBe('error');
      expect(typeof record?.data['error']).toBe('string');
      expect(typeof record?.data['error_type']).toBe('string');
      expect(records.map(({ type }) => type).slice(-4)).toEqual(['taskSettled', 'failureNoted', 'kept', 'ended']);
      expect(state.metrics.routine('s')).toMatchObject({ total: 1, failed: 1 });
      expect(good.status).toBe('completed');
      expect(got).toEqual([1, 2]);
      expect((await flow.execute('good')).status).toBe('completed');
    });

    it.each(hostile)('should be retried and continued like any other error: %s', async (_, error) => {
      let calls = 0;
      const make = (): Flow =>
        flowOf({
          s: {
            slots: {
              trigger: () => {
                calls++;
                throw error;
              },
            },
          },
        });
      const retried = await handling(make(), 's', handlerFor('retry', { maxRetries: 2 })).execute('s');
      expect([retried.status, calls]).toEqual(['failed', 3]);
      const filtered = await handling(make(), 's', handlerFor('retry', { maxRetries: 2, retryOn: [E2] })).execute('s');
      expect([filtered.status, calls]).toEqual(['failed', 4]);
      const continued = await handling(make(), 's', CONTINUE).execute('s');
      expect([continued.status, calls]).toEqual(['completed', 5]);
    });

    it('should live through a merge whose result throws when it is read, watched or not', async () => {
      const trap = {
        get n(): never {
          throw new E1('do not read');
        },
      };
      for (const watched of [false, true]) {
        const flow = flowOf(
          {
            s: { slots: { trigger: emitting({ n: 1 }) } },
            t: { slots: { i: [() => undefined, { merge: () => trap }] } },
            other: { slots: { trigger: () => undefined } },
          },
          ['s.o -> t.i'],
        );
        const job = flow.start('s');
        if (watched) job.record$.subscribe();
        const [state, other] = await Promise.all([job.done, flow.execute('other')]);
        expect(state.status).toBe('failed');
        expect(other.status).toBe('completed');
      }
    });
  });
});
