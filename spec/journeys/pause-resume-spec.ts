import { type Context, ErrorHandler, type Flow, type FlowOptions, type Job } from '../../lib/index.js';
import { emitting, flowOf, forward, noting } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { turn, type VirtualTime, virtualTime } from '../support/virtualTime.js';

const RETRY = new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 100, backoff: 1 });

/** Items x0…x3 go to `t`, which takes 50 ms each and forwards them to `d`. */
const slowItems = (time: VirtualTime, log: string[], options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: { slots: { trigger: emitting({ x: 0 }, { x: 1 }, { x: 2 }, { x: 3 }) } },
      t: {
        slots: {
          i: async (data, ctx) => {
            log.push(`t:x${String(data['x'])}`);
            await time.sleep(50);
            forward(data, ctx);
          },
        },
      },
      d: { slots: { i: noting(log, ({ x }) => `d:x${String(x)}`) } },
      quick: { slots: { trigger: noting(log, 'quick') } },
    },
    ['s.o -> t.i', 't.o -> d.i'],
    { scheduler: time.scheduler, ...options },
  );

const waiting = (job: Job): readonly string[] =>
  job.state.pendingTasks.map(({ routineId, data }) => `${routineId}:x${String(data['x'])}`);

describe('a job that is paused while it runs', () => {
  it('should finish what is at work, start nothing new, and hold the rest in the open (SC072, S76–S78, S80)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = slowItems(time, log).start('s');
    await time.advance(10);
    let quiet = false;
    const paused = job.pause({ reason: 'lunch', checkpoint: { at: 'x0' } }).then((state) => {
      quiet = true;
      return state;
    });
    await time.advance(39);
    expect([quiet, job.status]).toEqual([false, 'running']);

    await time.advance(1);
    expect(await paused).toBe(job.state);
    expect(job.status).toBe('paused');
    expect(waiting(job)).toEqual(['t:x1', 't:x2', 't:x3', 'd:x0']);
    expect(job.state.pausePoints).toEqual([
      { reason: 'lunch', checkpoint: { at: 'x0' }, currentRoutineId: 't', pendingTasks: 4, timestamp: new Date(50) },
    ]);

    await time.advance(200);
    expect(log).toEqual(['t:x0']);
    expect(waiting(job)).toHaveLength(4);
  });

  it('should go on with each waiting task once, in order, and complete (SC073, S81, S83)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = slowItems(time, log);
    const job = flow.start('s');
    await time.advance(10);
    void job.pause();
    await time.advance(240);
    expect(flow.resume(job)).toBe(job);
    await time.exhaust();

    expect(job.status).toBe('completed');
    expect(log.filter((line) => line.startsWith('d'))).toEqual(['d:x0', 'd:x1', 'd:x2', 'd:x3']);
    expect(log.filter((line) => line.startsWith('t'))).toEqual(['t:x0', 't:x1', 't:x2', 't:x3']);
    expect(job.state.pendingTasks).toEqual([]);

    // SC074: once more is refused, and runs nothing twice.
    expect(ours(thrown(() => flow.resume(job))).code).toBe('ILLEGAL_TRANSITION');
    await time.exhaust();
    expect(log).toHaveLength(8);
  });

  it('should not hold up another job of its flow (SC076, G70, X)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const flow = slowItems(time, log);
    const a = flow.start('s');
    await time.advance(10);
    void flow.pause(a);
    await time.advance(40);
    expect(a.status).toBe('paused');
    const b = flow.start('quick');
    const c = flow.start('s');
    await time.exhaust();

    expect([a.status, b.status, c.status]).toEqual(['paused', 'completed', 'completed']);
    expect(a.state.metrics.routine('t')).toMatchObject({ total: 1 });
    expect(c.state.metrics.routine('t')).toMatchObject({ total: 4, completed: 4 });
    expect(c.state.pausePoints).toEqual([]);
  });

  it('should lose nothing, however often and whenever it is paused (X)', async () => {
    for (let at = 0; at <= 210; at += 7) {
      const time = virtualTime();
      const log: string[] = [];
      const job = slowItems(time, log, { maxWorkers: 2 }).start('s');
      for (const wait of [at, 13, 29]) {
        await time.advance(wait);
        if (job.status === 'completed') break;
        void job.pause();
        await time.advance(50);
        if (job.status === 'paused') job.resume();
      }
      await time.exhaust();
      expect(job.status).toBe('completed');
      expect([...log].sort()).toEqual(['d:x0', 'd:x1', 'd:x2', 'd:x3', 't:x0', 't:x1', 't:x2', 't:x3']);
    }
  });

  it('should end at once where it is cancelled, with nothing left of what waited (D12, D19, X)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = slowItems(time, log).start('s');
    await time.advance(10);
    const paused = job.pause();
    await job.cancel('changed my mind');
    // The pause that still waited learns how the job ended.
    expect((await paused).status).toBe('cancelled');
    expect(job.state.pendingTasks).toEqual([]);
    expect(job.state.pausePoints).toEqual([]);
    await time.exhaust();
    expect(log).toEqual(['t:x0']);
    expect(
      ours(
        thrown(() => {
          job.resume();
        }),
      ).code,
    ).toBe('ILLEGAL_TRANSITION');
    expect(ours(await rejection(job.pause())).code).toBe('ILLEGAL_TRANSITION');
    await time.exhaust();
    expect([job.status, log]).toEqual(['cancelled', ['t:x0']]);
  });

  it('should let its timeout stand still (D21)', async () => {
    const time = virtualTime();
    const job = slowItems(time, []).start('s', {}, { timeoutMs: 130 });
    await time.advance(10);
    void job.pause();
    await time.advance(1_000);
    job.resume();
    // 50 of 130 ms were used before the pause.
    await time.advance(79);
    expect(job.status).toBe('running');
    await time.advance(1);
    expect(job.status).toBe('failed');
    expect(ours(job.state.error).code).toBe('TIMEOUT');
  });
});

describe('a retry that waits while its job is paused', () => {
  /** Items fail once each: item n after n × 10 ms, so that they are due at 100, 110 and 120 ms. */
  const failingOnce = (time: VirtualTime, log: string[]): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting({ n: 2 }, { n: 0 }, { n: 1 }) } },
        t: {
          slots: {
            i: async ({ n }, ctx: Context) => {
              log.push(`${String(n)}#${ctx.attempt}@${time.scheduler.now()}`);
              if (ctx.attempt > 1) return;
              await time.sleep((n as number) * 10);
              throw new Error('once');
            },
          },
        },
        d: { slots: { trigger: noting(log, 'd') } },
      },
      ['s.o -> t.i'],
      { scheduler: time.scheduler, maxWorkers: 3, errorHandler: RETRY },
    );
  const FIRST = ['2#1@0', '0#1@0', '1#1@0'];

  it('should not hold up the pause, and be pending with the instant when it is due (D20)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = failingOnce(time, log).start('s');
    await time.advance(30);
    await job.pause();

    expect(time.scheduler.now()).toBe(30);
    expect(job.status).toBe('paused');
    expect(job.state.pausePoints[0]?.pendingTasks).toBe(3);
    expect(job.state.pendingTasks.map(({ data, attempt, dueAt }) => [data['n'], attempt, dueAt])).toEqual([
      [0, 2, new Date(100)],
      [1, 2, new Date(110)],
      [2, 2, new Date(120)],
    ]);
  });

  it('should join the queue in due order on a resume after its time, at once and only then (D20)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = failingOnce(time, log).start('s');
    await time.advance(30);
    await job.pause();
    await time.advance(470);
    expect(log).toEqual(FIRST);
    expect(job.state.pendingTasks.map(({ data, attempt }) => [data['n'], attempt])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    job.resume();
    await time.exhaust();
    expect(log.slice(3)).toEqual(['0#2@500', '1#2@500', '2#2@500']);
    expect(job.status).toBe('completed');
    expect(job.state.metrics.routine('t')).toMatchObject({ completed: 3, retried: 3, total: 3 });
  });

  it('should wait for the rest of its time on a resume before it (D20)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const job = failingOnce(time, log).start('s');
    await time.advance(30);
    await job.pause();
    await time.advance(75);
    job.resume();
    await time.exhaust();
    // The first one was overdue at 105, the others not yet.
    expect(log.slice(3)).toEqual(['0#2@105', '1#2@110', '2#2@120']);
  });

  it('should keep the count of its attempts (D20, S84, X)', async () => {
    const time = virtualTime();
    let calls = 0;
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: () => {
              calls++;
              throw new Error('always');
            },
          },
        },
      },
      [],
      {
        scheduler: time.scheduler,
        errorHandler: RETRY,
      },
    );
    const job = flow.start('s');
    await time.advance(150);
    expect(calls).toBe(2);
    await job.pause();
    await time.advance(1_000);
    job.resume();
    await time.exhaust();
    expect(calls).toBe(4);
    expect(job.status).toBe('failed');
  });

  it('should be gone with its job, overdue or not (D2, X)', async () => {
    for (const passed of [10, 1_000]) {
      const time = virtualTime();
      const log: string[] = [];
      const job = failingOnce(time, log).start('s');
      await time.advance(30);
      await job.pause();
      await time.advance(passed);
      const state = await job.cancel();
      expect(state.pendingTasks).toEqual([]);
      expect(state.metrics.flow().droppedTasks).toBe(3);
      expect(time.timers).toBe(0);
      await time.exhaust();
      expect(log).toEqual(FIRST);
    }
  });
});

describe('a pause that a handler asks for', () => {
  it('should not wait for itself: the handler ends, then the job is paused (D19)', async () => {
    const log: string[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: async (_, ctx) => {
              await ctx.pause({ reason: 'asked' });
              log.push('after the pause');
              ctx.emit('o');
            },
          },
        },
        t: { slots: { i: noting(log, 't') } },
      },
      ['s.o -> t.i'],
    );
    const job = flow.start('s');
    await turn();
    expect(job.status).toBe('paused');
    expect(log).toEqual(['after the pause']);
    expect(job.state.pausePoints).toMatchObject([{ reason: 'asked', pendingTasks: 1 }]);
    job.resume();
    expect((await job.done).status).toBe('completed');
    expect(log).toEqual(['after the pause', 't']);
  });
});
