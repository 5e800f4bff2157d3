import { type Context, currentContext, ErrorHandler, type Flow, type Job, type JobState } from '../../lib/index.js';
import { type FlowTest, testFlow } from '../../lib/testing/index.js';
import { deferred, emitting, flowOf, noting, type Sketch, sleep } from '../support/flows.js';
import { thrown } from '../support/thrown.js';
import { handlerOf } from '../support/handlers.js';

/** Whatever microtasks and macrotasks wait have run. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(() => void setImmediate(resolve)));

const LINK = ['s.o -> t.i'];

describe('JobRun', () => {
  describe('completion', () => {
    it('should complete in the very step in which the last task ends (S31, S38, rule 2)', async () => {
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: () => undefined } } }, LINK);
      const job = flow.start('s');
      const steps: string[] = [];
      job.record$.subscribe(({ type }) => steps.push(`${type} ${job.status}`));
      await job.done;
      // Watchers are told when the handler's stretch is over, so the last three come together.
      expect(steps.slice(-3)).toEqual(['timed completed', 'taskSettled completed', 'ended completed']);
      expect(steps.slice(0, -3).every((step) => step.endsWith(' running'))).toBe(true);
    });

    it('should not be done between the step that ends a task and the tasks it caused (rule 2)', async () => {
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: () => undefined } } }, LINK);
      const kinds: string[] = [];
      await new Promise<void>((complete) => flow.run$('s').subscribe({ next: ({ type }) => kinds.push(type), complete }));
      const queued = kinds.lastIndexOf('taskQueued');
      expect(queued).toBeGreaterThan(kinds.indexOf('emitted'));
      expect(queued).toBeLessThan(kinds.indexOf('taskSettled'));
      expect(kinds.filter((kind) => kind === 'ended')).toHaveLength(1);
      expect(kinds.at(-1)).toBe('ended');
    });

    it.each([
      ['a microtask', (): Promise<void> => Promise.resolve()],
      ['0 ms', (): Promise<void> => sleep(0)],
    ])('should never be early where a handler awaits %s and then emits, 1,000 runs (S39, X)', async (_, wait) => {
      let ran = 0;
      const late = async (_data: object, ctx: Context): Promise<void> => {
        await wait();
        ctx.emit('o', {});
      };
      const t: Sketch = {
        slots: {
          i: async () => {
            await wait();
            ran++;
          },
        },
      };
      const flow = flowOf({ s: { slots: { trigger: late } }, t }, LINK, { maxWorkers: 100 });
      for (let round = 0; round < 10; round++) {
        const early = Array.from({ length: 100 }, async () => {
          const before = flow.execute('s');
          const state = await before;
          return state.metrics.routine('t')?.completed !== 1 || state.status !== 'completed';
        });
        expect((await Promise.all(early)).filter(Boolean)).toEqual([]);
      }
      expect(ran).toBe(1_000);
    });

    it('should go on after an idle stretch: the entry waits, emits, and its target runs (S42, S66)', async () => {
      const log: string[] = [];
      const s: Sketch = {
        slots: {
          trigger: async (_, ctx) => {
            await sleep(50);
            ctx.emit('o', {});
          },
        },
      };
      await flowOf({ s, t: { slots: { i: noting(log, 't') } } }, LINK).execute('s');
      expect(log).toEqual(['t']);
    });

    it('should count a retry in its delay as waiting: the job stays open (rule 2, X)', async () => {
      let calls = 0;
      const s: Sketch = {
        slots: {
          trigger: () => {
            if (++calls === 1) throw new Error('once');
          },
        },
      };
      const flow = flowOf({ s }).setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 200 }));
      const job = flow.start('s');
      await settled();
      expect([job.status, calls, job.state.pendingTasks.length]).toEqual(['running', 1, 1]);
      await job.done;
      expect([job.status, calls]).toEqual(['completed', 2]);
    });

    it('should have run every handler when it resolves, the slow ones too (S37, S74)', async () => {
      let working = 0;
      const t: Sketch = {
        slots: {
          i: async ({ ms }) => {
            working++;
            await sleep(Number(ms));
            working--;
          },
        },
      };
      const s: Sketch = { slots: { trigger: emitting({ ms: 15 }, { ms: 1 }, { ms: 8 }) } };
      const state = await flowOf({ s, t }, LINK, { maxWorkers: 3 }).execute('s');
      expect([state.status, working, state.metrics.routine('t')?.completed]).toEqual(['completed', 0, 3]);
    });

    it('should announce its end once, on every way', async () => {
      const flow = flowOf({ s: { slots: { trigger: () => Promise.resolve() } } });
      const job = flow.start('s');
      const ends: string[] = [];
      job.status$.subscribe({ complete: () => ends.push('status$') });
      job.record$.subscribe({
        next: ({ type }) => {
          if (type === 'ended') ends.push('ended');
        },
        complete: () => ends.push('record$'),
      });
      void job.done.then(() => ends.push('done'));
      await job.done;
      await settled();
      expect([...ends].sort()).toEqual(['done', 'ended', 'record$', 'status$']);
      expect(flow.jobs).toEqual([]);
    });

    it('should run the same scenario alike with one worker and with many (S12)', async () => {
      const run = async (maxWorkers: number): Promise<JobState> => {
        const t: Sketch = {
          slots: {
            i: ({ n }, ctx) => {
              if (Number(n) > 0) ctx.emit('o', { n: Number(n) - 1 });
            },
          },
        };
        const sketches = { s: { slots: { trigger: emitting({ n: 3 }, { n: 5 }) } }, t };
        return flowOf(sketches, ['s.o -> t.i', 't.o -> t.i'], { maxWorkers }).execute('s');
      };
      const [one, many] = [await run(1), await run(8)];
      expect(many.metrics.routine('t')?.total).toBe(10);
      const records = (state: JobState): unknown[] =>
        state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data]);
      expect(records(many)).toEqual(records(one));
    });
  });

  describe('ctx.track (D5)', () => {
    it('should keep the job open, without a worker, and hand the promise back', async () => {
      const work = deferred<number>();
      const log: string[] = [];
      const s: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            ctx.emit('o', {});
            expect(ctx.track(work.promise)).toBe(work.promise);
          },
        },
      };
      const job = flowOf({ s, t: { slots: { i: noting(log, 't') } } }, LINK).start('s');
      await settled();
      expect([job.status, log]).toEqual(['running', ['t']]);
      work.resolve(1);
      expect((await job.done).status).toBe('completed');
    });

    it('should let a late emit run its targets, of a callback as well', async () => {
      const log: unknown[] = [];
      const s: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            const late = sleep(5).then(() => {
              ctx.emit('o', { n: 1 });
            });
            void ctx.track(late);
          },
        },
      };
      const state = await flowOf({ s, t: { slots: { i: noting(log, ({ n }) => n) } } }, LINK).execute('s');
      expect([state.status, log]).toEqual(['completed', [1]]);
    });

    it('should hold for a thenable that misbehaves', async () => {
      const thenable = {
        then: (resolve: () => void, reject: (error: unknown) => void) => {
          resolve();
          resolve();
          reject(new Error('late'));
          throw new Error('later');
        },
      } as unknown as PromiseLike<void>;
      const state = await flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(thenable) } } }).execute('s');
      expect(state.status).toBe('completed');
    });

    it.each([
      [undefined, 'failed', 'error'],
      ['stop', 'failed', 'error'],
      ['continue', 'completed', 'error_continued'],
      ['skip', 'completed', 'skipped'],
      ['retry', 'failed', 'error'],
    ] as const)('should answer a rejection with the strategy %s, without a retry', async (strategy, status, record) => {
      let calls = 0;
      const s: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            calls++;
            void ctx.track(sleep(1).then(() => Promise.reject(new Error('late'))));
          },
        },
      };
      const flow = flowOf({ s });
      if (strategy !== undefined) flow.setErrorHandler(handlerOf({ strategy, delayMs: 1 }));
      const state = await flow.execute('s');
      expect([state.status, calls]).toEqual([status, 1]);
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', record]);
    });

    it('should count as active in the progress', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(work.promise) } } }).start('s');
      await settled();
      const seen: unknown[] = [];
      job.progress$.subscribe((progress) => seen.push(progress)).unsubscribe();
      expect(seen).toEqual([{ queued: 0, active: 1, done: 1, status: 'running', pausing: false }]);
      work.resolve();
      await job.done;
    });

    it('should hold up a pause until it settles', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(work.promise) } } }).start('s');
      await settled();
      const paused = job.pause();
      await settled();
      expect(job.status).toBe('running');
      work.resolve();
      expect((await paused).status).toBe('paused');
      job.resume();
      expect((await job.done).status).toBe('completed');
    });

    it('should not matter any more where the job has ended', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.track(work.promise) } } }).start('s');
      await settled();
      await job.cancel('enough');
      work.reject(new Error('late'));
      await settled();
      expect([job.status, job.state.error]).toEqual(['cancelled', undefined]);
    });
  });

  describe('a late emit without ctx.track (D5)', () => {
    it('should run its targets while the job is still open', async () => {
      const log: string[] = [];
      const held = deferred();
      const s: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            ctx.emit('o', {});
            setImmediate(() => {
              ctx.emit('o', {});
              held.resolve();
            });
          },
        },
      };
      const t: Sketch = { slots: { i: () => (log.push('t'), held.promise) } };
      const state = await flowOf({ s, t }, LINK).execute('s');
      expect([state.status, log]).toEqual(['completed', ['t', 't']]);
    });

    it('should throw EMIT_AFTER_END to its caller once the job has ended, and run nothing', async () => {
      let kept: Context | undefined;
      const log: string[] = [];
      const s: Sketch = { slots: { trigger: (_, ctx) => void (kept = ctx) } };
      const state = await flowOf({ s, t: { slots: { i: noting(log, 't') } } }, LINK).execute('s');
      const error = thrown(() => kept?.emit('o', {}));
      await settled();
      expect(error).toMatchObject({
        code: 'EMIT_AFTER_END',
        details: { jobId: state.jobId, routineId: 's', status: 'completed' },
      });
      expect((error as Error).message).toContain('ctx.track');
      expect(log).toEqual([]);
      expect(state.history().map(({ eventName }) => eventName)).toEqual(['start']);
    });

    it('should be kept while the job is paused', async () => {
      const log: unknown[] = [];
      let kept: Context | undefined;
      const s: Sketch = { slots: { trigger: (_, ctx) => ((kept = ctx), ctx.pause()) } };
      const job = flowOf({ s, t: { slots: { i: noting(log, ({ n }) => n) } } }, LINK).start('s');
      await settled();
      expect(job.status).toBe('paused');
      kept?.emit('o', { n: 1 });
      await settled();
      expect([log, job.state.pendingTasks.length]).toEqual([[], 1]);
      job.resume();
      await job.done;
      expect(log).toEqual([1]);
    });
  });

  describe('the gate: pausing in one process (D19)', () => {
    /** `s` emits two, `t` takes 10 ms for each. */
    const slow = ({ flowOptions, takes }: FlowTest): Flow =>
      flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: takes(10) } } }, LINK, flowOptions);

    it('should stay running until the job is quiet, start nothing while it is paused, and go on in order (S77, S78, S80, S83)', () =>
      testFlow(async (test) => {
        const job = test.start(slow(test), 's');
        test.expectJob(job).toBe({
          starts: '(st)           97ms t---------|',
          pauses: '----------p    90ms r---------|',
          'ends t': '----------c  90ms ----------(c|)',
        });
        await test.sleep(3);
        const paused = job.pause({ reason: 'lunch', checkpoint: { at: 1 } });
        expect([job.status, job.state.pendingTasks.length]).toEqual(['running', 1]);
        await paused;
        expect([test.scheduler.now(), job.status]).toEqual([10, 'paused']);
        expect(job.state.pendingTasks.map(({ routineId }) => routineId)).toEqual(['t']);
        expect(job.state.pausePoints).toMatchObject([
          { reason: 'lunch', checkpoint: { at: 1 }, currentRoutineId: 't', pendingTasks: 1 },
        ]);
        await test.sleep(91);
        job.resume();
      }));

    it('should show its statuses as they change', () =>
      testFlow(async (test) => {
        const job = test.start(slow(test), 's');
        test.expectJob(job).toBe({ status: 'r---------p-------------------r---------|' });
        await test.sleep(3);
        void job.pause();
        await test.sleep(27);
        job.resume();
      }));

    it('should start nothing where it is paused before its first task (S80, G50)', () =>
      testFlow(async ({ flowOptions, start, sleep: pass, expectJob }) => {
        const job = start(flowOf({ s: { slots: { trigger: () => undefined } } }, [], flowOptions), 's');
        expectJob(job).toBe({ starts: '20ms (s|)', status: 'p 19ms (r|)' });
        expect(job.status).toBe('pending');
        void job.pause();
        expect(job.status).toBe('paused');
        await pass(20);
        job.resume();
      }));

    it('should withdraw a pause by a resume in the same frame, as if nothing had happened', () =>
      testFlow(async (test) => {
        const job = test.start(slow(test), 's');
        test.expectJob(job).toBe({
          starts: '(st)------t---------|',
          status: 'r-------------------|',
          pauses: '---(rr)-------------|',
        });
        await test.sleep(3);
        for (let toggle = 0; toggle < 2; toggle++) {
          void job.pause();
          job.resume();
        }
        await job.done;
        expect(job.state.pausePoints).toEqual([]);
      }));

    it('should stop a synchronous burst at the task that asks for it, and lose nothing', () =>
      testFlow(async ({ flowOptions, start, flush, sleep: pass, expectJob }) => {
        const values = { a: { n: 0 }, b: { n: 1 }, c: { n: 2 }, d: { n: 3 } };
        const t: Sketch = {
          slots: {
            i: ({ n }, ctx) => {
              if (n === 1) void ctx.pause();
            },
          },
        };
        const job = start(flowOf({ s: { slots: { trigger: emitting(...Object.values(values)) } }, t }, LINK, flowOptions), 's');
        expectJob(job).toBe({ 'starts t': '(ab)-(cd|)', pauses: 'p----(r|)' }, values);
        await flush();
        expect(job.status).toBe('paused');
        expect(job.state.pendingTasks.map(({ data }) => data)).toEqual([{ n: 2 }, { n: 3 }]);
        await pass(5);
        job.resume();
        await flush();
        expect(job.state.pendingTasks).toEqual([]);
      }));

    it('should be paused where it is accepted at the last task, and complete on resume', () =>
      testFlow(async ({ flowOptions, start, takes, sleep: pass, expectJob }) => {
        const job = start(flowOf({ s: { slots: { trigger: takes(10) } } }, [], flowOptions), 's');
        expectJob(job).toBe({ status: 'r---------p-------------------(r|)', 'ends s': '10ms c 19ms |' });
        await pass(3);
        void job.pause();
        await pass(27);
        job.resume();
      }));

    it('should give a second pause the same promise, whose job is quiet', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: () => work.promise } } }).start('s');
      await settled();
      let resolved = 0;
      const both = [job.pause({ reason: 'one' }), job.pause({ reason: 'two' })];
      for (const pause of both) void pause.then(() => resolved++);
      await settled();
      expect(resolved).toBe(0);
      work.resolve();
      const states = await Promise.all(both);
      expect(states.map(({ status }) => status)).toEqual(['paused', 'paused']);
      expect(job.state.pausePoints.map(({ reason }) => reason)).toEqual(['one']);
      job.resume();
      await job.done;
    });

    it.each([
      ['resume', (job: Job): void => job.resume(), 'running'],
      ['cancel', (job: Job): void => void job.cancel(), 'cancelled'],
    ])('should resolve a pause that %s overtakes, with the state of then', async (_, overtake, status) => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: () => work.promise } } }).start('s');
      await settled();
      const paused = job.pause().then((state) => state.status);
      overtake(job);
      expect(await paused).toBe(status);
      work.resolve();
      await job.done;
    });

    it('should resolve a pause that a failure overtakes, with the failed state', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: () => work.promise } } }).start('s');
      await settled();
      const paused = job.pause().then((state) => state.status);
      work.reject(new Error('no'));
      expect(await paused).toBe('failed');
    });

    it('should let a handler await ctx.pause: it only asks', async () => {
      const log: string[] = [];
      const s: Sketch = {
        slots: {
          trigger: async (_, ctx) => {
            await ctx.pause({ reason: 'mine' });
            log.push(currentContext()?.job.status ?? 'none');
          },
        },
      };
      const job = flowOf({ s }).start('s');
      const paused = new Promise((resolve) => void job.status$.subscribe((status) => status === 'paused' && resolve(0)));
      await paused;
      expect(log).toEqual(['running']);
      job.resume();
      expect((await job.done).status).toBe('completed');
    });

    it('should leave the other jobs of the flow alone (G70, X)', async () => {
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: () => sleep(1) } } }, LINK);
      const [a, b] = [flow.start('s'), flow.start('s')];
      await a.pause();
      expect((await b.done).status).toBe('completed');
      expect(a.status).toBe('paused');
      a.resume();
      expect((await a.done).metrics.routine('t')?.completed).toBe(1);
    });

    it.each([
      ['completed', undefined],
      ['failed', new Error('no')],
    ])('should refuse to pause or resume a job that is %s (D12, SC082)', async (status, error) => {
      const job = flowOf({ s: { slots: { trigger: () => (error === undefined ? undefined : Promise.reject(error)) } } }).start(
        's',
      );
      await job.done;
      await expect(job.pause()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION', details: { from: status, to: 'paused' } });
      expect(thrown(() => job.resume())).toMatchObject({ code: 'ILLEGAL_TRANSITION', details: { from: status, to: 'running' } });
      expect(job.status).toBe(status);
    });

    it('should refuse to resume a job that runs (D12, SC074)', async () => {
      const { promise, resolve } = deferred();
      const job = flowOf({ s: { slots: { trigger: () => promise } } }).start('s');
      await settled();
      expect(thrown(() => job.resume())).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
      resolve();
      expect((await job.done).status).toBe('completed');
    });

    it('should count toggles before the first task by the last of them (S80)', () =>
      testFlow(async ({ flowOptions, start, sleep: pass, expectJob }) => {
        const job = start(flowOf({ s: { slots: { trigger: () => undefined } } }, [], flowOptions), 's');
        expectJob(job).toBe({ starts: '10ms (s|)' });
        void job.pause();
        job.resume();
        void job.pause();
        await pass(10);
        job.resume();
        await job.done;
        expect(job.state.pausePoints.map(({ pendingTasks }) => pendingTasks)).toEqual([1, 1]);
        expect(job.state.history().map(({ eventName }) => eventName)).toEqual(['start']);
      }));

    it('should run at once where the last toggle before the first task opens the gate', () =>
      testFlow(async ({ flowOptions, start, takes, expectJob }) => {
        const sketches = { s: { slots: { trigger: emitting({}) } }, t: { slots: { i: takes(10) } } };
        const job = start(flowOf(sketches, LINK, flowOptions), 's');
        const kinds: string[] = [];
        job.record$.subscribe(({ type }) => kinds.push(type));
        for (let toggle = 0; toggle < 3; toggle++) {
          void job.pause();
          job.resume();
        }
        expectJob(job).toBe({ starts: '(st)------|' });
        await job.done;
        expect(kinds.filter((kind) => kind === 'started')).toHaveLength(1);
        expect(job.state.metrics.routine('s')).toMatchObject({ total: 1 });
      }));

    it('should count toggles of one frame by the last of them, and note only the pause that came true', () =>
      testFlow(async (test) => {
        const job = test.start(slow(test), 's');
        test.expectJob(job).toBe({
          status: 'r---------p---------r---------|',
          pauses: '---r------p---------r---------|',
        });
        await test.sleep(3);
        void job.pause({ reason: 'withdrawn' });
        job.resume();
        void job.pause({ reason: 'meant' });
        await test.sleep(17);
        job.resume();
        await job.done;
        expect(job.state.pausePoints.map(({ reason }) => reason)).toEqual(['meant']);
        expect(job.state.metrics.routine('t')).toMatchObject({ total: 2, completed: 2 });
      }));

    it('should toggle a quiet job within one frame without losing a task, or doing one twice', () =>
      testFlow(async (test) => {
        const job = test.start(slow(test), 's');
        test.expectJob(job).toBe({
          starts: '(st)----------------t---------|',
          pauses: '----------p---------(rprpr)---|',
        });
        await test.sleep(3);
        void job.pause();
        await test.sleep(17);
        for (let toggle = 0; toggle < 2; toggle++) {
          job.resume();
          void job.pause();
        }
        job.resume();
        await job.done;
        expect([job.status, job.state.pausePoints.length]).toEqual(['completed', 3]);
      }));

    it.each([
      ['a handler', true],
      ['an observer of its records', false],
    ])('should take toggles of %s during a synchronous burst as if nothing had happened', (_, byHandler) =>
      testFlow(async ({ flowOptions, start }) => {
        const log: number[] = [];
        const toggle = (): void => {
          void job.pause();
          job.resume();
        };
        const t: Sketch = {
          slots: {
            i: ({ n }) => {
              log.push(Number(n));
              if (byHandler) toggle();
            },
          },
        };
        const s: Sketch = { slots: { trigger: emitting(...Array.from({ length: 20 }, (_each, n) => ({ n }))) } };
        const job = start(flowOf({ s, t }, LINK, flowOptions), 's');
        if (!byHandler)
          job.record$.subscribe(({ type }) => {
            if (type === 'taskStarted') toggle();
          });
        await job.done;
        expect([job.status, log]).toEqual(['completed', Array.from({ length: 20 }, (_each, n) => n)]);
        expect(job.state.metrics.routine('t')).toMatchObject({ total: 20, completed: 20 });
      }),
    );

    it('should stop a synchronous burst for an observer as well: each task is the last until it is resumed', () =>
      testFlow(async ({ flowOptions, start, sleep: pass, expectJob }) => {
        const s: Sketch = { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } };
        const job = start(flowOf({ s, t: { slots: { i: () => undefined } } }, LINK, flowOptions), 's');
        expectJob(job).toBe(
          { starts: 's-t-t-(t|)', 'starts t': '--a-b-(c|)', pauses: 'p-[rp]-[rp]-(r|)' },
          { a: { n: 0 }, b: { n: 1 }, c: { n: 2 } },
        );
        job.record$.subscribe(({ type }) => {
          if (type === 'taskSettled' && job.status === 'running') void job.pause();
        });
        for (let round = 0; round < 3; round++) {
          await pass(2);
          job.resume();
        }
      }));

    it('should be paused where its last task itself asks, and complete on resume with nothing run (D19)', () =>
      testFlow(async ({ flowOptions, start, sleep: pass, expectJob }) => {
        const trigger = (_data: object, ctx: Context): void => {
          void ctx.pause({ reason: 'last' });
        };
        const job = start(flowOf({ s: { slots: { trigger } } }, [], flowOptions), 's');
        expectJob(job).toBe({ starts: 's---------|', status: '[rp]---------(r|)' });
        await pass(10);
        job.resume();
        await job.done;
        expect(job.state.pausePoints.map(({ pendingTasks }) => pendingTasks)).toEqual([0]);
      }));

    it('should keep its newest 1,000 pause points', async () => {
      const job = flowOf({ s: { slots: { trigger: () => undefined } } }).start('s');
      for (let n = 0; n < 1_100; n++) {
        void job.pause({ reason: `${n}` });
        job.resume();
      }
      const { pausePoints } = job.state;
      expect([pausePoints.length, pausePoints[0]?.reason, pausePoints.at(-1)?.reason]).toEqual([1_000, '100', '1099']);
      expect((await job.done).status).toBe('completed');
    });
  });

  describe('pausedLimit', () => {
    /** A job that is paused, and the context of a handler of it that has returned. */
    const kept = async (pausedLimit: number | undefined, log: unknown[] = []): Promise<[Job, Context]> => {
      let context: Context | undefined;
      const s: Sketch = { slots: { trigger: (_, ctx) => ((context = ctx), ctx.pause()) } };
      const links = [...LINK, 's.o -> u.i'];
      const sketches = { s, t: { slots: { i: noting(log, ({ n }) => n) } }, u: { slots: { i: () => undefined } } };
      const job = flowOf(sketches, links, { pausedLimit }).start('s');
      await settled();
      expect(job.status).toBe('paused');
      return [job, context as Context];
    };

    it('should bound the late emissions that a paused job gathers: one more throws to its emitter, and leaves the job as it is', async () => {
      const log: unknown[] = [];
      const [job, ctx] = await kept(3, log);
      for (let n = 0; n < 3; n++) ctx.emit('o', { n });
      const error = thrown(() => ctx.emit('o', { n: 3 }));
      expect(error).toMatchObject({ code: 'PAUSED_FULL', details: { jobId: job.id, call: 'emit', limit: 3 } });
      expect((error as Error).message).toContain('pausedLimit');
      // An emission counts once, whatever the number of its targets.
      expect([job.status, job.state.pendingTasks.length]).toEqual(['paused', 6]);
      expect(job.state.history('s').filter(({ eventName }) => eventName === 'o')).toHaveLength(3);
      job.resume();
      await job.done;
      expect([job.status, log]).toEqual(['completed', [0, 1, 2]]);
    });

    it('should count from nothing in each pause, and nothing while the job runs', async () => {
      const log: unknown[] = [];
      const work = deferred();
      let context: Context | undefined;
      const s: Sketch = {
        slots: {
          trigger: async (_, ctx) => {
            context = ctx;
            for (let n = 0; n < 5; n++) ctx.emit('o', { n });
            await work.promise;
          },
        },
      };
      const job = flowOf({ s, t: { slots: { i: noting(log, ({ n }) => n) } } }, LINK, { pausedLimit: 2, maxWorkers: 2 }).start(
        's',
      );
      await settled();
      const paused = job.pause();
      // It is not quiet yet: what its handlers emit is theirs to emit.
      for (let n = 5; n < 10; n++) context?.emit('o', { n });
      work.resolve();
      await paused;
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < 2; n++) context?.emit('o', { n: `${round}.${n}` });
        expect(thrown(() => context?.emit('o', {}))).toMatchObject({ code: 'PAUSED_FULL' });
        if (round === 2) break;
        job.resume();
        void job.pause();
      }
      job.resume();
      await job.done;
      expect(log).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '0.0', '0.1', '1.0', '1.1', '2.0', '2.1']);
    });

    it.each(['immediate', 'commit'] as const)('should bound deferred events too, with emitMode %s', async (emitMode) => {
      const refused: unknown[] = [];
      const trigger = (_data: object, ctx: Context): void => {
        for (let n = 0; n < 2; n++) ctx.emitDeferred('o', { n });
        refused.push(thrown(() => ctx.emitDeferred('o', { n: 2 })));
        void ctx.pause();
      };
      const log: unknown[] = [];
      const options = { pausedLimit: 2, emitMode };
      const job = flowOf({ s: { slots: { trigger } }, t: { slots: { i: noting(log, ({ n }) => n) } } }, LINK, options).start('s');
      await settled();
      expect(refused).toMatchObject([{ code: 'PAUSED_FULL', details: { jobId: job.id, call: 'emitDeferred', limit: 2 } }]);
      expect(job.state.deferredEvents).toHaveLength(2);
      job.resume();
      await job.done;
      expect(log).toEqual([0, 1]);
    });

    it('should keep nothing where it is 0', async () => {
      const [job, ctx] = await kept(0);
      expect(thrown(() => ctx.emit('o', {}))).toMatchObject({ code: 'PAUSED_FULL' });
      expect(thrown(() => ctx.emitDeferred('o', {}))).toMatchObject({ code: 'PAUSED_FULL' });
      expect([job.state.pendingTasks, job.state.deferredEvents]).toEqual([[], []]);
      job.resume();
      expect((await job.done).status).toBe('completed');
    });

    it('should bound nothing where it is Infinity, and 100,000 unless told otherwise', async () => {
      const [endless, more] = await kept(Infinity);
      for (let n = 0; n < 100_001; n++) more.emit('o', {});
      expect((await endless.cancel()).metrics.flow().droppedTasks).toBe(200_002);
      const [usual, few] = await kept(undefined);
      for (let n = 0; n < 100_000; n++) few.emit('o', {});
      expect(thrown(() => few.emit('o', {}))).toMatchObject({ code: 'PAUSED_FULL', details: { limit: 100_000 } });
      expect((await usual.cancel()).metrics.flow().droppedTasks).toBe(200_000);
    });
  });
});
