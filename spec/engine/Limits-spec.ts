import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { filter, NEVER, of, take } from 'rxjs';
import { Limits as LoneLimits } from '../../lib/engine/Limits.js';
import type { FixedLimit } from '../../lib/flow/Limit.js';
import {
  type Context,
  type Data,
  ErrorHandler,
  type ExecuteOptions,
  type Flow,
  type FlowOptions,
  type Handler,
  type Job,
  JobError,
  type JobRecord,
  JobState,
  type Overflow,
  type SlotOptions,
} from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';
import { deferred, emitting, flowOf, forward } from '../support/flows.js';
import { ToldLedger } from '../support/ledgers.js';
import { ours, thrown } from '../support/thrown.js';
import { rest } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';

const LOSSY: readonly Overflow[] = ['dropOldest', 'dropNewest'];

const numbers = (count: number): Data[] => Array.from({ length: count }, (_, n) => ({ n }));

/** Notes the number of each payload, under a name where it is given one. */
const noting =
  (log: unknown[], name = ''): Handler =>
  ({ n }) =>
    void log.push(name === '' ? n : `${name}${String(n)}`);

/** `s` emits what it is told to, into the slot `i` of `t`, which is limited. */
const burst = (log: unknown[], count: number, limit: SlotOptions, options: FlowOptions = {}): Flow =>
  flowOf(
    { s: { slots: { trigger: emitting(...numbers(count)) } }, t: { slots: { i: [noting(log), limit] } } },
    ['s.o -> t.i'],
    options,
  );

interface Settled {
  readonly taskId: string;
  readonly outcome: string;
  readonly n: unknown;
}

/** The ends of the tasks of a job, as they are told. */
const settledOf = (job: Job): Settled[] => {
  const log: Settled[] = [];
  job.record$.subscribe((record: JobRecord) => {
    if (record.type === 'taskSettled') log.push({ taskId: record.taskId, outcome: record.outcome, n: record.data['n'] });
  });
  return log;
};

/** Pauses a job at its first task; resolves when it is quiet. */
const pausedAtOnce = (job: Job): Promise<unknown> =>
  new Promise((resolve) => {
    job.record$
      .pipe(
        filter(({ type }) => type === 'taskStarted'),
        take(1),
      )
      .subscribe(() => {
        resolve(job.pause());
      });
  });

const droppedOf = (settled: readonly Settled[]): unknown[] =>
  settled.filter(({ outcome }) => outcome === 'dropped').map(({ n }) => n);

/** A context that outlives its handler, in a job that a feed holds open. */
const lateContext = async (flow: Flow, options: ExecuteOptions = {}): Promise<{ job: Job; ctx: Context; close: () => void }> => {
  const job = flow.start('s', {}, options);
  const open = feed(job, 's.trigger', NEVER);
  const kept = new Promise<Context>((resolve) => (lend = resolve));
  const ctx = await kept;
  await rest();
  return { job, ctx, close: () => void open.unsubscribe() };
};

let lend: (ctx: Context) => void = () => undefined;

/** A trigger that gives its context to `lateContext`. */
const lending: Handler = (_, ctx) => {
  lend(ctx);
};

describe('Limits', () => {
  describe('of a slot, when a handler emits ten where three may wait (issue 4)', () => {
    it.each<[Overflow, readonly number[], readonly number[]]>([
      ['block', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], []],
      ['dropOldest', [7, 8, 9], [0, 1, 2, 3, 4, 5, 6]],
      ['dropNewest', [0, 1, 2], [3, 4, 5, 6, 7, 8, 9]],
    ])('should run and drop exactly these, with %s', async (overflow, ran, dropped) => {
      const log: number[] = [];
      const job = burst(log, 10, { maxQueued: 3, overflow }).start('s');
      const settled = settledOf(job);
      const { status, metrics } = await job.done;
      expect({ status, log, dropped: droppedOf(settled) }).toEqual({ status: 'completed', log: ran, dropped });
      expect(metrics.routine('t')).toMatchObject({ dropped: dropped.length, completed: ran.length, failed: 0, skipped: 0 });
      expect(metrics.flow().droppedTasks).toBe(dropped.length);
    });

    it('should throw QUEUE_FULL to whoever emits, with error, and what is queued stands', async () => {
      const log: number[] = [];
      const errors: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        for (const data of numbers(10)) {
          try {
            ctx.emit('o', data);
          } catch (error) {
            errors.push(error);
          }
        }
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 3, overflow: 'error' }] } } },
        ['s.o -> t.i'],
      );
      const { status, metrics, jobId } = await flow.execute('s');
      expect({ status, log, thrown: errors.length }).toEqual({ status: 'completed', log: [0, 1, 2], thrown: 7 });
      expect(metrics.flow().droppedTasks).toBe(0);
      // What was refused was not emitted: it is neither counted nor kept.
      expect(metrics.routine('s')?.emitted).toEqual({ o: 3 });
      expect(errors[0]).toBeInstanceOf(JobError);
      expect(errors[0]).toMatchObject({ code: 'QUEUE_FULL', retriable: true, details: { jobId, limit: 3 } });
      for (const part of ["'i'", "'t'", "'o'", "'s'", '3 tasks', 'maxQueued', 'dropOldest', 'dropNewest', 'block'])
        expect(ours(errors[0]).message).toContain(part);
    });

    it.each<[Overflow, readonly number[]]>([
      ['block', [0, 1, 2]],
      ['error', [0, 1, 2]],
      ['dropOldest', [0, 1, 2]],
      ['dropNewest', [0, 1, 2]],
    ])('should lose nothing where as many come as may wait, with %s', async (overflow, ran) => {
      const log: number[] = [];
      const { status, metrics } = await burst(log, 3, { maxQueued: 3, overflow }).execute('s');
      expect({ status, log, lost: metrics.flow().droppedTasks }).toEqual({ status: 'completed', log: ran, lost: 0 });
    });

    it.each(LOSSY)('should bound the slot alone: its neighbour of the same routine gets all, with %s', async (overflow) => {
      const log: string[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting(...numbers(4)) } },
          t: { slots: { i: [noting(log, 'i'), { maxQueued: 1, overflow }], j: noting(log, 'j') } },
        },
        ['s.o -> t.i', 's.o -> t.j'],
      );
      await flow.execute('s');
      const left = overflow === 'dropOldest' ? 'i3' : 'i0';
      const j = ['j0', 'j1', 'j2', 'j3'];
      expect(log).toEqual(overflow === 'dropOldest' ? [...j.slice(0, 3), left, 'j3'] : [left, ...j]);
    });

    it('should count what waits and not what is at work: a worker makes room', async () => {
      const log: number[] = [];
      const gates = [deferred(), deferred(), deferred()];
      const i: Handler = ({ n }) => (log.push(n as number), gates[n as number]?.promise);
      const flow = flowOf({ s: { slots: { trigger: lending } }, t: { slots: { i: [i, { maxQueued: 1, overflow: 'error' }] } } }, [
        's.o -> t.i',
      ]);
      const { ctx, close, job } = await lateContext(flow);
      ctx.emit('o', { n: 0 });
      expect(ours(thrown(() => ctx.emit('o', { n: 1 })))).toMatchObject({ code: 'QUEUE_FULL' });
      await rest();
      ctx.emit('o', { n: 1 });
      expect(ours(thrown(() => ctx.emit('o', { n: 2 })))).toMatchObject({ code: 'QUEUE_FULL' });
      gates.forEach(({ resolve }) => void resolve());
      close();
      await job.done;
      expect(log).toEqual([0, 1]);
    });
  });

  describe('of a job (issue 4)', () => {
    it.each<[Overflow, readonly string[], readonly string[]]>([
      ['block', ['t0', 'u0', 't1', 'u1', 't2', 'u2'], []],
      ['dropOldest', ['u1', 't2', 'u2'], ['t0', 'u0', 't1']],
      ['dropNewest', ['t0', 'u0', 't1'], ['u1', 't2', 'u2']],
    ])('should count each target of an emission, and drop exactly these, with %s', async (overflow, ran, dropped) => {
      const log: string[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting(...numbers(3)) } },
          t: { slots: { i: noting(log, 't') } },
          u: { slots: { i: noting(log, 'u') } },
        },
        ['s.o -> t.i', 's.o -> u.i'],
        { maxQueued: 3, overflow },
      );
      const job = flow.start('s');
      const lost: string[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'taskSettled' && record.outcome === 'dropped')
          lost.push(`${record.routineId}${String(record.data['n'])}`);
      });
      const { metrics, status } = await job.done;
      expect({ status, log, lost }).toEqual({ status: 'completed', log: ran, lost: dropped });
      expect(metrics.flow().droppedTasks).toBe(dropped.length);
    });

    it('should let in nothing of an emission that does not fit as a whole, with error', async () => {
      const log: string[] = [];
      const codes: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        ctx.emit('o', { n: 0 });
        codes.push(ours(thrown(() => ctx.emit('o', { n: 1 }))));
        // One target still fits.
        ctx.emit('p', { n: 2 });
      };
      const flow = flowOf(
        {
          s: { slots: { trigger }, events: ['o', 'p'] },
          t: { slots: { i: noting(log, 't') } },
          u: { slots: { i: noting(log, 'u') } },
        },
        ['s.o -> t.i', 's.o -> u.i', 's.p -> u.i'],
        { maxQueued: 3, overflow: 'error' },
      );
      const { status, jobId } = await flow.execute('s');
      expect({ status, log }).toEqual({ status: 'completed', log: ['t0', 'u0', 'u2'] });
      expect(codes).toMatchObject([{ code: 'QUEUE_FULL', retriable: true, details: { limit: 3, where: `job '${jobId}'` } }]);
    });

    it('should refuse for the sake of one slot what the others would take: all or nothing, with error', async () => {
      const log: string[] = [];
      const trigger: Handler = (_, ctx) => {
        ctx.emit('o', { n: 0 });
        thrown(() => ctx.emit('o', { n: 1 }));
      };
      const limit: SlotOptions = { maxQueued: 1, overflow: 'error' };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: noting(log, 't') } }, u: { slots: { i: [noting(log, 'u'), limit] } } },
        ['s.o -> t.i', 's.o -> u.i'],
      );
      await flow.execute('s');
      expect(log).toEqual(['t0', 'u0']);
    });

    it('should let a fan-out that is wider than the limit keep its last targets, or its first', async () => {
      const ids = ['a', 'b', 'c', 'd'];
      const ranWith = async (overflow: Overflow): Promise<readonly string[]> => {
        const log: string[] = [];
        const sketches = Object.fromEntries(ids.map((id) => [id, { slots: { i: noting(log, id) } }]));
        const links = ids.map((id) => `s.o -> ${id}.i`);
        await flowOf({ s: { slots: { trigger: emitting({ n: 0 }) } }, ...sketches }, links, { maxQueued: 2, overflow }).execute(
          's',
        );
        return log;
      };
      expect(await ranWith('dropOldest')).toEqual(['c0', 'd0']);
      expect(await ranWith('dropNewest')).toEqual(['a0', 'b0']);
    });

    it.each(LOSSY)('should hold where the tasks of a loop feed themselves, and end, with %s', async (overflow) => {
      const seen: number[] = [];
      const trigger: Handler = ({ n = 0 }, ctx) => {
        seen.push(n as number);
        if ((n as number) < 50) [1, 2].forEach(() => ctx.emit('o', { n: (n as number) + 1 }));
      };
      const flow = flowOf({ s: { slots: { trigger } } }, ['s.o -> s.trigger'], { maxQueued: 4, overflow });
      const { status, metrics } = await flow.execute('s');
      expect(status).toBe('completed');
      expect(metrics.flow().highWater).toBe(4);
      expect(metrics.routine('s')).toMatchObject({ completed: seen.length });
      expect(seen.length - 1 + metrics.flow().droppedTasks).toBe(metrics.routine('s')?.emitted['o']);
    });
  });

  describe('the failure of whoever emits (QUEUE_FULL)', () => {
    it('should be one of its task: it fails the job where nothing else is said, and names the cause', async () => {
      const log: number[] = [];
      const { status, error } = await burst(log, 4, { maxQueued: 2, overflow: 'error' }).execute('s');
      expect({ status, log }).toEqual({ status: 'failed', log: [] });
      expect(error).toMatchObject({ code: 'TASK_FAILED', cause: { code: 'QUEUE_FULL', retriable: true } });
    });

    it('should be worth a retry, which finds room again', async () => {
      const log: number[] = [];
      let n = 0;
      const trigger: Handler = (_, ctx) => {
        for (; n < 4; n++) ctx.emit('o', { n });
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow: 'error' }] } } },
        ['s.o -> t.i'],
        { errorHandler: new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 0 }) },
      );
      const { status } = await flow.execute('s');
      expect({ status, log }).toEqual({ status: 'completed', log: [0, 1, 2, 3] });
    });

    it('should be that of a task whose stream brings too much (emits)', async () => {
      const flow = flowOf(
        {
          s: { slots: { trigger: [() => of({ n: 0 }, { n: 1 }, { n: 2 }), { emits: 'o' }] } },
          t: { slots: { i: [() => undefined, { maxQueued: 2, overflow: 'error' }] } },
        },
        ['s.o -> t.i'],
      );
      expect((await flow.execute('s')).error).toMatchObject({ cause: { code: 'QUEUE_FULL' } });
    });
  });

  describe('with emitMode commit: what one attempt has buffered counts (D13)', () => {
    const codeAt = async (limit: SlotOptions, options: FlowOptions = {}): Promise<readonly unknown[]> => {
      const log: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        for (const data of numbers(4)) {
          try {
            ctx.emit('o', data);
          } catch (error) {
            log.push(ours(error).code);
          }
        }
      };
      const sketch = { s: { slots: { trigger } }, t: { slots: { i: [noting(log), limit] as const } } };
      await flowOf(sketch, ['s.o -> t.i'], { emitMode: 'commit', ...options }).execute('s');
      return log;
    };

    it('should refuse what would not fit beside what the attempt has emitted already', async () => {
      expect(await codeAt({ maxQueued: 2, overflow: 'error' })).toEqual(['QUEUE_FULL', 'QUEUE_FULL', 0, 1]);
      expect(await codeAt({}, { maxQueued: 3, overflow: 'error' })).toEqual(['QUEUE_FULL', 0, 1, 2]);
    });

    it.each<[Overflow, readonly number[]]>([
      ['dropOldest', [2, 3]],
      ['dropNewest', [0, 1]],
      ['block', [0, 1, 2, 3]],
    ])('should drop when it commits, with %s', async (overflow, ran) => {
      expect(await codeAt({ maxQueued: 2, overflow })).toEqual(ran);
    });

    it('should drop nothing for an attempt that fails: its retry emits anew', async () => {
      const log: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        for (const data of numbers(2)) ctx.emit('o', data);
        if (ctx.attempt === 1) throw new Error('again');
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow: 'error' }] } } },
        ['s.o -> t.i'],
        { emitMode: 'commit', errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
      );
      const { status, metrics } = await flow.execute('s');
      expect({ status, log, lost: metrics.flow().droppedTasks }).toEqual({ status: 'completed', log: [0, 1], lost: 0 });
    });

    it('should count no more, once it has committed, what has run by then', async () => {
      const log: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        for (const data of numbers(2)) ctx.emit('o', data);
        lend(ctx);
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow: 'error' }] } } },
        ['s.o -> t.i'],
        { emitMode: 'commit' },
      );
      const { job, ctx, close } = await lateContext(flow);
      expect(log).toEqual([0, 1]);
      for (const n of [2, 3]) ctx.emit('o', { n });
      close();
      await job.done;
      expect(log).toEqual([0, 1, 2, 3]);
    });

    it('should count what a tracked promise emits', async () => {
      const log: unknown[] = [];
      const trigger: Handler = (_, ctx) => {
        ctx.emit('o', { n: 0 });
        ctx.track(
          turn().then(() => {
            ctx.emit('o', { n: 1 });
            log.push(ours(thrown(() => ctx.emit('o', { n: 2 }))).code);
          }),
        );
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow: 'error' }] } } },
        ['s.o -> t.i'],
        { emitMode: 'commit' },
      );
      await flow.execute('s');
      expect(log).toEqual(['QUEUE_FULL', 0, 1]);
    });
  });

  describe('and retries: never refused, never lost', () => {
    const retrying = (log: unknown[], limit: SlotOptions, delayMs = 0, options: FlowOptions = {}): Flow => {
      const i: Handler = ({ n }, ctx) => {
        log.push(`${String(n)}/${ctx.attempt}`);
        if (ctx.attempt === 1) throw new Error('again');
      };
      return flowOf({ s: { slots: { trigger: emitting(...numbers(2)) } }, t: { slots: { i: [i, limit] } } }, ['s.o -> t.i'], {
        errorHandler: new ErrorHandler({ strategy: 'retry', delayMs }),
        ...options,
      });
    };

    it.each<Overflow>(['block', 'error', 'dropOldest', 'dropNewest'])(
      'should come back to a slot that is full, at its end, with %s',
      async (overflow) => {
        const log: string[] = [];
        const { status, metrics } = await retrying(log, { maxQueued: 2, overflow }).execute('s');
        expect({ status, log }).toEqual({ status: 'completed', log: ['0/1', '1/1', '0/2', '1/2'] });
        expect(metrics.flow().droppedTasks).toBe(0);
      },
    );

    it.each<Overflow>(['error', 'dropNewest'])(
      'should come back although others have taken the room, with %s',
      async (overflow) => {
        const log: unknown[] = [];
        const i: Handler = ({ n }, ctx) => {
          log.push(`${String(n)}/${ctx.attempt}`);
          if (n !== 0 || ctx.attempt > 1) return;
          [7, 8].forEach((n) => ctx.emit('o', { n }));
          throw new Error('again');
        };
        const flow = flowOf(
          { s: { slots: { trigger: emitting({ n: 0 }) } }, t: { slots: { i: [i, { maxQueued: 2, overflow }] } } },
          ['s.o -> t.i', 't.o -> t.i'],
          { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
        );
        const { metrics } = await flow.execute('s');
        expect(log).toEqual(['0/1', '7/1', '8/1', '0/2']);
        expect(metrics.flow().droppedTasks).toBe(0);
        expect(metrics.routine('t')?.highWater).toEqual({ i: 3 });
      },
    );

    it('should not count against the limit during its delay', async () => {
      const log: unknown[] = [];
      const { status } = await retrying(log, { maxQueued: 2, overflow: 'error' }, 1).execute('s');
      expect(status).toBe('completed');
      expect(log).toEqual(['0/1', '1/1', '0/2', '1/2']);
    });

    it('should not be lost where it waits again and newer ones come, with dropOldest', async () => {
      const log: unknown[] = [];
      const i: Handler = ({ n }, ctx) => {
        log.push(`${String(n)}/${ctx.attempt}`);
        if (n === 0 && ctx.attempt === 1) throw new Error('again');
      };
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }) } },
          t: { slots: { i: [i, { maxQueued: 1, overflow: 'dropOldest' }] } },
          u: { slots: { i: (_, ctx) => ctx.emit('o', { n: 9 }) } },
        },
        ['s.o -> t.i', 's.o -> u.i', 'u.o -> t.i'],
        { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
      );
      await flow.execute('s');
      expect(log).toContain('0/2');
    });
  });

  describe('and the entry', () => {
    it.each<Overflow>(['block', 'error', 'dropOldest', 'dropNewest'])(
      'should begin where one task may wait, in the job as in its slot, with %s',
      async (overflow) => {
        const log: unknown[] = [];
        const flow = flowOf({ s: { slots: { trigger: [noting(log), { maxQueued: 1, overflow }] } } }, [], {
          maxQueued: 1,
          overflow,
        });
        const { status } = await flow.execute('s', { n: 5 });
        expect({ status, log }).toEqual({ status: 'completed', log: [5] });
      },
    );

    it('should not be dropped for what is fed before it has begun', async () => {
      const log: unknown[] = [];
      const flow = flowOf({ s: { slots: { trigger: noting(log), i: noting(log) } } }, [], {
        maxQueued: 1,
        overflow: 'dropOldest',
      });
      const job = flow.start('s', { n: 'entry' });
      feed(job, 's.i', of({ n: 1 }));
      await job.done;
      expect(log).toContain('entry');
    });
  });

  describe('of a job that is paused (D5, D19)', () => {
    const emptied = (overflow: Overflow, log: unknown[] = [], options: FlowOptions = {}): Flow =>
      flowOf(
        { s: { slots: { trigger: lending } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow }] } } },
        ['s.o -> t.i'],
        options,
      );

    it.each<[Overflow, readonly number[]]>([
      ['dropOldest', [3, 4]],
      ['dropNewest', [0, 1]],
      ['block', [0, 1, 2, 3, 4]],
    ])('should hold for what is emitted late, with %s', async (overflow, ran) => {
      const log: number[] = [];
      const { job, ctx, close } = await lateContext(emptied(overflow, log));
      await job.pause();
      for (const data of numbers(5)) ctx.emit('o', data);
      expect(job.state.pendingTasks.map(({ data }) => data['n'])).toEqual(ran);
      close();
      job.resume();
      const { status, metrics } = await job.done;
      expect({ status, log, lost: metrics.flow().droppedTasks }).toEqual({ status: 'completed', log: ran, lost: 5 - ran.length });
    });

    it('should throw QUEUE_FULL to whoever emits late, with error, and go on after the resume', async () => {
      const log: number[] = [];
      const { job, ctx, close } = await lateContext(emptied('error', log));
      await job.pause();
      for (const data of numbers(2)) ctx.emit('o', data);
      expect(ours(thrown(() => ctx.emit('o', { n: 2 })))).toMatchObject({ code: 'QUEUE_FULL' });
      job.resume();
      await rest();
      ctx.emit('o', { n: 3 });
      close();
      await job.done;
      expect(log).toEqual([0, 1, 3]);
    });

    it('should not count what was dropped among what a paused job keeps', async () => {
      const { job, ctx, close } = await lateContext(emptied('dropOldest', [], { pausedLimit: 5 }));
      await job.pause();
      try {
        for (const data of numbers(20)) ctx.emit('o', data);
      } finally {
        await job.cancel();
        close();
      }
    });

    it('should hold in the same way while a pause waits for what is at work', async () => {
      const log: number[] = [];
      const gate = deferred();
      const trigger: Handler = async (_, ctx) => {
        void ctx.pause();
        for (const data of numbers(5)) ctx.emit('o', data);
        await gate.promise;
      };
      const flow = flowOf(
        { s: { slots: { trigger } }, t: { slots: { i: [noting(log), { maxQueued: 2, overflow: 'dropOldest' }] } } },
        ['s.o -> t.i'],
      );
      const job = flow.start('s');
      await rest();
      gate.resolve();
      const { pendingTasks } = await job.pause();
      expect(pendingTasks.map(({ data }) => data['n'])).toEqual([3, 4]);
      job.resume();
      await job.done;
      expect(log).toEqual([3, 4]);
    });
  });

  describe('and deferred events (D22)', () => {
    const deferring = (log: unknown[], limit: SlotOptions, late: number): Flow => {
      const trigger: Handler = (_, ctx) => {
        for (const data of numbers(2)) ctx.emit('o', data);
        for (let n = 10; n < 10 + late; n++) ctx.emitDeferred('o', { n });
        void ctx.pause();
        lend(ctx);
      };
      return flowOf({ s: { slots: { trigger } }, t: { slots: { i: [noting(log), limit] } } }, ['s.o -> t.i']);
    };

    it.each<[Overflow, readonly number[]]>([
      ['block', [10, 11, 12, 0, 1]],
      ['error', [10, 11, 12, 0, 1]],
      ['dropOldest', [11, 12, 0, 1]],
      ['dropNewest', [10, 11, 0, 1]],
    ])('should drop among themselves at the resume, and never what had been let in before, with %s', async (overflow, ran) => {
      const log: unknown[] = [];
      const job = deferring(log, { maxQueued: 2, overflow }, 3).start('s');
      await rest();
      expect(job.status).toBe('paused');
      job.resume();
      const { status, metrics } = await job.done;
      expect({ status, log, lost: metrics.flow().droppedTasks }).toEqual({ status: 'completed', log: ran, lost: 5 - ran.length });
    });

    it('should leave the slot able to take more when they have run', async () => {
      const log: unknown[] = [];
      const { job, ctx, close } = await lateContext(deferring(log, { maxQueued: 2, overflow: 'error' }, 0));
      for (const data of numbers(3)) ctx.emitDeferred('o', data);
      job.resume();
      await rest();
      expect(log).toEqual([0, 1, 2, 0, 1]);
      for (const n of [20, 21]) ctx.emit('o', { n });
      expect(ours(thrown(() => ctx.emit('o', { n: 22 })))).toMatchObject({ code: 'QUEUE_FULL' });
      close();
      await job.done;
      expect(log.slice(5)).toEqual([20, 21]);
    });
  });

  describe('what is told of a task that is dropped', () => {
    const middle = (overflow: Overflow): Flow =>
      flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => numbers(4).forEach((data) => void ['o', 'p'].forEach((event) => void ctx.emit(event, data))),
            },
            events: ['o', 'p'],
          },
          t: { slots: { i: [() => undefined, { maxQueued: 2, overflow }], j: () => undefined } },
        },
        ['s.o -> t.i', 's.p -> t.j'],
      );

    it('should leave the ids, the order and pendingTasks of the others as they are', async () => {
      const job = middle('dropOldest').start('s', {}, { jobId: 'J' });
      const settled = settledOf(job);
      await pausedAtOnce(job);
      const pending = job.state.pendingTasks.map(({ taskId, slot, data }) => `${taskId} ${slot}${String(data['n'])}`);
      expect(pending).toEqual(['J:2.0 j0', 'J:4.0 j1', 'J:5.0 i2', 'J:6.0 j2', 'J:7.0 i3', 'J:8.0 j3']);
      job.resume();
      await job.done;
      expect(settled.map(({ taskId, outcome }) => `${taskId} ${outcome}`)).toEqual([
        'J:1.0 dropped',
        'J:3.0 dropped',
        'J:0.0 completed',
        ...['J:2.0', 'J:4.0', 'J:5.0', 'J:6.0', 'J:7.0', 'J:8.0'].map((id) => `${id} completed`),
      ]);
    });

    it('should be a taskSettled for each taskQueued with dropOldest, and one without it with dropNewest', async () => {
      const told = async (overflow: Overflow): Promise<readonly string[]> => {
        const log: string[] = [];
        const job = burst([], 2, { maxQueued: 1, overflow }).start('s', {}, { jobId: 'J' });
        job.record$.subscribe((record) => {
          if (record.type === 'taskQueued') log.push(`+${record.taskId}`);
          if (record.type === 'taskSettled') log.push(`${record.outcome} ${record.taskId}`);
        });
        await job.done;
        return log;
      };
      expect(await told('dropOldest')).toEqual([
        '+J:0.0',
        '+J:1.0',
        'dropped J:1.0',
        '+J:2.0',
        'completed J:0.0',
        'completed J:2.0',
      ]);
      expect(await told('dropNewest')).toEqual(['+J:0.0', '+J:1.0', 'dropped J:2.0', 'completed J:0.0', 'completed J:1.0']);
    });

    it('should be in the metrics of its routine, and of no other', async () => {
      const { metrics } = await middle('dropNewest').execute('s');
      expect(metrics.routine('t')).toMatchObject({ dropped: 2, completed: 6, total: 6, successRate: 1 });
      expect(metrics.routine('s')).toMatchObject({ dropped: 0 });
      expect(metrics.flow().droppedTasks).toBe(2);
    });

    it('should leave a routine that has never run without a state (D7)', async () => {
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 1 }) } },
          t: { slots: { i: () => undefined } },
          u: { slots: { i: () => undefined } },
        },
        ['s.o -> t.i', 's.o -> u.i'],
        { maxQueued: 1, overflow: 'dropNewest' },
      );
      const state = await flow.execute('s');
      expect(state.routineState('u')).toBeUndefined();
    });

    it.each(LOSSY)(
      'should keep progress at what is left, never below nothing, and the job ends exactly at rest, with %s',
      async (overflow) => {
        const job = burst([], 100, { maxQueued: 3, overflow }, { maxWorkers: 2 }).start('s');
        const seen: number[] = [];
        const note = (): void =>
          void job.progress$.subscribe(({ queued, active }) => void seen.push(queued, active)).unsubscribe();
        job.record$.subscribe(note);
        const { status } = await job.done;
        note();
        expect(Math.min(...seen)).toBe(0);
        expect(Math.max(...seen)).toBeLessThanOrEqual(3);
        expect(seen.slice(-2)).toEqual([0, 0]);
        expect(status).toBe('completed');
      },
    );
  });

  describe('the high-water marks', () => {
    const work = async (limit: SlotOptions, options: FlowOptions = {}): Promise<JobState> =>
      burst([], 7, limit, options).execute('s');

    it('should be the most that have waited, by slot only where that has a limit', async () => {
      const { metrics } = await work({ maxQueued: 5, overflow: 'dropOldest' });
      expect(metrics.flow().highWater).toBe(5);
      expect(metrics.routine('t')?.highWater).toEqual({ i: 5 });
      expect(metrics.routine('s')?.highWater).toEqual({});
      const free = await work({}, { maxQueued: 100 });
      expect(free.metrics.flow().highWater).toBe(7);
      expect(free.metrics.routine('t')?.highWater).toEqual({});
    });

    it('should be beyond the limit where it lets all in', async () => {
      const { metrics } = await work({ maxQueued: 5, overflow: 'block' });
      expect([metrics.flow().highWater, metrics.routine('t')?.highWater]).toEqual([7, { i: 7 }]);
    });

    it('should be kept in snapshots, with what was dropped, and go on where the job is taken up', async () => {
      const make = (): Flow => {
        const trigger: Handler = (_, ctx) => {
          for (const data of numbers(7)) ctx.emit('o', data);
          void ctx.pause();
        };
        return flowOf(
          {
            s: { slots: { trigger } },
            t: { slots: { i: [forward, { maxQueued: 4, overflow: 'dropOldest' }] } },
            u: { slots: { i: [() => undefined, { maxQueued: 9 }] } },
          },
          ['s.o -> t.i', 't.o -> u.i'],
          { flowId: 'f' },
        );
      };
      const job = make().start('s');
      await rest();
      const copy = JobState.fromJSON(JSON.parse(JSON.stringify(job.snapshot())));
      expect(copy.metrics.flow()).toMatchObject({ highWater: 4, droppedTasks: 3 });
      expect(copy.metrics.routine('t')).toMatchObject({ highWater: { i: 4 }, dropped: 3 });
      const { status, metrics } = await make().resume(copy).done;
      expect(status).toBe('completed');
      expect(metrics.flow()).toMatchObject({ highWater: 4, droppedTasks: 3 });
      expect(metrics.routine('t')).toMatchObject({ highWater: { i: 4 }, dropped: 3, completed: 4 });
      expect(metrics.routine('u')).toMatchObject({ highWater: { i: 4 } });
    });

    it('should go on under the limit of its run, where the job is taken up', async () => {
      const log: unknown[] = [];
      const make = (): Flow =>
        flowOf(
          {
            s: { slots: { trigger: (_, ctx) => void ctx.emit('o') } },
            t: { slots: { i: emitting(...numbers(9)) } },
            u: { slots: { i: noting(log) } },
          },
          ['s.o -> t.i', 't.o -> u.i'],
          { flowId: 'f' },
        );
      const job = make().start('s', {}, { maxQueued: 2, overflow: 'dropNewest' });
      await job.pause();
      await make().resume(JobState.fromJSON(JSON.parse(JSON.stringify(job.snapshot())))).done;
      expect(log).toEqual([0, 1]);
    });

    it.each<Overflow>(['error', 'dropOldest', 'dropNewest'])(
      'should not be what a job is cut to that is taken up with more than may wait: nothing of it is lost, with %s',
      async (overflow) => {
        const log: unknown[] = [];
        const make = (limit: SlotOptions): Flow => burst(log, 6, limit, { flowId: 'f' });
        const job = make({}).start('s');
        await pausedAtOnce(job);
        const { status } = await make({ maxQueued: 2, overflow }).resume(JobState.fromJSON(job.snapshot()), { remap: {} }).done;
        expect({ status, log }).toEqual({ status: 'completed', log: [0, 1, 2, 3, 4, 5] });
      },
    );
  });

  describe('of several jobs (D15)', () => {
    it('should leave the turns as they are: a small job is not behind a backlog that is dropped', async () => {
      const log: string[] = [];
      const flow = flowOf(
        {
          s: {
            slots: { trigger: ({ job, count }, ctx) => numbers(count as number).forEach(({ n }) => ctx.emit('o', { job, n })) },
          },
          t: { slots: { i: ({ job, n }) => void log.push(`${String(job)}${String(n)}`) } },
        },
        ['s.o -> t.i'],
        { maxQueued: 3, overflow: 'dropOldest' },
      );
      await Promise.all([flow.execute('s', { job: 'a', count: 1_000 }), flow.execute('s', { job: 'b', count: 2 })]);
      expect(log).toEqual(['a997', 'b0', 'a998', 'b1', 'a999']);
    });
  });

  describe('in memory', () => {
    interface Report {
      readonly heap: readonly number[];
      readonly waiting: number;
      readonly ran: readonly number[];
      readonly status: string;
      readonly dropped: number;
    }

    const MILLION = 1_000_000;

    const run = async (...args: readonly string[]): Promise<Report> => {
      const child = [join(__dirname, 'limits-child.ts'), ...args];
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', ...child]);
      return JSON.parse(stdout) as Report;
    };

    /** Bytes that each emit has left behind, from the second tenth on: by then the bounded history is full. */
    const growth = ({ heap }: Report, count: number): number => ((heap[9] ?? NaN) - (heap[1] ?? NaN)) / (count * 0.8);

    it.each([
      ['dropOldest', '0'],
      // Others stand in front, so that what is dropped is dropped from the middle.
      ['dropOldest', '1000'],
      ['dropNewest', '0'],
    ])(
      'should stay flat over a million emits into a slot of ten while paused, with %s beside %s others',
      async (overflow, beside) => {
        const report = await run(overflow, `${MILLION}`, beside);
        const last = Array.from({ length: 10 }, (_, at) => (overflow === 'dropOldest' ? MILLION - 9 + at : at + 1));
        expect(report).toMatchObject({ status: 'completed', ran: last, waiting: 10 + Number(beside), dropped: MILLION - 10 });
        expect(growth(report, MILLION)).toBeLessThan(1);
      },
    );

    it('should be seen to grow where all are let in: the measure is not blind', async () => {
      const report = await run('block', '20000', '0');
      expect(growth(report, 20_000)).toBeGreaterThan(50);
    });
  });
});

// ── against a plain array ─────────────────────────────────────────────────────────────────────────────────────────

/** A limited world: slots `0` to `2` of one routine, events that lead to some of them, and what happens step by step. */
interface World {
  readonly job: FixedLimit;
  readonly slots: readonly FixedLimit[];
  /** The slots that each event leads to, in the order of its connections. */
  readonly routes: readonly (readonly number[])[];
  readonly workers: number;
  readonly steps: readonly Step[];
}

type Step =
  | { readonly kind: 'emit'; readonly events: readonly number[] }
  /** The oldest task at work ends. */
  | { readonly kind: 'finish' }
  /** Pauses, or goes on. */
  | { readonly kind: 'gate' };

const POLICIES: readonly Overflow[] = ['block', 'error', 'dropOldest', 'dropNewest'];

const limits = fc.record({
  maxQueued: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(Infinity)),
  overflow: fc.constantFrom(...POLICIES),
});

const worlds: fc.Arbitrary<World> = fc.record({
  job: limits.map(({ maxQueued, overflow }) => ({ maxQueued: maxQueued + 2, overflow })),
  slots: fc.tuple(limits, limits, limits),
  routes: fc.array(fc.shuffledSubarray([0, 1, 2]), { minLength: 3, maxLength: 3 }),
  workers: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('emit' as const), events: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }) }),
      },
      { weight: 2, arbitrary: fc.constant({ kind: 'finish' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'gate' as const }) },
    ),
    { maxLength: 25 },
  ),
});

/** What is seen from outside; a task is `slot#number of its emission`. */
interface Account {
  readonly started: string[];
  readonly dropped: string[];
  /** The numbers of emissions that were refused. */
  readonly refused: number[];
  /** What waits, after each step. */
  readonly pending: string[][];
  highWater: number;
  readonly marks: number[];
}

const emptyAccount = (): Account => ({ started: [], dropped: [], refused: [], pending: [], highWater: 1, marks: [0, 0, 0] });

interface Task {
  readonly slot: number;
  readonly name: string;
}

/** The same with one array, searched and cut as the words of the options say. */
const modelOf = ({ job, slots, routes, workers, steps }: World): Account => {
  const account = emptyAccount();
  const queue: Task[] = [];
  const atWork: Task[] = [];
  let [isOpen, count] = [true, 0];

  const waitingIn = (slot: number): Task[] => queue.filter((task) => task.slot === slot);

  const isRefused = (targets: readonly number[]): boolean =>
    (job.overflow === 'error' && queue.length + targets.length > job.maxQueued) ||
    targets.some((slot) => slots[slot]?.overflow === 'error' && waitingIn(slot).length + 1 > slots[slot].maxQueued);

  /** Whether there is room for a task, once the oldest has gone where that is said. */
  const cut = ({ maxQueued, overflow }: FixedLimit, waiting: readonly Task[]): boolean => {
    if (waiting.length < maxQueued) return true;
    const [oldest] = waiting;
    if (overflow === 'dropOldest' && oldest !== undefined)
      account.dropped.push(...queue.splice(queue.indexOf(oldest), 1).map(({ name }) => name));
    return overflow !== 'dropNewest';
  };

  const put = (task: Task): void => {
    const fits = cut(slots[task.slot] as FixedLimit, waitingIn(task.slot)) && cut(job, queue);
    if (!fits) {
      account.dropped.push(task.name);
      return;
    }
    queue.push(task);
    account.highWater = Math.max(account.highWater, queue.length);
    account.marks[task.slot] = Math.max(account.marks[task.slot] ?? 0, waitingIn(task.slot).length);
  };

  const emit = (event: number): void => {
    const targets = routes[event] ?? [];
    const n = count++;
    if (isRefused(targets)) account.refused.push(n);
    else targets.forEach((slot) => void put({ slot, name: `${slot}#${n}` }));
  };

  const start = (): void => {
    while (isOpen && atWork.length < workers && queue.length > 0) {
      const task = queue.shift() as Task;
      atWork.push(task);
      account.started.push(task.name);
    }
  };

  const play = (step: Step): void => {
    if (step.kind === 'emit') step.events.forEach(emit);
    else if (step.kind === 'finish') atWork.shift();
    else isOpen = !isOpen;
    start();
    account.pending.push(queue.map(({ name }) => name));
  };

  steps.forEach(play);
  isOpen = true;
  start();
  while (atWork.length > 0) {
    atWork.shift();
    start();
  }
  return account;
};

/** The same, by the engine. */
const engineOf = async ({ job: limit, slots, routes, workers, steps }: World): Promise<Account> => {
  const account = emptyAccount();
  const atWork: (() => void)[] = [];
  const nameOf = ({ slot, data }: { slot: string; data: Data }): string => `${slot.slice(1)}#${String(data['n'])}`;
  const hold: Handler = (data, { slot }) => {
    account.started.push(nameOf({ slot, data }));
    const done = deferred();
    atWork.push(done.resolve);
    return done.promise;
  };
  const flow = flowOf(
    {
      s: { slots: { trigger: lending }, events: ['e0', 'e1', 'e2'] },
      t: { slots: Object.fromEntries(slots.map((each, at) => [`i${at}`, [hold, each] as const])) },
    },
    routes.flatMap((targets, event) => targets.map((slot) => `s.e${event} -> t.i${slot}`)),
    { maxWorkers: workers, maxQueued: limit.maxQueued, overflow: limit.overflow },
  );
  const { job, ctx, close } = await lateContext(flow);
  job.record$.subscribe((record) => {
    if (record.type === 'taskSettled' && record.outcome === 'dropped') account.dropped.push(nameOf(record));
  });
  const progress: number[] = [];
  job.progress$.subscribe(({ queued, active }) => void progress.push(queued, active));
  let [count, isOpen] = [0, true];

  const emit = (event: number): void => {
    const n = count++;
    try {
      ctx.emit(`e${event}`, { n });
    } catch (error) {
      if (ours(error).code === 'QUEUE_FULL') account.refused.push(n);
      else throw error;
    }
  };

  const toggle = (): void => {
    if (isOpen) void job.pause();
    else job.resume();
    isOpen = !isOpen;
  };

  for (const step of steps) {
    if (step.kind === 'emit') step.events.forEach(emit);
    else if (step.kind === 'finish') atWork.shift()?.();
    else toggle();
    await rest();
    account.pending.push(job.state.pendingTasks.map(nameOf));
  }
  if (!isOpen) toggle();
  close();
  await rest();
  while (atWork.length > 0) {
    atWork.shift()?.();
    await rest();
  }
  const { status, metrics } = await job.done;
  expect(status).toBe('completed');
  expect(Math.min(...progress)).toBe(0);
  expect(metrics.flow().droppedTasks).toBe(account.dropped.length);
  account.highWater = metrics.flow().highWater;
  slots.forEach(({ maxQueued }, at) => {
    account.marks[at] = metrics.routine('t')?.highWater[`i${at}`] ?? (maxQueued === Infinity ? NaN : 0);
  });
  return account;
};

describe('the sources that wait for room', () => {
  const waiting = (queued: number) => {
    const queue = { length: queued, drop: () => undefined };
    const job = {
      run: { queue, shed: () => undefined },
      ledger: new ToldLedger(),
      routines: { of: () => undefined },
      delayed: undefined,
    };
    const limits = new LoneLimits<never>(job as never, { maxQueued: 4, overflow: 'block' }, []);
    const woken: number[] = [];
    for (const n of [1, 2, 3]) limits.whenRoom([], () => void woken.push(n));
    const take = (left: number): void => {
      queue.length = left;
      limits.taken({ origin: {}, connection: {} } as never);
    };
    return { woken, take };
  };

  it('should be called in one by one, each once, as long as the queue is rather full', () => {
    const { woken, take } = waiting(4);
    take(4);
    expect(woken).toEqual([]);
    take(3);
    expect(woken).toEqual([1]);
    take(3);
    expect(woken).toEqual([1, 2]);
    take(2);
    take(2);
    expect(woken).toEqual([1, 2, 3]);
  });

  it('should all be called in when half of it is free', () => {
    const { woken, take } = waiting(4);
    take(1);
    take(1);
    expect(woken).toEqual([1, 2, 3]);
  });
});

describe('Limits, against a plain array', () => {
  it('should run, drop, refuse and keep waiting the same tasks in the same order, whatever the limits (fast-check)', async () => {
    const seen = { dropped: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const expected = modelOf(world);
        const got = await engineOf(world);
        seen.dropped += got.dropped.length;
        seen.refused += got.refused.length;
        expected.marks.forEach((_, at) => {
          if (world.slots[at]?.maxQueued === Infinity) expected.marks[at] = NaN;
        });
        expect(got).toEqual(expected);
      }),
      { numRuns: process.env['ROUTILUX_LONG'] === undefined ? 300 : 10_000 },
    );
    // The worlds are such that it matters.
    expect(seen.dropped).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  }, 600_000);
});
