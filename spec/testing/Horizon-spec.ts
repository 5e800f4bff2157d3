import { interval, throwError } from 'rxjs';
import type { Context, Data, Handler } from '../../lib/index.js';
import { Horizon } from '../../lib/testing/Horizon.js';
import { testFlow } from '../../lib/testing/index.js';
import { RecordedJobs } from '../../lib/testing/RecordedJobs.js';
import { VirtualClock } from '../../lib/testing/VirtualClock.js';
import { emitting, flowOf, forward } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';

const LINK = ['s.o -> t.i'];

describe('the horizon', () => {
  const loop = (handler: Handler, options = {}): ReturnType<typeof flowOf> =>
    flowOf({ s: { slots: { trigger: forward } }, t: { slots: { i: handler } } }, [...LINK, 't.o -> t.i'], options);

  it.each([
    ['answers at once', forward],
    ['awaits', (data: Data, ctx: Context) => Promise.resolve().then(() => void ctx.emit('o', data))],
  ])('should end a loop whose handler %s, after 100,000 tasks', async (_, handler) => {
    const error = await rejection(testFlow(({ flowOptions, start }) => start(loop(handler, flowOptions), 's')));
    expect(error).toMatchObject({ code: 'RUNAWAY' });
    expect(ours(error).message).toBe(
      'The flow was still at work at the horizon of 100000 tasks (maxSteps).\n' +
        "  job 'job-1' is running, 0 queued; its last tasks: t t t t t t t t t t t t",
    );
  });

  it('should end a loop in a flow with a real clock, and one in a job that nobody records', async () => {
    expect(await rejection(testFlow(({ start }) => void start(loop(forward), 's'), { maxSteps: 500 }))).toMatchObject({
      code: 'RUNAWAY',
    });
    const unseen = testFlow(({ flowOptions }) => void loop(forward, flowOptions).start('s'), { maxSteps: 500 });
    expect(await rejection(unseen)).toMatchObject({ code: 'RUNAWAY' });
  });

  it('should end a loop that awaits in a job which a handler has started', async () => {
    const nested = testFlow(
      ({ flowOptions, start }) => {
        const flow = flowOf(
          {
            outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('s') } },
            s: { slots: { trigger: forward } },
            t: { slots: { i: (data, ctx) => Promise.resolve().then(() => void ctx.emit('o', data)) } },
          },
          [...LINK, 't.o -> t.i'],
          flowOptions,
        );
        start(flow, 'outer');
      },
      { maxSteps: 500 },
    );
    expect(ours(await rejection(nested)).message).toContain('looks at the clock within one ms (8 × maxSteps)');
  });

  it('should have the clock refused only while a timer fires, after twice as many looks', () => {
    const nothing = (): void => undefined;
    const horizon = new Horizon({ maxSteps: 10 }, new RecordedJobs(new VirtualClock(nothing), nothing));
    horizon.checkLooks(80, true);
    expect(horizon.error).toBeUndefined();
    horizon.checkLooks(81, true);
    expect(horizon.error).toMatchObject({ code: 'RUNAWAY' });
    expect(() => horizon.checkLooks(160, true)).not.toThrow();
    expect(() => horizon.checkLooks(161, false)).not.toThrow();
    expect(() => horizon.checkLooks(161, true)).toThrow(horizon.error);
  });

  it('should end what waits longer than an hour, and whatever is told to end sooner', async () => {
    const slow = testFlow(
      ({ flowOptions, start, takes }) =>
        void start(loop(takes(60_000, forward), { ...flowOptions, executionTimeoutMs: Infinity }), 's'),
    );
    expect(ours(await rejection(slow)).message).toContain('the horizon of 3600000 ms of virtual time (horizonMs)');
    const sooner = testFlow(({ sleep }) => sleep(11), { horizonMs: 10 });
    expect(ours(await rejection(sooner)).message).toBe(
      'The flow was still at work at the horizon of 10 ms of virtual time (horizonMs).',
    );
    await testFlow(({ sleep }) => sleep(10), { horizonMs: 10 });
  });

  it('should end a stream that never does', async () => {
    const endless = testFlow(
      ({ expectObservable }) => {
        expectObservable(interval(1)).toBe('-|');
      },
      { maxSteps: 200 },
    );
    expect(ours(await rejection(endless)).message).toContain('the horizon of 200 timers (maxSteps)');
  });

  it('should tell a body that waits for what never comes', async () => {
    const stuck = testFlow(async ({ flowOptions, start, sleep, takes }) => {
      await start(flowOf({ ended: { slots: { trigger: takes(0) } } }, [], flowOptions), 'ended').done;
      const job = start(
        flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: takes(5) } } }, LINK, flowOptions),
        's',
      );
      await sleep(2);
      await job.pause();
      await job.done;
    });
    expect(ours(await rejection(stuck)).message).toBe(
      "The test waits for what never comes: at 5 ms nothing is scheduled.\n  job 'job-2' is paused, 0 queued; its last tasks: s t",
    );
  });

  it('should not take for a runaway what ends by itself: 20,000 tasks, and a stream that errors', () =>
    testFlow(({ flowOptions, start, expectJob, expectObservable }) => {
      const i = ({ n }: Data, ctx: Context): void => {
        if (Number(n) > 0) ctx.emit('o', { n: Number(n) - 1 });
      };
      expectJob(start(loop(i, flowOptions), 's', { n: 20_000 })).toBe({ status: '(r|)' });
      expectObservable(throwError(() => new Error('no'))).toBe('#', {}, new Error('no'));
    }));
});
