import { type Context, ErrorHandler, type Flow, type FlowOptions, type Job } from '../../lib/index.js';
import { type FlowTest, type JobMarbles, parseMarbles, testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, forward, noting } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const RETRY = new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 100, backoff: 1 });

/** Items by the letters of the diagrams: x0…x3 go to `t`, which takes 50 ms each and forwards them to `d`. */
const ITEMS = { a: { x: 0 }, b: { x: 1 }, c: { x: 2 }, e: { x: 3 } };

const slowItems = ({ flowOptions, takes }: FlowTest, options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: { slots: { trigger: emitting(...Object.values(ITEMS)) } },
      t: { slots: { i: takes(50, forward) } },
      d: { slots: { i: () => undefined } },
      q: { slots: { trigger: () => undefined } },
    },
    ['s.o -> t.i', 't.o -> d.i'],
    { ...flowOptions, ...options },
  );

const waiting = (job: Job): readonly string[] =>
  job.state.pendingTasks.map(({ routineId, data }) => `${routineId}:x${String(data['x'])}`);

describe('a job that is paused while it runs', () => {
  it('should finish what is at work, start nothing new, and hold the rest in the open (SC072, S76–S78, S80)', () =>
    testFlow(async (test) => {
      const job = test.start(slowItems(test), 's');
      test.expectJob(job).toBe({
        starts: '[st]',
        'ends t': '50ms c',
        status: '  r 49ms p',
        pauses: '  50ms p',
        queued: '  3 49ms 4',
      });
      await test.sleep(10);
      expect(await job.pause({ reason: 'lunch', checkpoint: { at: 'x0' } })).toBe(job.state);
      expect(test.scheduler.now()).toBe(50);
      expect(waiting(job)).toEqual(['t:x1', 't:x2', 't:x3', 'd:x0']);
      expect(job.state.pausePoints).toEqual([
        { reason: 'lunch', checkpoint: { at: 'x0' }, currentRoutineId: 't', pendingTasks: 4, timestamp: new Date(50) },
      ]);
      await test.sleep(200);
      expect(waiting(job)).toHaveLength(4);
    }));

  it('should go on with each waiting task once, in order, and complete (SC073, S81, S83)', () =>
    testFlow(async (test) => {
      const flow = slowItems(test);
      const job = test.start(flow, 's');
      test.expectJob(job).toBe(
        {
          pauses: '    50ms p 199ms r 149ms           |',
          'starts t': 'a  249ms      b  49ms c 49ms e 49ms |',
          'starts d': '   250ms         50ms   50ms   50ms [abce|]',
        },
        ITEMS,
      );
      await test.sleep(10);
      await job.pause();
      await test.sleep(200);
      expect(flow.resume(job)).toBe(job);
      await test.flush();
      expect(job.state.pendingTasks).toEqual([]);

      // SC074: once more is refused, and runs nothing twice.
      expect(ours(thrown(() => flow.resume(job))).code).toBe('ILLEGAL_TRANSITION');
      await test.flush();
    }));

  it('should not hold up another job of its flow (SC076, G70, X)', () =>
    testFlow(async (test) => {
      const flow = slowItems(test);
      const a = test.start(flow, 's');
      test.expectJob(a).toBe({ starts: '[st]', pauses: '50ms p' });
      await test.sleep(10);
      void flow.pause(a);
      await test.sleep(40);
      expect(a.status).toBe('paused');
      test.expectJob(test.start(flow, 'q')).toBe({ starts: '50ms (q|)' });
      const c = test.start(flow, 's');
      test.expectJob(c).toBe({ starts: '50ms [st] 49ms t 49ms t 49ms t 49ms [dddd|]' });
      await test.flush();

      expect(a.state.metrics.routine('t')).toMatchObject({ total: 1 });
      expect(c.state.metrics.routine('t')).toMatchObject({ total: 4, completed: 4 });
      expect(c.state.pausePoints).toEqual([]);
    }));

  it('should lose nothing, however often and whenever it is paused (X)', async () => {
    for (let at = 0; at <= 210; at += 7)
      await testFlow(async (test) => {
        const job = test.start(slowItems(test, { maxWorkers: 2 }), 's');
        const recording = test.watch(job);
        for (const wait of [at, 13, 29]) {
          await test.sleep(wait);
          if (job.status === 'completed') break;
          void job.pause();
          await test.sleep(50);
          if (job.status === 'paused') job.resume();
        }
        await test.flush();
        expect(job.status).toBe('completed');
        for (const slot of ['t', 'd'])
          expect(symbolsIn(recording.marbles(`starts ${slot}`, ITEMS))).toEqual(['a', 'b', 'c', 'e']);
      });
  });

  it('should end at once where it is cancelled, with nothing left of what waited (D12, D19, X)', () =>
    testFlow(async (test) => {
      const job = test.start(slowItems(test), 's');
      test.expectJob(job).toBe({ starts: '[st] 9ms !', pauses: '10ms !', 'ends t': '10ms (d!)' });
      await test.sleep(10);
      const paused = job.pause();
      await job.cancel('changed my mind');
      // The pause that still waited learns how the job ended.
      expect((await paused).status).toBe('cancelled');
      expect(job.state.pendingTasks).toEqual([]);
      expect(job.state.pausePoints).toEqual([]);
      await test.flush();
      expect(
        ours(
          thrown(() => {
            job.resume();
          }),
        ).code,
      ).toBe('ILLEGAL_TRANSITION');
      expect(ours(await rejection(job.pause())).code).toBe('ILLEGAL_TRANSITION');
      await test.flush();
      expect(job.status).toBe('cancelled');
    }));

  it('should let its timeout stand still (D21)', () =>
    testFlow(async (test) => {
      const job = test.start(slowItems(test), 's', {}, { timeoutMs: 130 });
      // 50 of 130 ms were used before the pause.
      test.expectJob(job).toBe({ pauses: '50ms p 959ms r 79ms #', 'starts t': 'a 1009ms b 49ms c 29ms #' }, ITEMS);
      await test.sleep(10);
      void job.pause();
      await test.sleep(1_000);
      job.resume();
      await job.done;
      expect(ours(job.state.error).code).toBe('TIMEOUT');
    }));
});

/** What happens on a line, in order, without its end. */
const symbolsIn = (diagram: string): readonly string[] =>
  parseMarbles(diagram).flatMap(({ symbol }) => (symbol === '|' ? [] : [symbol]));

describe('a retry that waits while its job is paused', () => {
  const NUMBERS = { '0': { n: 0 }, '1': { n: 1 }, '2': { n: 2 } };

  /** Items fail once each: item n after n × 10 ms, so that they are due at 100, 110 and 120 ms. */
  const failingOnce = ({ flowOptions, sleep }: FlowTest): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting({ n: 2 }, { n: 0 }, { n: 1 }) } },
        t: {
          slots: {
            i: async ({ n }, ctx: Context) => {
              if (ctx.attempt > 1) return;
              await sleep((n as number) * 10);
              throw new Error('once');
            },
          },
        },
      },
      ['s.o -> t.i'],
      { ...flowOptions, maxWorkers: 3, errorHandler: RETRY },
    );

  /** Pauses a job at 30 ms, when all of its items wait for their second attempt. */
  const pausedJob = async (test: FlowTest, lines: JobMarbles): Promise<Job> => {
    const job = test.start(failingOnce(test), 's');
    test.expectJob(job).toBe(lines, NUMBERS);
    await test.sleep(30);
    await job.pause();
    expect(test.scheduler.now()).toBe(30);
    return job;
  };

  it('should not hold up the pause, and be pending with the instant when it is due (D20)', () =>
    testFlow(async (test) => {
      const job = await pausedJob(test, {
        pauses: '    30ms                          p',
        'starts t': '[201]',
        'retries t': '1---------1---------1',
      });
      expect(job.state.pausePoints[0]?.pendingTasks).toBe(3);
      expect(job.state.pendingTasks.map(({ data, attempt, dueAt }) => [data['n'], attempt, dueAt])).toEqual([
        [0, 2, new Date(100)],
        [1, 2, new Date(110)],
        [2, 2, new Date(120)],
      ]);
    }));

  it('should join the queue in due order on a resume after its time, at once and only then (D20)', () =>
    testFlow(async (test) => {
      const job = await pausedJob(test, { 'starts t': '[201] 499ms [012|]', pauses: '30ms p 469ms (r|)' });
      await test.sleep(470);
      expect(job.state.pendingTasks.map(({ data, attempt }) => [data['n'], attempt])).toEqual([
        [0, 2],
        [1, 2],
        [2, 2],
      ]);
      job.resume();
      await test.flush();
      expect(job.state.metrics.routine('t')).toMatchObject({ completed: 3, retried: 3, total: 3 });
    }));

  it('should wait for the rest of its time on a resume before it (D20)', () =>
    testFlow(async (test) => {
      // The first one was overdue at 105, the others not yet.
      const job = await pausedJob(test, { 'starts t': '[201] 104ms 0----1---------(2|)', pauses: '30ms p 74ms r 14ms |' });
      await test.sleep(75);
      job.resume();
    }));

  it('should keep the count of its attempts (D20, S84, X)', () =>
    testFlow(async ({ flowOptions, start, sleep, expectJob }) => {
      const trigger = (): never => {
        throw new Error('always');
      };
      const job = start(flowOf({ s: { slots: { trigger } } }, [], { ...flowOptions, errorHandler: RETRY }), 's');
      expectJob(job).toBe({
        starts: '     s 99ms s 49ms - 999ms  s 99ms (s#)',
        'retries s': '1 99ms 2 49ms - 999ms  3 99ms #',
        pauses: '     - 99ms - 49ms p 999ms  r 99ms #',
      });
      await sleep(150);
      await job.pause();
      await sleep(1_000);
      job.resume();
    }));

  it('should be gone with its job, overdue or not (D2, X)', async () => {
    for (const passed of [10, 1_000])
      await testFlow(async (test) => {
        const job = await pausedJob(test, { 'starts t': `[201] ${29 + passed}ms !` });
        await test.sleep(passed);
        const state = await job.cancel();
        expect(state.pendingTasks).toEqual([]);
        expect(state.metrics.flow().droppedTasks).toBe(3);
        expect(test.scheduler.actions).toEqual([]);
      });
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
