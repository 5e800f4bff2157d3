import fc from 'fast-check';
import { type Context, type Data, ErrorHandler, type Flow, type Job, JobState } from '../../lib/index.js';
import { flowOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

// The timers are faked and advanced by hand, and so is the time of day, which is also set to something else: timers do not follow that.
const LATEST = 8.64e15;
const DAY = Date.UTC(2026, 0, 1);

const jump = fc.oneof(fc.constantFrom(0, -1, 1, -999, 1_001, -3_600_000, 3_600_000), fc.integer({ min: -4e12, max: 4e12 }));

/** One step of the way: at which tenth of its delay the clock is set, by what, and whether its job is paused then. */
const step = fc.record({
  part: fc.integer({ min: 0, max: 9 }),
  by: jump,
  how: fc.constantFrom('runs' as const, 'is paused' as const),
});

const set = (by: number): void => {
  jest.setSystemTime(Math.max(Date.now() + by, 0));
};

/** Each task fails once, waits for its delay, and emits the next one; `began` notes when, by the clock of the timers. */
const wayOf = (steps: number, delayMs: number, began: [number, number][]): Flow => {
  const go = ({ n = 0 }: Data, ctx: Context): void => {
    began.push([Number(n), performance.now()]);
    if (ctx.attempt === 1) throw new Error('once');
    if (Number(n) + 1 < steps) ctx.emit('o', { n: Number(n) + 1 });
  };
  return flowOf({ s: { slots: { trigger: go } } }, ['s.o -> s.trigger'], {
    flowId: 'way',
    metrics: true,
    executionTimeoutMs: 1e9,
    errorHandler: new ErrorHandler({ strategy: 'retry', delayMs, backoff: 1 }),
  });
};

const advance = async (ms: number): Promise<void> => {
  await turn();
  await jest.advanceTimersByTimeAsync(ms);
  await turn();
};

/** What holds of all times of a job, whatever happens to the clock. */
const checkTimes = (state: JobState): void => {
  const history = state.history();
  const times = [state.createdAt, ...history.map(({ timestamp }) => timestamp), state.updatedAt].map((time) => time.getTime());
  expect(times.every((time) => time >= 0 && time <= LATEST)).toBe(true);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const emitted = history.filter(({ eventName }) => eventName === 'o').map(({ data }) => data['n']);
  expect(emitted).toEqual(emitted.map((_, at) => at + 1));
  for (const { startedAt, endedAt, executionTimeMs } of state.metrics.routine('s')?.executions ?? []) {
    expect(executionTimeMs ?? 0).toBeGreaterThanOrEqual(0);
    expect((endedAt ?? startedAt).getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
  }
};

describe('a time of day that is set, by any amount, either way', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: DAY, doNotFake: ['setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('should leave order, delays and history as they are, in pauses too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 5_000 }),
        async (steps, delay) => {
          jest.setSystemTime(DAY);
          const began: [number, number][] = [];
          const flow = wayOf(steps.length, delay, began);
          const job: Job = flow.start('s');
          await advance(0);
          for (const { part, by, how } of steps) {
            const before = Math.floor((delay * part) / 10);
            await advance(before);
            if (how !== 'runs') await job.pause();
            set(by);
            if (how !== 'runs') job.resume();
            await advance(delay - before);
          }
          expect(job.status).toBe('completed');
          const waited = steps.map((_, n) => began.filter(([task]) => task === n).map(([, at]) => at));
          expect(waited.map(([first = 0, second = 0]) => Math.round(second - first))).toEqual(steps.map(() => delay));
          checkTimes(job.state);
          checkTimes(JobState.fromJSON(JSON.parse(JSON.stringify(job.state))));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([-4e12, -3_600_000, -1, 0])(
    'should not make a delay longer if the clock of where a job is taken up is behind by %d ms, and time goes on from what it has seen',
    async (by) => {
      const began: [number, number][] = [];
      const job = wayOf(1, 1_000, began).start('s');
      await advance(400);
      const state = await job.pause();
      const written = JSON.stringify(state);
      const moved = JobState.fromJSON(JSON.parse(written));
      expect(moved.pendingTasks[0]?.dueAt?.getTime()).toBe(DAY + 1_000);
      set(by);
      const there = wayOf(1, 1_000, began).resume(moved);
      await advance(599);
      expect([began.length, there.status]).toEqual([1, 'running']);
      await advance(1);
      expect([began.length, there.status]).toEqual([2, 'completed']);
      checkTimes(there.state);
      expect(there.state.updatedAt.getTime()).toBe(DAY + 1_000);
    },
  );

  it('should be what new jobs go by, while those at work go on from their time', async () => {
    let open = (): void => undefined;
    const trigger = (): Promise<void> => new Promise((resolve) => (open = resolve));
    const flow = flowOf({ s: { slots: { trigger } } });
    const old = flow.start('s');
    await advance(10);
    set(-3_600_000);
    await advance(5);
    open();
    const { updatedAt } = await old.done;
    expect(updatedAt.getTime()).toBeGreaterThanOrEqual(DAY);
    const young = flow.start('s');
    expect(young.state.createdAt.getTime()).toBe(DAY + 15 - 3_600_000);
    await advance(0);
    await young.cancel();
  });

  it('should be let be what it is in a job that has seen the end of time', async () => {
    const job = wayOf(1, 1_000, []).start('s');
    const written = JSON.parse(JSON.stringify(await job.pause())) as object;
    const late = JobState.fromJSON({ ...written, updatedAt: new Date(LATEST).toISOString() });
    const there = wayOf(1, 1_000, []).resume(late);
    await advance(10_000);
    expect(Number.isNaN(there.state.updatedAt.getTime())).toBe(false);
    expect(() => JSON.stringify(there.state)).not.toThrow();
  });
});
