import { filter, firstValueFrom, ignoreElements, of, timer } from 'rxjs';
import { type Context, ErrorHandler, type Flow, type FlowOptions, type Handler, type Job } from '../lib/index.js';
import { feed, fromOperator } from '../lib/rx/index.js';
import { emitting, flowOf, progressOf, recordsOf, sleep } from './support/flows.js';

/** Three tasks, one after the other; the first one at work until it is told to end. */
const three = (options: FlowOptions = {}) => {
  const ran: unknown[] = [];
  let end = (): void => undefined;
  const work: Handler = ({ n }, { signal }) => {
    ran.push(n);
    if (n !== 1) return undefined;
    return new Promise<void>((resolve) => {
      end = resolve;
      signal.addEventListener('abort', () => void ran.push(`aborted: ${(signal.reason as Error).message}`));
    });
  };
  const flow = flowOf(
    { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } }, t: { slots: { i: work } } },
    ['s.o -> t.i'],
    options,
  );
  return { flow, ran, end: () => end() };
};

const atWork = async (job: Job): Promise<void> => {
  await firstValueFrom(job.progress$.pipe(filter(({ queued, active }) => queued === 2 && active === 1)));
};

const taskOf = (job: Job, n: number): string => {
  const task = job.state.pendingTasks.find(({ data }) => data['n'] === n);
  if (task === undefined) throw new Error(`no task ${String(n)} waits`);
  return task.taskId;
};

describe('complete (D45)', () => {
  it('should end a running job as completed: what waits is dropped, what is at work aborted, and the reason kept', async () => {
    const { flow, ran } = three();
    const job = flow.start('s');
    const records = recordsOf(job);
    await atWork(job);
    const state = await job.complete('found it');
    expect(state).toMatchObject({ status: 'completed', reason: 'found it', pendingTasks: [] });
    expect(await job.done).toBe(state);
    expect(ran).toEqual([1, expect.stringContaining('found it')]);
    expect(state.metrics.flow().droppedTasks).toBe(3);
    expect(records.at(-1)).toMatchObject({ type: 'ended', status: 'completed', reason: 'found it' });
    await sleep(1);
    expect(flow.jobs).toEqual([]);
  });

  it('should do so from a handler, whose further work counts no more', async () => {
    const codes: unknown[] = [];
    const trigger = (_: unknown, ctx: Context): void => {
      ctx.emit('o', { n: 1 });
      ctx.complete('enough');
      try {
        ctx.emit('o', { n: 2 });
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    };
    const ran: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: ({ n }) => void ran.push(n) } } }, ['s.o -> t.i']);
    expect(await flow.execute('s')).toMatchObject({ status: 'completed', reason: 'enough' });
    expect([ran, codes]).toEqual([[], ['EMIT_AFTER_END']]);
  });

  it('should complete a paused job, and refuse it of one that waits to begin or has ended', async () => {
    const { flow, end } = three({ maxJobs: 1 });
    const job = flow.start('s');
    const waiting = flow.start('s');
    await expect(waiting.complete()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    await waiting.cancel();
    await atWork(job);
    const quiet = job.pause();
    end();
    await quiet;
    expect((await job.complete()).status).toBe('completed');
    await expect(job.complete()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    await expect(waiting.complete()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
  });

  it('should not flush operators', async () => {
    const flushed: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }), wait: () => sleep(50) } },
        t: { slots: { i: (data) => void flushed.push(data) } },
      },
      ['s.o -> s.wait'],
    );
    flow.addRoutine(
      fromOperator('last', (source$) => {
        const all: unknown[] = [];
        source$.subscribe({ next: (each) => all.push(each), complete: () => flushed.push('completed') });
        return of();
      }),
      'op',
    );
    flow.connect('s', 'o', 'op', 'input');
    const job = flow.start('s');
    await sleep(5);
    await job.complete();
    await sleep(1);
    expect(flushed).toEqual([]);
  });

  it('should end runs that its handlers have started, as a cancel does (D33)', async () => {
    const flow: Flow = flowOf(
      { outer: { slots: { trigger: (_, ctx) => ctx.flow.execute('inner') } }, inner: { slots: { trigger: () => sleep(50) } } },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer');
    await sleep(2);
    const [, inner] = flow.jobs;
    await outer.complete();
    expect(inner?.state).toMatchObject({ status: 'cancelled', reason: 'parent ended' });
  });
});

describe('cancelTask (D45)', () => {
  it('should drop one that waits, tell it as dropped, and go on with the others', async () => {
    const { flow, ran, end } = three();
    const job = flow.start('s');
    const records = recordsOf(job);
    await atWork(job);
    const taskId = taskOf(job, 2);
    expect([job.cancelTask(taskId), job.cancelTask(taskId)]).toEqual([true, false]);
    expect(progressOf(job)).toBe('1/1');
    end();
    const state = await job.done;
    expect([state.status, ran, state.metrics.flow().droppedTasks]).toEqual(['completed', [1, 3], 1]);
    expect(records.filter(({ type }) => type === 'taskSettled')).toContainEqual(
      expect.objectContaining({ taskId, outcome: 'dropped' }),
    );
  });

  it.each<[string, ErrorHandler | undefined]>([
    ['no error handler', undefined],
    ['retry', new ErrorHandler({ strategy: 'retry', delayMs: 1 })],
    ['stop', new ErrorHandler({ strategy: 'stop' })],
  ])('should abort one at work, without a retry or a strategy, and go on with the others: %s', async (_, handler) => {
    const { flow, ran } = three();
    if (handler !== undefined) flow.routines.get('t')?.setErrorHandler(handler);
    const job = flow.start('s');
    const records = recordsOf(job);
    await atWork(job);
    const taskId = records.flatMap((record) =>
      record.type === 'taskStarted' && record.slot === 'i' ? [record.taskId] : [],
    )[0] as string;
    expect(job.cancelTask(taskId, 'too slow')).toBe(true);
    const state = await job.done;
    expect([state.status, ran]).toEqual(['completed', [1, expect.stringContaining('too slow'), 2, 3]]);
    expect(records.filter(({ type }) => type === 'taskSettled')).toContainEqual(
      expect.objectContaining({ taskId, outcome: 'dropped' }),
    );
    expect(state.metrics.flow().droppedTasks).toBe(1);
  });

  it('should drop a retry in its delay', async () => {
    let tries = 0;
    const trigger = (): never => {
      tries++;
      throw new Error('no');
    };
    const flow = flowOf({ s: { slots: { trigger } } });
    flow.routines.get('s')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 60_000 }));
    const job = flow.start('s');
    await sleep(2);
    const [task] = job.state.pendingTasks;
    expect(job.cancelTask(task?.taskId ?? '')).toBe(true);
    expect([(await job.done).status, tries]).toEqual(['completed', 1]);
  });

  it('should abort one whose promises are tracked, and hold the job open no longer', async () => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(new Promise(() => undefined)) } } });
    const job = flow.start('s');
    await sleep(2);
    const [task] = job.snapshot().pendingTasks;
    expect(job.cancelTask(task?.taskId ?? '')).toBe(true);
    expect((await job.done).status).toBe('completed');
  });

  it('should drop it in a paused job, which stays paused', async () => {
    const { flow, ran, end } = three();
    const job = flow.start('s');
    await atWork(job);
    const quiet = job.pause();
    end();
    await quiet;
    expect(job.cancelTask(taskOf(job, 2))).toBe(true);
    expect([job.status, job.state.pendingTasks.map(({ data }) => data)]).toEqual(['paused', [{ n: 3 }]]);
    job.resume();
    await job.done;
    expect(ran).toEqual([1, 3]);
  });

  it('should let a pause take hold that waits for the task', async () => {
    const { flow } = three();
    const job = flow.start('s');
    await atWork(job);
    const quiet = job.pause();
    expect(job.pausing).toBe(true);
    const { pendingTasks } = job.snapshot();
    expect(job.cancelTask(pendingTasks[0]?.taskId ?? '')).toBe(true);
    await quiet;
    expect([job.status, job.pausing]).toEqual(['paused', false]);
    await job.cancel();
  });

  it('should free the place of a task under a limit', async () => {
    const { flow, ran, end } = three({ maxQueued: 3, overflow: 'error' });
    const job = flow.start('s');
    await atWork(job);
    job.cancelTask(taskOf(job, 2));
    feed(job, 't.i', of({ n: 4 }, { n: 5 }));
    expect(job.state.pendingTasks.map(({ data }) => data)).toEqual([{ n: 3 }, { n: 4 }, { n: 5 }]);
    end();
    expect((await job.done).status).toBe('completed');
    expect(ran).toEqual([1, 3, 4, 5]);
  });

  it('should end with one call an attempt that is at work and tracks promises, and say no to a second one', async () => {
    const never = new Promise(() => undefined);
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => (ctx.track(never), never) } } });
    const job = flow.start('s', {}, { jobId: 'j' });
    const records = recordsOf(job);
    await sleep(2);
    expect([job.cancelTask('j:0.0'), job.cancelTask('j:0.0')]).toEqual([true, false]);
    expect((await job.done).status).toBe('completed');
    expect(records.filter(({ type }) => type === 'failureNoted')).toHaveLength(1);
  });

  it('should drop the retry of an attempt whose promises are open still', async () => {
    let tries = 0;
    const trigger: Handler = (_, ctx) => {
      tries++;
      ctx.track(sleep(20));
      throw new Error('no');
    };
    const flow = flowOf({ s: { slots: { trigger } } });
    flow.routines.get('s')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 5 }));
    const job = flow.start('s', {}, { jobId: 'j' });
    await firstValueFrom(job.record$.pipe(filter(({ type }) => type === 'taskDelayed')));
    expect([job.cancelTask('j:0.0'), job.state.pendingTasks]).toEqual([true, []]);
    expect([(await job.done).status, tries]).toEqual(['completed', 1]);
  });

  it('should end the runs that what it tracks has started (D33)', async () => {
    const flow: Flow = flowOf(
      {
        outer: { slots: { trigger: (_, ctx) => void ctx.track(ctx.flow.execute('inner')) } },
        inner: { slots: { trigger: () => sleep(60_000) } },
      },
      [],
      { maxWorkers: 2 },
    );
    const outer = flow.start('outer', {}, { jobId: 'j' });
    await sleep(5);
    const [, inner] = flow.jobs;
    expect(outer.cancelTask('j:0.0')).toBe(true);
    expect(inner?.state).toMatchObject({ status: 'cancelled', reason: 'parent ended' });
    expect((await outer.done).status).toBe('completed');
  });

  it('should say no of a task that is done, though it tracks something late, and write nothing down of it', async () => {
    let late = (): void => undefined;
    const trigger: Handler = (_, ctx) => {
      late = () => {
        ctx.track(sleep(5));
        ctx.track(sleep(5));
      };
      ctx.emit('o');
    };
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: () => sleep(3) } } }, ['s.o -> t.i']);
    const job = flow.start('s', {}, { jobId: 'j' });
    await sleep(1);
    late();
    expect(job.snapshot().pendingTasks.map(({ routineId }) => routineId)).not.toContain('s');
    expect(job.cancelTask('j:0.0')).toBe(false);
    expect((await job.done).status).toBe('completed');
  });

  it('should tell once that it tracks no more, if an update of the state cancels it at the commit (D13, D31)', async () => {
    let asked = 0;
    const x: Handler = (_, ctx) => {
      ctx.track(sleep(2));
      ctx.setState(() => {
        if (asked++ > 0) ctx.flow.job(ctx.job.jobId)?.cancelTask(ctx.taskId);
        return { a: 1 };
      });
    };
    const flow = flowOf(
      { s: { slots: { trigger: emitting({}) } }, t: { slots: { x, y: () => sleep(20) } } },
      ['s.o -> t.x', 's.o -> t.y'],
      { emitMode: 'commit', maxWorkers: 2 },
    );
    const job = flow.start('s');
    const records = recordsOf(job);
    expect((await job.done).routineState('t')).not.toHaveProperty('a');
    expect(records.filter(({ type }) => type === 'untracked')).toHaveLength(1);
  });

  it('should hear no more of what it hands back: no warning, and nothing emitted (D37)', async () => {
    for (const value of [5, { n: 1 }]) {
      const got: unknown[] = [];
      const trigger: Handler = (_, ctx) => (ctx.flow.job(ctx.job.jobId)?.cancelTask(ctx.taskId), value);
      const flow = flowOf(
        { s: { slots: { trigger: [trigger, { emits: 'o' }] } }, t: { slots: { i: (data) => void got.push(data) } } },
        ['s.o -> t.i'],
      );
      const job = flow.start('s');
      feed(job, 's.trigger', timer(2).pipe(ignoreElements()));
      const records = recordsOf(job);
      expect((await job.done).status).toBe('completed');
      expect([got, records.filter(({ type }) => type === 'warning')]).toEqual([[], []]);
    }
  });

  it('should tell who follows the progress', async () => {
    const { flow } = three();
    const job = flow.start('s');
    await atWork(job);
    const seen: number[] = [];
    job.progress$.subscribe(({ queued }) => seen.push(queued));
    job.cancelTask(taskOf(job, 2));
    expect(seen).toEqual([2, 1]);
    await job.cancel();
  });

  it.each(['', 'nobody', 'j:1.1', 'j:99.0'])('should say no to %p, and of a job that has ended', async (taskId) => {
    const flow = flowOf({ s: { slots: { trigger: () => sleep(1) } } });
    const job = flow.start('s', {}, { jobId: 'j' });
    expect(job.cancelTask(taskId)).toBe(false);
    const { pendingTasks } = job.snapshot();
    await job.done;
    expect(job.cancelTask(pendingTasks[0]?.taskId ?? '')).toBe(false);
  });
});

describe('progress$ (D42)', () => {
  it('should count handlers at work and tracked promises, and the tasks that have ended', async () => {
    const { flow, end } = three();
    const job = flow.start('s');
    const seen: object[] = [];
    job.progress$.subscribe((progress) => seen.push(progress));
    await atWork(job);
    expect(seen.at(-1)).toEqual({ queued: 2, active: 1, done: 1, status: 'running', pausing: false });
    end();
    await job.done;
    expect(seen.at(-1)).toEqual({ queued: 0, active: 0, done: 4, status: 'completed', pausing: false });
  });

  it('should tell of a pause that waits', async () => {
    const { flow, end } = three();
    const job = flow.start('s');
    await atWork(job);
    const seen: boolean[] = [];
    job.progress$.subscribe(({ pausing }) => seen.push(pausing));
    const quiet = job.pause();
    await sleep(1);
    expect([job.pausing, seen.at(-1)]).toEqual([true, true]);
    end();
    await quiet;
    expect([job.pausing, seen.at(-1)]).toEqual([false, false]);
    await job.cancel();
  });

  it('should tell of none any more when the job stands, or ends before', async () => {
    const { flow, end } = three();
    for (const [finish, status] of [
      [end, 'paused'],
      [(job: Job) => void job.cancel(), 'cancelled'],
    ] as const) {
      const job = flow.start('s');
      await atWork(job);
      const seen: unknown[] = [];
      job.progress$.subscribe((progress) => seen.push([progress.status, progress.pausing]));
      const quiet = job.pause();
      finish(job);
      await quiet;
      expect([seen.at(-1), job.pausing]).toEqual([[status, false], false]);
      expect(seen.filter((each) => String(each) === `${status},true`)).toEqual([]);
      if (status === 'paused') await job.cancel();
    }
  });
});
