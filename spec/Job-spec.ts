import { config } from 'rxjs';
import { FlowError, Job, JobState, type JobStatus } from '../lib/index.js';
import { deferred, emitting, flowOf, type Sketch, sleep } from './support/flows.js';
import { marbles } from './support/marbles.js';
import { turn } from './support/virtualTime.js';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A flow whose one handler ends when told to. */
const held = () => {
  const work = deferred();
  return { work, flow: flowOf({ s: { slots: { trigger: () => work.promise } } }) };
};

/** What nobody answered for while work ran, be it rejected or thrown by RxJS in a timer, and two turns after it. */
const unanswered = async (work: () => Promise<unknown>): Promise<readonly unknown[]> => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.prependListener('unhandledRejection', note);
  config.onUnhandledError = note;
  try {
    await work();
    await sleep(1);
    await turn();
    return unhandled;
  } finally {
    config.onUnhandledError = null;
    process.off('unhandledRejection', note);
  }
};

const idle = flowOf({ s: { slots: { trigger: () => undefined } } });

describe('Job', () => {
  it('should have one promise of its end, whenever somebody asks for it', async () => {
    const job = idle.start('s');
    const { done } = job;
    await done;
    expect([job.done === done, job.done === job.done]).toEqual([true, true]);
    const other = idle.start('s');
    await job.done;
    await turn();
    expect(other.done).toBe(other.done);
  });

  describe('id (G71)', () => {
    it('should be a uuid v4 of its own for every run', () => {
      const ids = Array.from({ length: 50 }, () => idle.start('s').id);
      expect(ids.every((id) => UUID_V4.test(id))).toBe(true);
      expect(new Set(ids).size).toBe(50);
    });

    it('should be what the run asked for, and be on its state', async () => {
      const job = idle.start('s', {}, { jobId: 'mine' });
      expect([job.id, job.state.jobId, (await job.done).jobId]).toEqual(['mine', 'mine', 'mine']);
    });

    it('should not be settable', () => {
      const job = idle.start('s');
      const { id } = job;
      expect(() => Object.assign(job, { id: 'other' })).toThrow(TypeError);
      expect(job.id).toBe(id);
    });

    it.each(['', 5, null])('should refuse %p as an id', (jobId) => {
      expect(() => idle.start('s', {}, { jobId: jobId as string })).toThrow(FlowError);
    });
  });

  describe('done (S31, S36, S49)', () => {
    it('should resolve with the state, the same at every asking, before the end and after it', async () => {
      const job = idle.start('s');
      const early = job.done;
      expect(await early).toBe(job.state);
      expect(await job.done).toBe(job.state);
      expect(job.state).toBeInstanceOf(JobState);
      expect(job).toBeInstanceOf(Job);
    });

    it.each<[string, () => unknown, JobStatus]>([
      ['completes', () => undefined, 'completed'],
      ['fails', () => Promise.reject(new Error('no')), 'failed'],
    ])('should never reject, also where the job %s', async (_, trigger, status) => {
      const job = flowOf({ s: { slots: { trigger } } }).start('s');
      expect([(await job.done).status, job.status]).toEqual([status, status]);
    });

    it('should resolve on cancel at once, whatever its handler goes on doing (D2)', async () => {
      const { work, flow } = held();
      const job = flow.start('s');
      await sleep(1);
      const cancelled = await job.cancel('enough');
      expect(await job.done).toBe(cancelled);
      expect(cancelled).toMatchObject({ status: 'cancelled', reason: 'enough' });
      work.resolve();
    });
  });

  describe('cancel (S90, D12)', () => {
    it('should leave a cancelled job as it is, the first reason standing', async () => {
      const { flow } = held();
      const job = flow.start('s');
      await job.cancel('one');
      expect(await job.cancel('two')).toBe(job.state);
      expect(job.state.reason).toBe('one');
    });

    it('should run nothing of a job that is cancelled before it began', async () => {
      let calls = 0;
      const job = flowOf({
        s: {
          slots: {
            trigger: () => {
              calls++;
            },
          },
        },
      }).start('s');
      await job.cancel();
      await sleep(1);
      expect([job.status, calls]).toEqual(['cancelled', 0]);
    });

    it('should refuse a job that has completed', async () => {
      const job = idle.start('s');
      await job.done;
      await expect(job.cancel()).rejects.toMatchObject({
        code: 'ILLEGAL_TRANSITION',
        details: { from: 'completed', to: 'cancelled' },
      });
      expect(job.status).toBe('completed');
    });
  });

  describe('waitForCompletion (S46, S47, S74)', () => {
    it('should give true at the end of the job, after every handler', async () => {
      let working = 0;
      const t: Sketch = {
        slots: {
          i: async () => {
            working++;
            await sleep(2);
            working--;
          },
        },
      };
      const flow = flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t }, ['s.o -> t.i'], { maxWorkers: 2 });
      const job = flow.start('s');
      expect(await job.waitForCompletion()).toBe(true);
      expect([job.status, working]).toEqual(['completed', 0]);
    });

    it('should give false at the limit, and let the job go on; a later wait gives true (SC028)', async () => {
      const { work, flow } = held();
      const job = flow.start('s');
      expect(await job.waitForCompletion({ timeoutMs: 5 })).toBe(false);
      expect(job.status).toBe('running');
      work.resolve();
      expect(await JobState.waitForCompletion(flow, job)).toBe(true);
      expect(job.status).toBe('completed');
    });

    it('should give false at exactly that limit', async () => {
      const frames: number[] = [];
      marbles(({ cold, scheduler, flush }) => {
        const job = flowOf({ s: { slots: { trigger: () => cold('1000ms |') } } }, [], { scheduler }).start('s');
        scheduler.schedule(() => frames.push(scheduler.now()), 50);
        void job.waitForCompletion({ timeoutMs: 50 }).then((done) => frames.push(Number(done)));
        flush();
        expect(job.status).toBe('completed');
      })();
      await sleep(0);
      expect(frames).toEqual([50, 0]);
    });

    it('should give true at once for a job that has ended, in whatever status (SC027)', async () => {
      const job = idle.start('s');
      await job.done;
      expect(await job.waitForCompletion({ timeoutMs: 1 })).toBe(true);
      expect(await JobState.waitForCompletion(idle, job.state, { timeoutMs: 0 })).toBe(true);
      const failing = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } });
      expect(await failing.start('s').waitForCompletion()).toBe(true);
      const cancelled = held().flow.start('s');
      await cancelled.cancel();
      expect(await cancelled.waitForCompletion({ timeoutMs: 1 })).toBe(true);
    });

    it('should tell of progress: while something waits or works, and last 0, 0 and the end (S40, S41, SC030)', async () => {
      const told: [number, number, JobStatus][] = [];
      const t: Sketch = { slots: { i: () => sleep(2) } };
      const flow = flowOf({ s: { slots: { trigger: emitting({}, {}, {}, {}, {}) } }, t }, ['s.o -> t.i']);
      const job = flow.start('s');
      expect(await JobState.waitForCompletion(flow, job, { onProgress: (...progress) => told.push(progress) })).toBe(true);
      expect(told.some(([queued, active, status]) => queued > 0 && active > 0 && status === 'running')).toBe(true);
      expect(told.at(-1)).toEqual([0, 0, 'completed']);
    });

    it('should stop telling of progress at its limit', async () => {
      let told = 0;
      const { work, flow } = held();
      const job = flow.start('s');
      await job.waitForCompletion({ timeoutMs: 3, onProgress: () => told++ });
      const before = told;
      work.resolve();
      await job.done;
      expect(before).toBeGreaterThan(0);
      expect(told).toBe(before);
    });

    describe('where onProgress fails (S47)', () => {
      /** An entry and three tasks, each over an `await`. */
      const steps = () =>
        flowOf(
          {
            s: { slots: { trigger: emitting({}, {}, {}) } },
            t: { slots: { i: () => sleep(0) } },
          },
          ['s.o -> t.i'],
        );

      /** Waits while onProgress fails as `failing` says; what the wait gave, how often it told after that, and the job. */
      const waited = async (failing: (call: number, status: JobStatus) => unknown) => {
        const flow = steps();
        const job = flow.start('s');
        let calls = 0;
        let ended = false;
        let after = 0;
        const onProgress = (_: number, __: number, status: JobStatus): unknown => {
          if (ended) after++;
          return failing(++calls, status);
        };
        const given = await JobState.waitForCompletion(flow, job, { onProgress }).then(
          (done): unknown => done,
          (error: unknown): unknown => ({ error }),
        );
        ended = true;
        await job.done;
        return { given, after, job };
      };

      const throws = (error: unknown) => (): never => {
        throw error;
      };
      const rejects = (error: unknown) => (): Promise<never> => Promise.reject(error);
      const error = new Error('no');

      it.each<[string, unknown, (call: number, status: JobStatus) => unknown]>([
        ['throws at the first call', error, (call) => call === 1 && throws(error)()],
        ['throws in the middle', error, (call) => call === 2 && throws(error)()],
        ['throws at the last call', error, (_, status) => status === 'completed' && throws(error)()],
        ['throws undefined', undefined, (call) => call === 2 && throws(undefined)()],
        ['throws at every call', error, throws(error)],
        ['is rejected at the first call', error, (call) => (call === 1 ? rejects(error)() : undefined)],
        ['is rejected in the middle', error, (call) => (call === 2 ? rejects(error)() : undefined)],
        ['is rejected with undefined', undefined, (call) => (call === 2 ? rejects(undefined)() : undefined)],
        ['is rejected at every call', error, rejects(error)],
        ['gives a thenable that throws', error, (call) => (call === 2 ? { then: throws(error) } : undefined)],
      ])('should reject with just that, tell no more, and let the job go on: %s', async (_, thrown, failing) => {
        let result: Awaited<ReturnType<typeof waited>> | undefined;
        expect(await unanswered(async () => (result = await waited(failing)))).toEqual([]);
        expect(result).toMatchObject({ given: { error: thrown }, after: 0 });
        expect((result?.given as { error: unknown }).error).toBe(thrown);
        expect(result?.job.status).toBe('completed');
        expect(result?.job.state.metrics.routine('t')).toMatchObject({ total: 3, completed: 3 });
      });

      it('should give true where its last promise is rejected: the job has ended by then', async () => {
        let result: Awaited<ReturnType<typeof waited>> | undefined;
        const failing = (_: number, status: JobStatus): unknown => (status === 'completed' ? rejects(error)() : undefined);
        expect(await unanswered(async () => (result = await waited(failing)))).toEqual([]);
        expect(result).toMatchObject({ given: true, after: 0 });
      });

      it('should refuse a wrong option before it tells anything, and tell before any limit', async () => {
        const onProgress = throws(error);
        const { work, flow } = held();
        const job = flow.start('s');
        await expect(job.waitForCompletion({ timeoutMs: -1, onProgress })).rejects.toMatchObject({ code: 'BAD_OPTION' });
        await expect(job.waitForCompletion({ timeoutMs: 0, onProgress })).rejects.toBe(error);
        work.resolve();
        expect((await job.done).status).toBe('completed');
      });

      it('should reject one wait only: another one, and the views, are told to the end', async () => {
        const statuses: JobStatus[] = [];
        const told: JobStatus[] = [];
        const job = steps().start('s');
        const failing = job.waitForCompletion({
          onProgress: () => {
            throw new Error('mine');
          },
        });
        const good = job.waitForCompletion({ onProgress: (_, __, status) => told.push(status) });
        job.status$.subscribe((status) => statuses.push(status));
        await expect(failing).rejects.toThrow('mine');
        expect(await good).toBe(true);
        expect([told.at(-1), statuses.at(-1)]).toEqual(['completed', 'completed']);
      });

      it('should leave nothing unhandled where its promise is rejected after the wait, nor wait for that promise', async () => {
        const late = deferred();
        const unhandled = await unanswered(async () => {
          expect(
            await steps()
              .start('s')
              .waitForCompletion({ onProgress: () => late.promise as never }),
          ).toBe(true);
          late.reject(new Error('late'));
        });
        expect(unhandled).toEqual([]);
      });

      it('should leave no timer behind (S43)', async () => {
        const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
        const before = timers();
        const onProgress = (): never => {
          throw new Error('no');
        };
        const { work, flow } = held();
        const job = flow.start('s');
        await expect(job.waitForCompletion({ timeoutMs: 100_000, onProgress })).rejects.toThrow('no');
        work.resolve();
        await job.done;
        expect(timers()).toBeLessThanOrEqual(before);
      });
    });

    it('should stay pending while the job is paused (D21)', async () => {
      const { work, flow } = held();
      const job = flow.start('s');
      await sleep(1);
      work.resolve();
      await job.pause();
      expect(await job.waitForCompletion({ timeoutMs: 10 })).toBe(false);
      job.resume();
      expect(await job.waitForCompletion()).toBe(true);
    });

    it.each([-1, NaN])('should refuse a limit of %p', async (timeoutMs) => {
      const { work, flow } = held();
      const job = flow.start('s');
      await expect(job.waitForCompletion({ timeoutMs })).rejects.toMatchObject({
        code: 'BAD_OPTION',
        details: { option: 'timeoutMs' },
      });
      work.resolve();
      await job.done;
    });

    it('should refuse a job that the flow does not hold', async () => {
      const { work, flow } = held();
      const job = flow.start('s');
      await expect(JobState.waitForCompletion(idle, job)).rejects.toMatchObject({
        code: 'UNKNOWN_JOB',
        details: { jobId: job.id },
      });
      work.resolve();
      await job.done;
    });

    it('should leave no timer behind when the job ends first (S43)', async () => {
      const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      await idle.start('s').waitForCompletion({ timeoutMs: 100_000 });
      expect(timers()).toBeLessThanOrEqual(before);
    });
  });

  it('should be readable at any time while it runs (G65)', async () => {
    const seen: unknown[] = [];
    const t: Sketch = {
      slots: {
        i: (_, ctx) => {
          const { status, currentRoutineId, pendingTasks } = ctx.job;
          seen.push([status, currentRoutineId, pendingTasks.length, ctx.job.history().length]);
        },
      },
    };
    const job = flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t }, ['s.o -> t.i']).start('s');
    expect([job.status, job.state.history(), job.state.pendingTasks.length]).toEqual(['pending', [], 1]);
    await job.done;
    expect(seen).toEqual([
      ['running', 't', 1, 3],
      ['running', 't', 0, 3],
    ]);
  });
});
