import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  Flow,
  FlowError,
  type FlowOptions,
  type Handler,
  type Job,
  JobState,
  type JobStatus,
  Registry,
} from '../lib/index.js';
import { emitting, flowOf, progressOf, routine, sleep } from './support/flows.js';

/** A flow whose jobs last until they are told to end, and what has begun. */
const held = (options: FlowOptions = {}) => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const trigger = ({ name }: { readonly name?: unknown }, { signal }: Context): Promise<void> =>
    new Promise((resolve) => {
      begun.push(String(name));
      ends.set(String(name), resolve);
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  const flow = flowOf({ s: { slots: { trigger } } }, [], { maxWorkers: 10, ...options });
  const start = (name: string, given: Parameters<Flow['start']>[2] = {}): Job =>
    flow.start('s', { name }, { jobId: name, ...given });
  const end = async (name: string): Promise<void> => {
    await sleep(1);
    ends.get(name)?.();
    await sleep(1);
  };
  return { flow, begun, start, end };
};

const statuses = (...jobs: readonly Job[]): JobStatus[] => jobs.map(({ status }) => status);

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'went through';
  } catch (error) {
    return error instanceof FlowError ? error.code : error;
  }
};

describe('maxJobs (D35)', () => {
  it('should begin so many jobs at once, and let those beyond wait as pending in the order of their start', async () => {
    const { begun, start, end } = held({ maxJobs: 2 });
    const jobs = ['a', 'b', 'c', 'd'].map((name) => start(name));
    await sleep(1);
    expect([begun, statuses(...jobs)]).toEqual([
      ['a', 'b'],
      ['running', 'running', 'pending', 'pending'],
    ]);
    await end('b');
    expect([begun, statuses(...jobs)]).toEqual([
      ['a', 'b', 'c'],
      ['running', 'completed', 'running', 'pending'],
    ]);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    for (const name of ['c', 'd']) await end(name);
    expect(statuses(...jobs)).toEqual(Array(4).fill('completed'));
  });

  it('should begin all of them without it', async () => {
    const { begun, start, end } = held();
    for (let n = 0; n < 9; n++) start(String(n));
    await sleep(1);
    expect(begun).toHaveLength(9);
    for (let n = 0; n < 9; n++) await end(String(n));
  });

  it('should count the timeout of a job from its begin (f01)', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => sleep(400) } } }, [], { maxJobs: 1, executionTimeoutMs: 1_000 });
    const states = await Promise.all(Array.from({ length: 4 }, () => flow.execute('s')));
    expect(states.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
  });

  it('should tell status and progress of one that waits', async () => {
    const { start, end } = held({ maxJobs: 1 });
    start('a');
    const seen: string[] = [];
    const job = start('b');
    job.status$.subscribe((status) => seen.push(status));
    expect(progressOf(job)).toBe('1/0');
    await end('a');
    await end('b');
    await job.done;
    expect(seen).toEqual(['pending', 'running', 'completed']);
  });

  it('should let a job be cancelled while it waits, which frees nothing and holds up nobody', async () => {
    const { flow, begun, start, end } = held({ maxJobs: 1 });
    const jobs = ['a', 'b', 'c'].map((name) => start(name)) as [Job, Job, Job];
    expect(await jobs[1].cancel('changed my mind')).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
    await sleep(1);
    expect([begun, flow.jobs.length]).toEqual([['a'], 2]);
    await end('a');
    await end('c');
    expect([begun, statuses(...jobs)]).toEqual([
      ['a', 'c'],
      ['completed', 'cancelled', 'completed'],
    ]);
  });

  it('should pass over one that was paused while it waited; on resume it joins the end', async () => {
    const { begun, start, end } = held({ maxJobs: 1 });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => start(name)) as [Job, Job, Job, Job];
    await b.pause({ reason: 'later' });
    expect(b.status).toBe('paused');
    await end('a');
    expect(begun).toEqual(['a', 'c']);
    b.resume();
    expect(statuses(a, b, c, d)).toEqual(['completed', 'pending', 'running', 'pending']);
    for (const name of ['c', 'd', 'b']) await end(name);
    expect([begun, statuses(a, b, c, d)]).toEqual([['a', 'c', 'd', 'b'], Array(4).fill('completed')]);
  });

  it('should keep the place of one that is paused after its begin', async () => {
    const { flow, begun, start, end } = held({ maxJobs: 1 });
    const [a, b] = [start('a'), start('b')];
    await sleep(1);
    void a.pause();
    await end('a');
    expect([statuses(a, b), begun]).toEqual([['paused', 'pending'], ['a']]);
    a.resume();
    await end('b');
    expect(begun).toEqual(['a', 'b']);
    await flow.shutdown({ wait: false });
  });

  it.each<[string, FlowOptions, unknown[]]>([
    ['none may wait', { maxJobs: 2, maxPendingJobs: 0 }, ['went through', 'went through', 'JOBS_FULL', 'JOBS_FULL']],
    ['one may', { maxJobs: 2, maxPendingJobs: 1 }, ['went through', 'went through', 'went through', 'JOBS_FULL']],
    ['there is no maxJobs', { maxPendingJobs: 0 }, Array(4).fill('went through')],
  ])('should refuse one more with JOBS_FULL than may wait: %s', (_, options, codes) => {
    const { flow, start } = held(options);
    expect(['a', 'b', 'c', 'd'].map((name) => codeOf(() => start(name)))).toEqual(codes);
    void flow.cancel();
  });

  it('should reject with it from execute, name the numbers, and leave nothing of the one that was refused', async () => {
    const { flow, start, end } = held({ flowId: 'f', maxJobs: 1, maxPendingJobs: 0 });
    start('a');
    const refused = flow.execute('s', {}, { jobId: 'b' });
    await expect(refused).rejects.toMatchObject({ code: 'JOBS_FULL', details: { flowId: 'f', maxJobs: 1, maxPendingJobs: 0 } });
    expect(flow.job('b')).toBeUndefined();
    await end('a');
    const job = start('b');
    await end('b');
    expect(job.status).toBe('completed');
  });

  it('should not let a run inside a handler wait, nor refuse it: its job would wait for it', async () => {
    const flow = flowOf(
      { outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('inner') } }, inner: { slots: { trigger: () => sleep(1) } } },
      [],
      { maxJobs: 1, maxPendingJobs: 0, executionTimeoutMs: 1_000 },
    );
    expect((await flow.execute('outer')).status).toBe('completed');
  });

  it('should not let a run wait that a handler has left to a timer: its job may wait for it', async () => {
    let inner: Promise<unknown> | undefined = undefined;
    const trigger: Handler = (_, ctx) => {
      setTimeout(() => {
        inner = ctx.flow.execute('inner', {}, { parent: ctx });
      }, 1);
      ctx.emit('o');
    };
    const flow: Flow = flowOf(
      {
        outer: { slots: { trigger, wait: async () => (await sleep(5), await inner) } },
        inner: { slots: { trigger: () => sleep(1) } },
      },
      ['outer.o -> outer.wait'],
      { maxJobs: 1, maxPendingJobs: 0, maxWorkers: 2 },
    );
    expect((await flow.execute('outer')).status).toBe('completed');
  });

  it('should take up a paused job though no more may wait, and cancel it without a place (D36)', async () => {
    const elsewhere = held({ flowId: 'f' });
    const away = elsewhere.start('b');
    await away.pause();
    const { flow, start, end } = held({ flowId: 'f', maxJobs: 1, maxPendingJobs: 0 });
    start('a');
    expect(codeOf(() => flow.resume(away.state))).toBe('JOBS_FULL');
    expect(flow.resume(away.state, { paused: true }).status).toBe('paused');
    await flow.job('b')?.cancel();
    await end('a');
    await elsewhere.flow.cancel();
  });

  it('should count a run inside a handler among those that have begun', async () => {
    const begun: string[] = [];
    let end = (): void => undefined;
    const inner = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const flow = flowOf(
      {
        outer: { slots: { trigger: () => void flow.start('inner') } },
        inner: { slots: { trigger: inner } },
        other: { slots: { trigger: () => void begun.push('other') } },
      },
      [],
      { maxJobs: 1, maxWorkers: 4 },
    );
    const [outer, other] = [flow.start('outer'), flow.start('other')];
    await outer.done;
    await sleep(1);
    expect([other.status, begun]).toEqual(['pending', []]);
    end();
    await other.done;
    expect(begun).toEqual(['other']);
  });

  it('should give a place to no more than there are when a burst of jobs ends in one turn', async () => {
    let [now, peak] = [0, 0];
    const trigger = async (): Promise<void> => {
      peak = Math.max(peak, ++now);
      await sleep(1);
      now--;
    };
    const flow = flowOf({ s: { slots: { trigger } } }, [], { maxJobs: 3, maxWorkers: 50 });
    const states = await Promise.all(Array.from({ length: 40 }, () => flow.execute('s')));
    expect([peak, states.every(({ status }) => status === 'completed')]).toEqual([3, true]);
  });

  it('should wait at a shutdown also for those that have not begun, and without `wait` cancel them', async () => {
    const waiting = flowOf({ s: { slots: { trigger: () => sleep(1) } } }, [], { maxJobs: 1 });
    const jobs = Array.from({ length: 3 }, () => waiting.start('s'));
    await waiting.shutdown();
    expect(statuses(...jobs)).toEqual(Array(3).fill('completed'));
    const { flow, begun, start } = held({ maxJobs: 1 });
    const others = ['a', 'b'].map((name) => start(name));
    await sleep(1);
    await flow.shutdown({ wait: false });
    expect([statuses(...others), begun]).toEqual([['cancelled', 'cancelled'], ['a']]);
  });

  it('should cancel one whose signal has aborted already without a place', async () => {
    const { start, end } = held({ maxJobs: 1 });
    start('a');
    expect(await start('b', { signal: AbortSignal.abort('gone') }).done).toMatchObject({ status: 'cancelled', reason: 'gone' });
    await end('a');
  });

  it('should do so as well after it was paused and resumed meanwhile', async () => {
    const { start, end } = held({ maxJobs: 1 });
    start('a');
    const job = start('b', { signal: AbortSignal.abort('gone') });
    await job.pause();
    await sleep(1);
    job.resume();
    expect(await job.done).toMatchObject({ status: 'cancelled', reason: 'gone' });
    await end('a');
  });

  it.each<[string, (flow: Flow) => unknown]>([
    ['one that waits', () => undefined],
    ['one that waits while the strategy changes', (flow) => flow.setExecutionStrategy('sequential')],
  ])('should not widen the pool for %s (D14)', async (_, change) => {
    let now = 0;
    const peaks: Record<string, number> = {};
    const work: Handler = async (_, { job: { jobId } }) => {
      now++;
      peaks[jobId] = Math.max(peaks[jobId] ?? 0, now);
      await sleep(2);
      now--;
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }), i: work } } }, ['s.o -> s.i'], {
      maxJobs: 2,
      maxWorkers: 1,
    });
    const jobs = ['one', 'other'].map((jobId) => flow.start('s', {}, { jobId }));
    jobs.push(flow.start('s', {}, { jobId: 'wide', maxWorkers: 3 }));
    await sleep(1);
    change(flow);
    await Promise.all(jobs.map(({ done }) => done));
    // It is let in when one of them has ended.
    expect([Math.min(peaks['one'] ?? 0, peaks['other'] ?? 0), peaks['wide']]).toEqual([1, 3]);
  });

  it('should let a job from elsewhere wait for its place, too', async () => {
    const { flow, begun, start, end } = held({ flowId: 'f', maxJobs: 1 });
    const elsewhere = held({ flowId: 'f' });
    const away = elsewhere.start('b');
    await away.pause();
    start('a');
    const taken = flow.resume(away.state);
    expect(taken.status).toBe('pending');
    await end('a');
    expect([taken.status, begun]).toEqual(['running', ['a', 'b']]);
    await end('b');
    expect(taken.status).toBe('completed');
    await elsewhere.flow.cancel();
  });

  it('should stand in the JSON of the flow, and be left out where there is no limit', async () => {
    const json = new Flow({ maxJobs: 1, maxPendingJobs: 0 }).toJSON();
    expect(json).toMatchObject({ maxJobs: 1, maxPendingJobs: 0 });
    expect(Object.keys(new Flow().toJSON()).filter((key) => /jobs/i.test(key))).toEqual([]);
    const read = Flow.fromJSON(JSON.stringify(json), new Registry());
    read.addRoutine(routine({ slots: { trigger: () => sleep(1) } }), 's');
    const first = read.start('s');
    expect(codeOf(() => read.start('s'))).toBe('JOBS_FULL');
    await first.done;
    expect(() => Flow.fromJSON({ ...json, maxJobs: 0 }, new Registry())).toThrow(/maxJobs/);
  });

  it.each([0, -1, 1.5, NaN, '3'])('should be refused as %p', (maxJobs) => {
    expect(codeOf(() => new Flow({ maxJobs: maxJobs as number }))).toBe('BAD_OPTION');
  });

  it.each([-1, 1.5, NaN, '3'])('should be refused as maxPendingJobs %p', (maxPendingJobs) => {
    expect(codeOf(() => new Flow({ maxPendingJobs: maxPendingJobs as number }))).toBe('BAD_OPTION');
  });
});

describe('a job that waits for its place (D35)', () => {
  const waitsFor = (how: (job: Job) => unknown) => {
    const { flow, begun, start, end } = held({ maxJobs: 1 });
    start('a');
    const waiting = ['b', 'c', 'd'].map((name) => start(name)) as [Job, Job, Job];
    how(waiting[1]);
    return { flow, begun, end, waiting };
  };

  it.each<[string, (job: Job) => unknown]>([
    ['nobody looks at it', () => undefined],
    ['somebody asks for its status', ({ status }) => status],
    ['somebody waits for its end', ({ done }) => done],
    ['somebody reads its state', ({ state }) => state.pendingTasks],
    ['somebody writes it down', (job) => job.snapshot()],
    ['somebody watches it', ({ record$ }) => record$.subscribe()],
    ['a pause of it is withdrawn at once', (job) => [job.pause(), void job.resume()]],
  ])('should keep its turn, and be the same job before and after its begin, if %s', async (_, look) => {
    const { flow, begun, end, waiting } = waitsFor(look);
    const c = waiting[1];
    const { done } = c;
    expect([flow.job('c'), flow.jobs[2], c.status]).toEqual([c, c, 'pending']);
    for (const name of ['a', 'b']) await end(name);
    const order = begun.includes('d') ? 'abd' : 'abc';
    expect([begun.join(''), flow.job('c') === c, c.done === done]).toEqual([order, true, true]);
    for (const name of ['c', 'd', 'c']) await end(name);
    expect(await done).toBe(c.state);
    expect([c.status, c.done === done, (await c.done).status]).toEqual(['completed', true, 'completed']);
  });

  it('should show its entry among its pending tasks, and the time of its start', async () => {
    const { end, waiting } = waitsFor(() => undefined);
    const before = Date.now();
    await sleep(20);
    const [, , d] = waiting;
    expect(d.state.pendingTasks).toMatchObject([{ routineId: 's', slot: 'trigger', data: { name: 'd' } }]);
    expect(+d.state.createdAt).toBeLessThanOrEqual(before);
    for (const name of ['a', 'b', 'c', 'd']) await end(name);
    expect(+d.state.createdAt).toBeLessThanOrEqual(before);
    expect(d.state.history()[0]?.timestamp.getTime()).toBeGreaterThan(before);
  });

  it('should go on elsewhere from what was written down while it waited', async () => {
    const { flow, end, waiting } = waitsFor(() => undefined);
    const written = JSON.stringify(waiting[2]);
    const there = held({ flowId: flow.flowId });
    const moved = there.flow.resume(JobState.fromJSON(written));
    await there.end('d');
    expect([moved.id, moved.status, there.begun]).toEqual(['d', 'completed', ['d']]);
    for (const name of ['a', 'b', 'c', 'd']) await end(name);
  });

  it.each([false, true])(
    'should run in the async context of whoever has started it (somebody looks before: %p)',
    async (looks) => {
      const storage = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      const trigger = async (): Promise<void> => {
        seen.push(storage.getStore());
        await sleep(1);
      };
      const flow = flowOf({ s: { slots: { trigger } } }, [], { maxJobs: 1 });
      const jobs = ['one', 'two', 'three'].map((name) => storage.run(name, () => flow.start('s')));
      if (looks) storage.run('somebody', () => jobs.map(({ state }) => state.jobId));
      await Promise.all(jobs.map(({ done }) => done));
      expect(seen).toEqual(['one', 'two', 'three']);
    },
  );

  it('should have the options of its own, and those of the flow at its start', async () => {
    const { flow, end } = waitsFor(() => undefined);
    const own = flow.start('s', { name: 'own' }, { maxWorkers: 3, maxQueued: 7, jobId: 'own' });
    expect(own.snapshot()).toMatchObject({ run: { maxWorkers: 3, maxQueued: 7 } });
    await flow.cancel();
    await end('a');
  });

  it('should hand its output to whom it is for', async () => {
    const flow = flowOf({ s: { slots: { trigger: ({ n }, ctx) => ctx.output('n', { n }) } } }, [], { maxJobs: 1 });
    const got: unknown[] = [];
    const output = ({ data }: { readonly data: unknown }): void => void got.push(data);
    await Promise.all([1, 2].map((n) => flow.execute('s', { n }, { output })));
    expect(got).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('should be cancelled, paused and resumed with all the others', async () => {
    const { flow, begun, end, waiting } = waitsFor(() => undefined);
    await sleep(1);
    const quiet = flow.pause({ reason: 'all' });
    await end('a');
    await quiet;
    expect(statuses(...waiting)).toEqual(['paused', 'paused', 'paused']);
    flow.job('a')?.resume();
    for (const job of [...waiting].reverse()) job.resume();
    await end('d');
    expect([begun, statuses(...waiting)]).toEqual([
      ['a', 'd', 'c'],
      ['pending', 'running', 'completed'],
    ]);
    expect((await flow.cancel()).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });
});

describe('flow.job (D35)', () => {
  it('should give a job that waits, runs or is paused, and none that has ended or never was', async () => {
    const { flow, start, end } = held({ maxJobs: 1 });
    const [a, b] = [start('a'), start('b')];
    expect([flow.job('a'), flow.job('b'), flow.job('c')]).toEqual([a, b, undefined]);
    await sleep(1);
    await b.pause();
    expect([flow.job('a'), flow.job('b')]).toEqual([a, b]);
    await end('a');
    expect([flow.job('a'), flow.job('b')]).toEqual([undefined, b]);
    await b.cancel();
    expect(flow.job('b')).toBeUndefined();
  });
});
