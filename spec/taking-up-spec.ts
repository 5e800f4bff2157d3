import { filter, firstValueFrom } from 'rxjs';
import { type ExecuteOptions, FlowError, type FlowOptions, type Handler, JobState, type ResumeOptions } from '../lib/index.js';
import { flowOf, sleep } from './support/flows.js';

describe('resume with paused: true (D36, f02)', () => {
  const build = (options: FlowOptions = {}, pauses = false) => {
    const ran: unknown[] = [];
    const trigger: Handler = (_, ctx) => {
      for (const n of [1, 2]) ctx.emit('o', { n });
      if (pauses) void ctx.pause();
    };
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: ({ n }) => void ran.push(n) } } }, ['s.o -> t.i'], {
      flowId: 'f',
      ...options,
    });
    return { flow, ran };
  };

  /** The JSON of a job of which two tasks wait. */
  const waiting = async (): Promise<JobState> => {
    const job = build({}, true).flow.start('s');
    await firstValueFrom(job.status$.pipe(filter((status) => status === 'paused')));
    const state = JobState.fromJSON(JSON.stringify(job.snapshot()));
    await job.cancel();
    return state;
  };

  it('should take the job up and leave it paused, until it is resumed', async () => {
    const { flow, ran } = build();
    const job = flow.resume(await waiting(), { paused: true });
    const seen: string[] = [];
    job.status$.subscribe((status) => seen.push(status));
    await sleep(3);
    expect([job.status, ran, flow.jobs, flow.job(job.id)]).toEqual(['paused', [], [job], job]);
    expect(job.state.pendingTasks.length).toBeGreaterThan(0);
    job.resume();
    expect((await job.done).status).toBe('completed');
    expect([ran, seen]).toEqual([
      [1, 2],
      ['paused', 'running', 'completed'],
    ]);
  });

  it('should be able to be written down, paused, refused and cancelled as any paused job', async () => {
    const state = await waiting();
    const { flow } = build();
    const job = flow.resume(state, { paused: true });
    expect(job.snapshot().pendingTasks).toEqual(state.toJSON().pendingTasks);
    await expect(job.pause()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(() => flow.resume(state, { paused: true })).toThrow(FlowError);
    expect(await job.cancel('no')).toMatchObject({ status: 'cancelled', reason: 'no' });
    expect(flow.jobs).toEqual([]);
  });

  it('should hold no place and no timer, and keep no process (D35)', async () => {
    const { flow, ran } = build({ maxJobs: 1, executionTimeoutMs: 300 });
    const job = flow.resume(await waiting(), { paused: true });
    await flow.execute('s');
    await sleep(320);
    expect([job.status, ran]).toEqual(['paused', [1, 2]]);
    job.resume();
    expect((await job.done).status).toBe('completed');
  });

  it('should not be waited for by a shutdown', async () => {
    const { flow } = build();
    const job = flow.resume(await waiting(), { paused: true });
    await flow.shutdown();
    expect(job.status).toBe('paused');
    await job.cancel();
  });

  it('should be cancelled where its signal has aborted already', async () => {
    const { flow, ran } = build();
    const job = flow.resume(await waiting(), { paused: true, signal: AbortSignal.abort('late') });
    expect(await job.done).toMatchObject({ status: 'cancelled', reason: 'late' });
    expect(ran).toEqual([]);
  });

  it('should refuse what is neither true nor false', async () => {
    const state = await waiting();
    expect(() => build().flow.resume(state, { paused: 'yes' as never })).toThrow(/paused/);
  });
});

describe('the limits of a flow and the JSON of a job (D36, f21)', () => {
  const snapshotOf = async (options: FlowOptions, run: ExecuteOptions = {}) => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'f', ...options });
    const job = flow.start('s', {}, run);
    await job.pause();
    const snapshot = JSON.parse(JSON.stringify(job.snapshot())) as { run: object } & Record<string, unknown>;
    await job.cancel();
    return snapshot;
  };

  const back = (snapshot: object, options: FlowOptions, given: ResumeOptions = {}) => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'f', ...options });
    const job = flow.resume(JobState.fromJSON(JSON.stringify(snapshot)), { paused: true, ...given });
    const { run, historyBound } = job.snapshot();
    void job.cancel();
    return { ...run, historyBound };
  };

  const here: FlowOptions = { maxWorkers: 4, executionTimeoutMs: 1_000, history: 10, maxQueued: 20, overflow: 'error' };

  it('should be lowered by what was written down', async () => {
    const small = await snapshotOf({ maxWorkers: 2, executionTimeoutMs: 500, history: 5, maxQueued: 3 });
    expect(back(small, here)).toMatchObject({ maxWorkers: 2, timeoutMs: 500, historyBound: 5, maxQueued: 3 });
  });

  it('should never be raised by it, also where somebody has changed it', async () => {
    const large = await snapshotOf({ maxWorkers: 9, executionTimeoutMs: Infinity, history: Infinity });
    const expected = { maxWorkers: 4, timeoutMs: 1_000, leftMs: 1_000, historyBound: 10, maxQueued: 20, overflow: 'error' };
    expect(back(large, here)).toMatchObject(expected);
    const changed = {
      ...large,
      historyBound: 1e9,
      run: { ...large.run, maxWorkers: 1_000, leftMs: 'Infinity', timeoutMs: 'Infinity' },
    };
    expect(back(changed, here)).toMatchObject(expected);
  });

  it('should bring a job back at the number of the flow that was started with a higher one, unless resume says otherwise (D14)', async () => {
    const wide = await snapshotOf({ maxWorkers: 2 }, { maxWorkers: 8 });
    expect(back(wide, { maxWorkers: 2 })).toMatchObject({ maxWorkers: 2 });
    expect(back(wide, { maxWorkers: 2 }, { maxWorkers: 6 })).toMatchObject({ maxWorkers: 6 });
    expect(back(wide, here, { timeoutMs: 5_000 })).toMatchObject({ timeoutMs: 5_000, leftMs: 5_000 });
    expect(back(wide, here, { maxQueued: 50 })).toMatchObject({ maxQueued: 50 });
  });

  it('should keep the newest records of a history that was longer', async () => {
    const build = (options: FlowOptions, pauses: boolean) => {
      const trigger: Handler = (_, ctx) => {
        for (const n of [1, 2, 3]) ctx.emit('o', { n });
        if (pauses) void ctx.pause();
      };
      return flowOf({ s: { slots: { trigger, i: () => undefined } } }, ['s.o -> s.i'], { flowId: 'f', ...options });
    };
    const job = build({}, true).start('s');
    await firstValueFrom(job.status$.pipe(filter((status) => status === 'paused')));
    const there = JobState.fromJSON(JSON.stringify(job.snapshot()));
    const taken = build({ history: 2 }, false).resume(there, { paused: true });
    expect(taken.state.history().map(({ data }) => data)).toEqual([{}, { n: 3 }]);
    await Promise.all([job.cancel(), taken.cancel()]);
  });
});
