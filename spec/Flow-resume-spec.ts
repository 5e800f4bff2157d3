import {
  type Context,
  type Data,
  ErrorHandler,
  type Flow,
  type FlowOptions,
  type Job,
  type JobRecord,
  type JobSnapshot,
  JobState,
  type OutputRecord,
  type ResumeOptions,
} from '../lib/index.js';
import { emitting, flowOf, forward, noting, type Sketch } from './support/flows.js';
import { ours, rejection, thrown } from './support/thrown.js';
import { rest } from './support/turns.js';
import { type VirtualTime, virtualTime } from './support/virtualTime.js';

/** What a state is after its way to another host: text, and nothing else. */
const moved = (job: Job | JobState): JobState =>
  JobState.fromJSON(JSON.stringify('snapshot' in job ? job.snapshot() : job.toJSON()));

/** The same with its JSON changed on the way. */
const edited = (job: Job, change: (json: JobSnapshot) => object): JobState =>
  JobState.fromJSON(JSON.stringify(change(job.snapshot())));

const refusal = (call: () => unknown): { code: string; details: Readonly<Record<string, unknown>>; message: string } => {
  const { code, details, message } = ours(thrown(call));
  return { code, details, message };
};

const codeOf = (call: () => unknown): string => refusal(call).code;

const LINKS = ['s.o -> t.i', 't.o -> d.i'];

/** Items x0…x3 go to `t`, which takes 50 ms each and forwards them to `d`. */
const items = (time: VirtualTime, log: string[], options: FlowOptions = {}): Flow =>
  flowOf(
    {
      s: { slots: { trigger: emitting({ x: 0 }, { x: 1 }, { x: 2 }, { x: 3 }) } },
      t: {
        slots: {
          i: async (data, ctx) => {
            log.push(`t${String(data['x'])}`);
            await time.sleep(50);
            forward(data, ctx);
          },
        },
      },
      d: { slots: { i: noting(log, ({ x }) => `d${String(x)}`) } },
    },
    LINKS,
    { flowId: 'items', scheduler: time.scheduler, ...options },
  );

/** A job of `items` that is paused after its first item, its flow, and what it has done. */
const pausedItems = async (time: VirtualTime, options: FlowOptions = {}): Promise<{ flow: Flow; job: Job; log: string[] }> => {
  const log: string[] = [];
  const flow = items(time, log, options);
  const job = flow.start('s');
  await time.advance(10);
  void job.pause({ reason: 'to move', checkpoint: { at: 'x0' } });
  await time.advance(40);
  return { flow, job, log };
};

const REST = ['t1', 't2', 't3', 'd0', 'd1', 'd2', 'd3'];

const eventsOf = (state: JobState): readonly string[] =>
  state.history().map(({ routineId, eventName, data }) => `${routineId}:${eventName}${JSON.stringify(data)}`);

describe('Flow.resume of a state from elsewhere', () => {
  describe('whose it is (D23, G68, SC083)', () => {
    it('should make a job under the same id, whose state is the one that was passed in (S87)', async () => {
      const time = virtualTime();
      const { flow: here, job: before } = await pausedItems(time);
      const log: string[] = [];
      const there = items(time, log);
      const state = moved(before);
      const job = there.resume(state);

      expect(job).not.toBe(before);
      expect([job.id, state.jobId]).toEqual([before.id, before.id]);
      expect(job.state).toBe(state);
      expect(there.jobs).toEqual([job]);
      await time.exhaust();
      expect(await job.done).toBe(state);
      expect(state.status).toBe('completed');
      expect(there.jobs).toEqual([]);
      expect(here.jobs.map(({ status }) => status)).toEqual(['paused']);
    });

    it('should go on with its history as if it had never been away (S79, S81, S83)', async () => {
      const time = virtualTime();
      const undisturbed = items(time, []).start('s');
      await time.exhaust();
      const { job: before } = await pausedItems(time);
      const written = eventsOf(before.state);
      await time.advance(1_000_000);
      const log: string[] = [];
      const job = items(time, log).resume(moved(before));
      expect(eventsOf(job.state)).toEqual(written);
      await time.exhaust();

      expect(log).toEqual(REST);
      expect([...eventsOf(job.state)].sort()).toEqual([...eventsOf(undisturbed.state)].sort());
      expect(eventsOf(job.state).slice(0, written.length)).toEqual(written);
      const times = job.state.history().map(({ timestamp }) => timestamp.getTime());
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.findIndex((ms) => ms > 1_000_000)).toBe(written.length);
      expect(job.state.metrics.routine('t')).toMatchObject({ total: 4, completed: 4, emitted: { o: 4 } });
      expect(job.state.pendingTasks).toEqual([]);
      expect(job.state.createdAt).toEqual(before.state.createdAt);
      expect(job.state.pausePoints).toMatchObject([{ reason: 'to move', checkpoint: { at: 'x0' }, pendingTasks: 4 }]);
    });

    it('should refuse an id that is live in this flow, and take it once it is free', async () => {
      const time = virtualTime();
      const { flow, job, log } = await pausedItems(time);
      const copy = moved(job);
      const { code, details, message } = refusal(() => flow.resume(copy));
      expect([code, details]).toEqual(['DUPLICATE_JOB', { flowId: 'items', jobId: job.id }]);
      expect(message).toContain(job.id);
      job.resume();
      expect(codeOf(() => flow.resume(copy))).toBe('DUPLICATE_JOB');
      await job.cancel();
      log.length = 0;
      const again = flow.resume(copy);
      expect(codeOf(() => flow.resume(moved(again)))).toBe('DUPLICATE_JOB');
      await time.exhaust();
      expect([again.status, log]).toEqual(['completed', REST]);
    });

    it('should refuse the same state a second time, and run nothing twice (SC074)', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const log: string[] = [];
      const flow = items(time, log);
      const state = moved(before);
      flow.resume(state);
      expect(codeOf(() => flow.resume(state))).toBe('ILLEGAL_TRANSITION');
      await time.advance(10);
      expect(codeOf(() => flow.resume(state))).toBe('ILLEGAL_TRANSITION');
      await time.exhaust();
      expect(codeOf(() => flow.resume(state))).toBe('ILLEGAL_TRANSITION');
      await time.exhaust();
      expect(log).toEqual(REST);
    });

    it('should be the held job itself once it is paused here: the same done goes on (D23)', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const flow = items(time, []);
      const state = moved(before);
      const job = flow.resume(state);
      const { done } = job;
      await time.advance(10);
      void job.pause();
      await time.advance(40);
      expect(flow.resume(state)).toBe(job);
      await time.exhaust();
      expect((await done).status).toBe('completed');
    });

    it.each([
      ['completed', (job: Job): void => job.resume()],
      ['failed', (job: Job): void => job.resume()],
      ['cancelled', (job: Job): void => void job.cancel()],
    ] as const)('should refuse a job that is %s, wherever it was (D12, SC082)', async (status, end) => {
      const time = virtualTime();
      const { flow, job } = await pausedItems(time, status === 'failed' ? { executionTimeoutMs: 60 } : {});
      end(job);
      await time.exhaust();
      expect(job.status).toBe(status);
      const written = job.snapshot();
      const other = items(time, []);
      for (const attempt of [
        () => flow.resume(job),
        () => flow.resume(job.state),
        () => flow.resume(moved(job)),
        () => other.resume(job.state),
        () => other.resume(moved(job)),
      ]) {
        const { code, details } = refusal(attempt);
        expect([code, details]).toEqual(['ILLEGAL_TRANSITION', { jobId: job.id, from: status, to: 'running' }]);
      }
      expect(job.snapshot()).toEqual(written);
      expect(other.jobs).toEqual([]);
    });

    it('should refuse, as pause and cancel do, the state of another flow id, naming both (G68, G72, SC083)', async () => {
      const time = virtualTime();
      const { job } = await pausedItems(time);
      const state = moved(job);
      const other = items(time, [], { flowId: 'others' });
      const both = { flowId: 'others', jobId: job.id, jobFlowId: 'items' };
      const { code, details, message } = refusal(() => other.resume(state));
      expect([code, details]).toEqual(['WRONG_FLOW', both]);
      expect(message).toMatch(/items.*others/);
      expect(ours(await rejection(other.pause(state)))).toMatchObject({ code: 'WRONG_FLOW', details: both });
      expect(ours(await rejection(other.cancel(state)))).toMatchObject({ code: 'WRONG_FLOW', details: both });
      expect(codeOf(() => other.resume(state, { remap: {} }))).toBe('WRONG_FLOW');
      expect(state.status).toBe('paused');
    });

    it('should refuse to pause or to cancel a state that nobody works on: it is not held here', async () => {
      const time = virtualTime();
      const { job } = await pausedItems(time);
      const flow = items(time, []);
      expect(ours(await rejection(flow.pause(moved(job)))).code).toBe('UNKNOWN_JOB');
      expect(ours(await rejection(flow.cancel(moved(job)))).code).toBe('UNKNOWN_JOB');
      expect(codeOf(() => flow.resume(job))).toBe('UNKNOWN_JOB');
    });

    it('should take a copy of the state of another instance, and leave the original to that one', async () => {
      const time = virtualTime();
      const { flow: here, job: before, log: own } = await pausedItems(time);
      const written = before.snapshot();
      const log: string[] = [];
      const there = items(time, log);
      const job = there.resume(before.state);
      expect(job.id).toBe(before.id);
      expect(job.state).not.toBe(before.state);
      await time.exhaust();

      expect([job.status, log]).toEqual(['completed', REST]);
      expect(before.snapshot()).toEqual(written);
      expect(here.resume(before.state)).toBe(before);
      await time.exhaust();
      expect(own).toEqual(['t0', ...REST]);
      expect(log).toHaveLength(REST.length);
    });

    it('should take a copy also of one that runs: both go on, apart from each other (S88)', async () => {
      const time = virtualTime();
      const own: string[] = [];
      const before = items(time, own).start('s');
      await time.advance(60);
      const log: string[] = [];
      const job = items(time, log).resume(before.state);
      await time.exhaust();
      expect([before.status, job.status]).toEqual(['completed', 'completed']);
      expect(own).toEqual(['t0', ...REST]);
      // x1 was at work.
      expect(log).toEqual(REST);
    });

    it.each([
      ['empty', (): JobState => new JobState()],
      ['of no flow', (): JobState => JobState.fromJSON({ ...new JobState().toJSON() })],
    ])('should refuse a state that is %s', (_, make) => {
      expect(codeOf(() => items(virtualTime(), []).resume(make()))).toBe('WRONG_FLOW');
    });

    it('should refuse a pending state of this flow that says nothing of what is to be done', async () => {
      const time = virtualTime();
      const { job } = await pausedItems(time);
      const state = edited(job, ({ run: _run, ...json }) => ({ ...json, status: 'pending', pendingTasks: [], connections: [] }));
      const flow = items(time, []);
      expect(codeOf(() => flow.resume(state))).toBe('UNKNOWN_JOB');
      expect(flow.jobs).toEqual([]);
    });
  });

  describe('what is refused', () => {
    const smaller = (time: VirtualTime): Flow =>
      flowOf({ s: {}, t: { slots: { other: () => undefined } }, d: { slots: { i: () => undefined } } }, [], {
        flowId: 'items',
        scheduler: time.scheduler,
      });
    const without = (time: VirtualTime): Flow => flowOf({ s: {} }, [], { flowId: 'items', scheduler: time.scheduler });
    const shut = (time: VirtualTime): Flow => {
      const flow = items(time, []);
      void flow.shutdown();
      return flow;
    };
    const same = (time: VirtualTime): Flow => items(time, []);

    it.each<[string, string, (time: VirtualTime) => Flow, ResumeOptions]>([
      ['another structure', 'STRUCTURE_CHANGED', smaller, {}],
      ['a missing slot', 'UNKNOWN_SLOT', smaller, { remap: {} }],
      ['a missing routine (G69, SC084)', 'UNKNOWN_ROUTINE', without, { remap: {} }],
      ['a new id that is missing', 'UNKNOWN_ROUTINE', same, { remap: { t: 'nowhere' } }],
      ['a flow that is shut down (D25)', 'SHUT_DOWN', shut, {}],
      ['no time', 'BAD_OPTION', same, { timeoutMs: 0 }],
      ['NaN ms', 'BAD_OPTION', same, { timeoutMs: NaN }],
      ['no workers', 'BAD_OPTION', same, { maxWorkers: 0 }],
      ['an unknown strategy', 'BAD_STRATEGY', same, { executionStrategy: 'x' as 'sequential' }],
      ['a signal that is none', 'BAD_OPTION', same, { signal: {} as AbortSignal }],
      ['an output that is none', 'BAD_OPTION', same, { output: 5 as never }],
      ['a remap that is a list', 'BAD_OPTION', same, { remap: [] as never }],
      ['a remap that is null', 'BAD_OPTION', same, { remap: null as never }],
      ['a remap to no name', 'BAD_OPTION', same, { remap: { t: 5 } as never }],
    ])('should leave the state as good as it was: %s → %s', async (_, code, makeFlow, options) => {
      const time = virtualTime();
      const { job } = await pausedItems(time);
      const state = moved(job);
      const written = state.toJSON();
      const flow = makeFlow(time);
      expect(codeOf(() => flow.resume(state, options))).toBe(code);
      expect(state.toJSON()).toEqual(written);
      expect(flow.jobs).toEqual([]);
      expect(time.timers).toBe(0);

      const log: string[] = [];
      const { status } = items(time, log).resume(state);
      await time.exhaust();
      expect([status, state.status, log]).toEqual(['running', 'completed', REST]);
    });

    it('should name the routine that is missing, also where only the current one is (G69, SC084)', async () => {
      const time = virtualTime();
      const { job } = await pausedItems(time);
      const state = edited(job, (json) => ({ ...json, currentRoutineId: 'gone' }));
      const { code, details, message } = refusal(() => items(time, []).resume(state));
      expect([code, details]).toEqual(['UNKNOWN_ROUTINE', { flowId: 'items', routineId: 'gone', known: ['s', 't', 'd'] }]);
      expect(message).toContain("'gone'");
    });

    it('should still resume the jobs that a flow holds after its shutdown (D25)', async () => {
      const time = virtualTime();
      const { flow, job } = await pausedItems(time);
      await flow.shutdown();
      expect(flow.resume(job.state)).toBe(job);
      await time.exhaust();
      expect(job.status).toBe('completed');
    });
  });

  describe('a job that was not paused (S88)', () => {
    it.each([1, 2, 4])(
      'should do again what was at work, and never what was done, at any instant, with %i worker(s)',
      async (maxWorkers) => {
        for (let at = 0; at <= 200; at += 10) {
          const time = virtualTime();
          const own: string[] = [];
          const before = items(time, own, { maxWorkers }).start('s');
          await time.advance(at + 5);
          if (before.status === 'completed') break;
          const done = [...own];
          const state = moved(before);
          expect(state.status).toBe('paused');
          const log: string[] = [];
          const job = items(time, log, { maxWorkers }).resume(state);
          await time.exhaust();

          expect(job.status).toBe('completed');
          const all = [...done, ...log];
          expect([...new Set(all)].sort()).toEqual(['t0', ...REST].sort());
          // Only `t` takes time: no more of it is repeated than there are workers, and nothing of `d`.
          const repeated = all.filter((line, place) => all.indexOf(line) !== place);
          expect(repeated.length).toBeLessThanOrEqual(maxWorkers);
          expect(repeated.filter((line) => line.startsWith('d'))).toEqual([]);
          expect(job.state.metrics.routine('t')).toMatchObject({ completed: 4 });
        }
      },
    );

    it('should take what was at work first, then what waits, in order', async () => {
      const time = virtualTime();
      const own: string[] = [];
      const before = items(time, own, { maxWorkers: 2 }).start('s');
      await time.advance(40);
      expect(own).toEqual(['t0', 't1']);
      const state = moved(before);
      // In the open, where it was, stood only what waited.
      expect(before.state.pendingTasks.map(({ data }) => data['x'])).toEqual([2, 3]);
      expect(state.pendingTasks.map(({ data }) => data['x'])).toEqual([0, 1, 2, 3]);
      const log: string[] = [];
      items(time, log).resume(state, { maxWorkers: 1 });
      await time.exhaust();
      expect(log).toEqual(['t0', ...REST]);
    });

    it('should give what was at work under its task id, its attempt and its input again', async () => {
      const seen: unknown[] = [];
      const hosts = (time: VirtualTime): Flow =>
        flowOf(
          {
            s: {
              slots: {
                trigger: async (data, { taskId, attempt }) => {
                  seen.push([taskId, attempt, data]);
                  await time.sleep(10);
                },
              },
            },
          },
          [],
          { flowId: 'one', scheduler: time.scheduler },
        );
      const time = virtualTime();
      const before = hosts(time).start('s', { v: 1 }, { jobId: 'j' });
      await time.advance(5);
      await hosts(time).resume(moved(before)).pause();
      hosts(time).resume(moved(before));
      await time.exhaust();
      expect(seen).toEqual([
        ['j:0.0', 1, { v: 1 }],
        ['j:0.0', 1, { v: 1 }],
      ]);
    });

    it('should not double what an attempt had emitted before, where only its success counts (D13)', async () => {
      const host = (time: VirtualTime, log: string[]): Flow =>
        flowOf(
          {
            s: {
              slots: {
                trigger: async (_, ctx) => {
                  ctx.emit('o', { n: 1 });
                  ctx.setState({ half: true });
                  ctx.emitDeferred('o', { n: 2 });
                  await time.sleep(10);
                },
              },
            },
            t: { slots: { i: noting(log, ({ n }) => String(n)) } },
          },
          ['s.o -> t.i'],
          { flowId: 'commit', emitMode: 'commit', scheduler: time.scheduler },
        );
      const time = virtualTime();
      const before = host(time, []).start('s');
      await time.advance(5);
      const state = moved(before);
      expect(state.routineState('s')?.['half']).toBeUndefined();
      const log: string[] = [];
      host(time, log).resume(state);
      await time.exhaust();
      expect(log).toEqual(['1']);
      expect(state.routineState('s')).toMatchObject({ half: true });
      expect(state.deferredEvents).toEqual([{ routineId: 's', event: 'o', data: { n: 2 } }]);
    });
  });

  describe('retries (S84, D20)', () => {
    const retrying = (time: VirtualTime, log: string[], failures: number): Flow =>
      flowOf(
        {
          s: { slots: { trigger: emitting({ n: 2 }, { n: 0 }, { n: 1 }) } },
          t: {
            slots: {
              i: async ({ n }, ctx: Context) => {
                log.push(`${String(n)}#${ctx.attempt}@${time.scheduler.now()}`);
                if (ctx.attempt > failures) return;
                await time.sleep((n as number) * 10);
                throw new Error('no');
              },
            },
          },
          u: { slots: { i: noting(log, ({ n }) => `u${String(n)}`) } },
        },
        ['s.o -> t.i'],
        {
          flowId: 'retrying',
          scheduler: time.scheduler,
          maxWorkers: 3,
          errorHandler: new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 100, backoff: 1 }),
        },
      );

    it('should leave a task that was paused after attempt 2 of 4 only two more (S84)', async () => {
      const time = virtualTime();
      let calls = 0;
      const host = (): Flow =>
        flowOf(
          {
            s: {
              slots: {
                trigger: (_, ctx) => {
                  calls++;
                  expect(ctx.attempt).toBe(calls);
                  throw new Error(`no ${calls}`);
                },
              },
            },
          },
          [],
          {
            flowId: 'failing',
            scheduler: time.scheduler,
            errorHandler: new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 100, backoff: 2 }),
          },
        );
      const before = host().start('s');
      await time.advance(150);
      await before.pause();
      expect(calls).toBe(2);
      expect(moved(before).pendingTasks).toMatchObject([{ attempt: 3, retryCount: 2, dueAt: new Date(300) }]);
      const job = host().resume(moved(before));
      await time.advance(149);
      expect(calls).toBe(2);
      await time.advance(1);
      expect(calls).toBe(3);
      // The third delay is d·b², as if the job had stayed.
      await time.advance(399);
      expect(calls).toBe(3);
      await time.exhaust();
      expect([job.status, calls]).toEqual(['failed', 4]);
      expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', details: { attempts: 4, reason: 'no 4' } });
    });

    it('should keep the instants: what is not yet due waits for the rest of its time', async () => {
      const time = virtualTime();
      const before = retrying(time, [], 1).start('s');
      await time.advance(30);
      await before.pause();
      await time.advance(75);
      const log: string[] = [];
      const job = retrying(time, log, 1).resume(moved(before));
      expect(job.state.pendingTasks.map(({ data, dueAt }) => [data['n'], dueAt])).toEqual([
        [0, new Date(100)],
        [1, new Date(110)],
        [2, new Date(120)],
      ]);
      await time.exhaust();
      expect(log).toEqual(['0#2@105', '1#2@110', '2#2@120']);
      expect(job.state.metrics.routine('t')).toMatchObject({ completed: 3, retried: 3 });
    });

    it('should let what fell due on the way join the queue in due order, after what was queued', async () => {
      const time = virtualTime();
      const own: string[] = [];
      const before = retrying(time, own, 1).start('s');
      await time.advance(30);
      await before.pause();
      const text = JSON.stringify(before.snapshot());
      await time.advance(10_000);
      const log: string[] = [];
      const job = retrying(time, log, 1).resume(JobState.fromJSON(text), { maxWorkers: 1 });
      await time.exhaust();
      expect(log).toEqual(['0#2@10030', '1#2@10030', '2#2@10030']);
      expect(job.status).toBe('completed');
    });

    it('should do so also where the JSON has them in another order', async () => {
      const time = virtualTime();
      const before = retrying(time, [], 1).start('s');
      await time.advance(30);
      await before.pause();
      const state = edited(before, (json) => ({ ...json, pendingTasks: [...json.pendingTasks].reverse() }));
      await time.advance(10_000);
      const log: string[] = [];
      retrying(time, log, 1).resume(state, { maxWorkers: 1 });
      await time.exhaust();
      expect(log).toEqual(['0#2@10030', '1#2@10030', '2#2@10030']);
    });

    it('should keep their order on a second way, overdue or not', async () => {
      const time = virtualTime();
      const before = retrying(time, [], 1).start('s');
      await time.advance(30);
      await before.pause();
      const second = retrying(time, [], 1).resume(moved(before));
      await second.pause();
      await time.advance(75);
      // One of them fell due behind the closed gate.
      const log: string[] = [];
      retrying(time, log, 1).resume(moved(moved(second)));
      await time.exhaust();
      expect(log).toEqual(['0#2@105', '1#2@110', '2#2@120']);
    });

    it('should leave no timer behind where it is cancelled in the turn of its resume (X)', async () => {
      const time = virtualTime();
      const before = retrying(time, [], 1).start('s');
      await time.advance(30);
      await before.pause();
      const text = JSON.stringify(before.snapshot());
      await before.cancel();
      const log: string[] = [];
      const job = retrying(time, log, 1).resume(JobState.fromJSON(text));
      await job.cancel();
      await time.exhaust();
      expect([log, job.status, time.timers]).toEqual([[], 'cancelled', 0]);
      expect(job.state.metrics.flow().droppedTasks).toBe(3);
    });
  });

  describe('connections (S85)', () => {
    const mapped = (time: VirtualTime, log: unknown[]): Flow => {
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ a: 1, b: 2 }, { a: 3, b: 4 }) } },
          t: {
            slots: {
              i: async (data) => {
                log.push(data);
                await time.sleep(10);
              },
            },
          },
        },
        [],
        { flowId: 'mapped', scheduler: time.scheduler },
      );
      flow.connect('s', 'o', 't', 'i', { a: 'left' });
      flow.connect('s', 'o', 't', 'i', { b: 'right' });
      flow.connect('s', 'o', 't', 'i', ({ a, b }) => ({ sum: Number(a) + Number(b) }));
      flow.connect('s', 'o', 't', 'i');
      return flow;
    };
    const ALL = [
      { left: 1, b: 2 },
      { a: 1, right: 2 },
      { sum: 3 },
      { a: 1, b: 2 },
      { left: 3, b: 4 },
      { a: 3, right: 4 },
      { sum: 7 },
      { a: 3, b: 4 },
    ];

    it('should apply the mapping of each task that waits, of several between the same two ends as well', async () => {
      for (let done = 0; done < ALL.length; done++) {
        const time = virtualTime();
        const own: unknown[] = [];
        const before = mapped(time, own).start('s');
        await time.advance(done * 10 + 5);
        void before.pause();
        await time.advance(10);
        const log: unknown[] = [];
        if (before.status !== 'paused') throw new Error('it was to be paused');
        mapped(time, log).resume(moved(before));
        await time.exhaust();
        expect(own).toEqual(ALL.slice(0, done + 1));
        expect(log).toEqual(ALL.slice(done + 1));
      }
    });

    it('should not map twice what a slot has taken in', async () => {
      const time = virtualTime();
      const before = mapped(time, []).start('s');
      await time.advance(5);
      const log: unknown[] = [];
      mapped(time, log).resume(moved(before));
      await time.exhaust();
      expect(log).toEqual(ALL);
    });
  });

  describe('what slots hold (S82, SC087, D8)', () => {
    interface Seen {
      readonly time: VirtualTime;
      readonly log: string[];
    }

    /** `a` is done at once, `b` takes 10 ms, `c` has no handler. */
    const slots = ({ time, log }: Seen, options: FlowOptions = {}): Flow =>
      flowOf(
        {
          s: { slots: { trigger: emitting({ v: 1 }) } },
          t: {
            slots: {
              a: noting(log, ({ v }) => `a${String(v)}`),
              b: async ({ v }) => {
                log.push(`b${String(v)}`);
                await time.sleep(10);
              },
              c: undefined,
            },
          },
        },
        ['s.o -> t.a', 's.o -> t.c', 's.o -> t.b'],
        { flowId: 'slots', scheduler: time.scheduler, ...options },
      );
    const atWork = async (): Promise<{ time: VirtualTime; before: Job }> => {
      const time = virtualTime();
      const before = slots({ time, log: [] }).start('s');
      await time.advance(5);
      return { time, before };
    };
    const goOn = async (time: VirtualTime, state: JobState): Promise<string[]> => {
      const log: string[] = [];
      const job = slots({ time, log }).resume(state);
      await time.exhaust();
      expect(job.status).toBe('completed');
      return log;
    };

    it('should be handled again where it was at work, and never where it was consumed (S82, D8)', async () => {
      const { time, before } = await atWork();
      expect(await goOn(time, moved(before))).toEqual(['b1']);
    });

    it('should be handled once where it was taken in and the JSON has no task for it any more (SC087, S82)', async () => {
      const { time, before } = await atWork();
      const state = edited(before, (json) => ({ ...json, pendingTasks: [], connections: [] }));
      expect(state.pendingTasks).toMatchObject([{ routineId: 't', slot: 'b', data: { v: 1 }, attempt: 1 }]);
      expect(await goOn(time, state)).toEqual(['b1']);
    });

    it('should be handled once also where that JSON is written and read again', async () => {
      const { time, before } = await atWork();
      const state = edited(before, (json) => ({ ...json, pendingTasks: [], connections: [] }));
      expect(await goOn(time, moved(moved(state)))).toEqual(['b1']);
    });

    it('should not be merged a second time where it is recovered (D24)', async () => {
      const time = virtualTime();
      const host = (log: unknown[]): Flow =>
        flowOf(
          {
            s: { slots: { trigger: emitting({ v: 'p' }) } },
            t: {
              slots: {
                i: [
                  async (data) => {
                    log.push(data);
                    await time.sleep(10);
                  },
                  { merge: 'append' },
                ],
              },
            },
          },
          ['s.o -> t.i'],
          { flowId: 'append', scheduler: time.scheduler },
        );
      const before = host([]).start('s');
      await time.advance(5);
      const log: unknown[] = [];
      host(log).resume(edited(before, (json) => ({ ...json, pendingTasks: [], connections: [] })));
      await time.exhaust();
      expect(log).toEqual([{ v: ['p'] }]);
    });

    it('should count as consumed in a slot without a handler: nothing is called for it', async () => {
      const { time, before } = await atWork();
      const state = edited(before, (json) => ({
        ...json,
        pendingTasks: [],
        connections: [],
        routineStates: json.routineStates.map((cell) => ({
          ...cell,
          slots: cell.slots.map((slot) => ({ ...slot, consumed: slot.slot !== 'c' })),
        })),
      }));
      expect(await goOn(time, state)).toEqual([]);
    });

    it('should show in the JSON which of them are consumed', async () => {
      const { before } = await atWork();
      const { slots: held } = before.snapshot().routineStates.find(({ routineId }) => routineId === 't') ?? { slots: [] };
      expect(held.map(({ slot, consumed }) => [slot, consumed])).toEqual([
        ['a', true],
        ['b', false],
        ['c', true],
      ]);
    });

    it('should leave what was gathered in place: append lists are right after a restore (D24)', async () => {
      const host = (time: VirtualTime, log: unknown[]): Flow =>
        flowOf(
          {
            s: { slots: { trigger: emitting({ v: 'p' }, { v: 'q' }, { v: 'r' }, { w: 'x' }) } },
            t: {
              slots: {
                i: [
                  async (data) => {
                    log.push(data);
                    await time.sleep(10);
                  },
                  { merge: 'append' },
                ],
              },
            },
          },
          ['s.o -> t.i'],
          { flowId: 'append', scheduler: time.scheduler },
        );
      const ALL = [{ v: ['p'] }, { v: ['p', 'q'] }, { v: ['p', 'q', 'r'] }, { w: ['x'] }];
      for (let done = 0; done < ALL.length; done++) {
        const time = virtualTime();
        const before = host(time, []).start('s');
        await time.advance(done * 10 + 5);
        const log: unknown[] = [];
        host(time, log).resume(moved(before));
        await time.exhaust();
        // What is at work is handled again, with the very list that it had.
        expect(log).toEqual(ALL.slice(done));
      }
    });

    it('should be merged once per task, whatever happens to it: a retry after the way gets the same input (D24)', async () => {
      let merges = 0;
      const host = (time: VirtualTime, log: unknown[]): Flow =>
        flowOf(
          {
            s: { slots: { trigger: emitting({ n: 1 }, { n: 10 }) } },
            t: {
              slots: {
                i: [
                  ({ n }, ctx: Context) => {
                    log.push([n, ctx.attempt]);
                    if (ctx.attempt === 1) throw new Error('once');
                  },
                  {
                    merge: (held: Data, incoming: Data): Data => {
                      merges++;
                      return { n: Number(held['n'] ?? 0) + Number(incoming['n']) };
                    },
                  },
                ],
              },
            },
          },
          ['s.o -> t.i'],
          { flowId: 'sum', scheduler: time.scheduler, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 50 }) },
        );
      const time = virtualTime();
      const before = host(time, []).start('s');
      await time.advance(10);
      await before.pause();
      const log: unknown[] = [];
      host(time, log).resume(moved(before));
      await time.exhaust();
      expect(log).toEqual([
        [1, 2],
        [11, 2],
      ]);
      expect(merges).toBe(2);
    });
  });

  describe('deferred events (G62, G63, D22)', () => {
    const deferring = (time: VirtualTime, log: string[]): Flow =>
      flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                ctx.emit('o', { n: 'queued' });
                ctx.emitDeferred('o', { n: 'first' });
                ctx.emitDeferred('o', { n: 'second' });
                void ctx.pause();
              },
            },
          },
          t: { slots: { i: noting(log, ({ n }) => String(n)) } },
        },
        ['s.o -> t.i'],
        { flowId: 'deferring', scheduler: time.scheduler },
      );
    const pausedDeferring = async (): Promise<{ time: VirtualTime; before: Job }> => {
      const time = virtualTime();
      const before = deferring(time, []).start('s');
      await time.exhaust();
      expect(before.status).toBe('paused');
      return { time, before };
    };

    it('should be emitted before the pending tasks, in their order, recorded once, and be gone then', async () => {
      const { time, before } = await pausedDeferring();
      const log: string[] = [];
      const state = moved(before);
      expect(state.deferredEvents.map(({ data }) => data['n'])).toEqual(['first', 'second']);
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'o']);
      const job = deferring(time, log).resume(state);
      await time.exhaust();
      expect(log).toEqual(['first', 'second', 'queued']);
      expect(job.state.deferredEvents).toEqual([]);
      expect(job.state.history('s').map(({ data }) => data['n'])).toEqual([undefined, 'queued', 'first', 'second']);
      expect(job.status).toBe('completed');
    });

    it('should go before what was at work, and before what is overdue', async () => {
      const time = virtualTime();
      const host = (log: string[]): Flow =>
        flowOf(
          {
            s: { slots: { trigger: emitting({ n: 'fails' }, { n: 'slow' }, { n: 'waits' }) } },
            t: {
              slots: {
                i: async ({ n }, ctx) => {
                  log.push(`${String(n)}#${ctx.attempt}`);
                  if (n === 'fails' && ctx.attempt === 1) throw new Error('once');
                  if (n !== 'slow') return;
                  ctx.emitDeferred('o', { n: 'deferred' });
                  await time.sleep(10);
                },
              },
            },
          },
          ['s.o -> t.i', 't.o -> t.i'],
          { flowId: 'mixed', scheduler: time.scheduler, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 20 }) },
        );
      const before = host([]).start('s');
      await time.advance(5);
      const state = moved(before);
      await time.advance(100);
      const log: string[] = [];
      host(log).resume(state);
      await time.exhaust();
      expect(log).toEqual(['deferred#1', 'slow#1', 'waits#1', 'fails#2']);
    });

    it.each([
      ['event', { routineId: 's', event: 'gone' }],
      ['routine', { routineId: 'gone', event: 'o' }],
      ['routine called __proto__', { routineId: '__proto__', event: 'constructor' }],
    ])('should only warn of an unknown %s, and deliver the rest (G63)', async (_, unknown) => {
      const { time, before } = await pausedDeferring();
      const state = edited(before, (json) => ({
        ...json,
        deferredEvents: [{ ...unknown, data: { n: 'lost' } }, ...json.deferredEvents],
      }));
      const log: string[] = [];
      const job = deferring(time, log).resume(state);
      const warnings: JobRecord[] = [];
      job.record$.subscribe((record) => record.type === 'warning' && warnings.push(record));
      await time.exhaust();
      expect(log).toEqual(['first', 'second', 'queued']);
      expect(warnings).toMatchObject([{ message: expect.stringContaining(`'${unknown.event}'`) as string }]);
      expect(warnings).toMatchObject([{ message: expect.stringContaining(`'${unknown.routineId}'`) as string }]);
      expect(job.status).toBe('completed');
    });

    it('should be emitted where they are all that is left', async () => {
      const { time, before } = await pausedDeferring();
      const state = edited(before, (json) => ({ ...json, pendingTasks: [], connections: [] }));
      const log: string[] = [];
      const job = deferring(time, log).resume(state);
      await time.exhaust();
      expect([log, job.status]).toEqual([['first', 'second'], 'completed']);
    });
  });

  describe('its timeout (D21)', () => {
    it('should go on with what is left of it: the time at rest or on the way does not count', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time, { executionTimeoutMs: 130 });
      await time.advance(1_000);
      const text = JSON.stringify(before.snapshot());
      await time.advance(1_000_000);
      const job = items(time, []).resume(JobState.fromJSON(text));
      // 50 of 130 ms were used before the pause.
      await time.advance(79);
      expect(job.status).toBe('running');
      await time.advance(1);
      expect(job.status).toBe('failed');
      expect(ours(job.state.error)).toMatchObject({ code: 'TIMEOUT', details: { jobId: before.id, timeoutMs: 130 } });
    });

    it('should count what was used while it ran, where it was not paused', async () => {
      const time = virtualTime();
      const before = items(time, [], { executionTimeoutMs: 130 }).start('s');
      await time.advance(70);
      const text = JSON.stringify(before.snapshot());
      await time.advance(1_000);
      const job = items(time, []).resume(JobState.fromJSON(text));
      await time.advance(59);
      expect(job.status).toBe('running');
      await time.advance(1);
      expect([job.status, time.timers]).toEqual(['failed', 1]);
    });

    it('should stand still also between two stations', async () => {
      const time = virtualTime();
      const { job: first } = await pausedItems(time, { executionTimeoutMs: 130 });
      const second = items(time, []).resume(moved(first));
      await time.advance(50);
      void second.pause();
      await time.advance(50);
      expect(second.status).toBe('failed');

      const third = items(time, []).resume(moved(first));
      await time.advance(10);
      void third.pause();
      await time.advance(40);
      await time.advance(500);
      const fourth = items(time, []).resume(moved(moved(third)));
      await time.advance(29);
      expect(fourth.status).toBe('running');
      await time.advance(1);
      expect(fourth.status).toBe('failed');
    });

    it('should be that of the flow where the job has a longer one, or none (D36)', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time, { executionTimeoutMs: Infinity });
      const job = items(time, [], { executionTimeoutMs: 1 }).resume(moved(before));
      await time.exhaust();
      expect(ours(job.state.error)).toMatchObject({ code: 'TIMEOUT', details: { timeoutMs: 1 } });
    });

    it('should be over at once where none of it is left', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time, { executionTimeoutMs: 130 });
      const state = edited(before, (json) => ({ ...json, run: { ...json.run, leftMs: 0 } }));
      const log: string[] = [];
      const job = items(time, log).resume(state);
      await time.exhaust();
      expect(ours(job.state.error).code).toBe('TIMEOUT');
      expect(log.filter((line) => line.startsWith('d'))).toEqual([]);
    });

    it('should be another one where the caller says so', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time, { executionTimeoutMs: 51 });
      const long = items(time, []).resume(moved(before), { timeoutMs: 10_000 });
      const short = items(time, []).resume(moved(before), { timeoutMs: 20 });
      const endless = items(time, []).resume(moved(before), { timeoutMs: Infinity });
      await time.exhaust();
      expect([long.status, short.status, endless.status]).toEqual(['completed', 'failed', 'completed']);
      expect(ours(short.state.error).details).toMatchObject({ timeoutMs: 20 });
    });
  });
});

describe('ResumeOptions', () => {
  it('should hand the output to an observer from here on, and keep the old in the log', async () => {
    const time = virtualTime();
    const host = (): Flow =>
      flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
          t: {
            slots: {
              i: async ({ n }, ctx) => {
                ctx.output('n', { n });
                await time.sleep(10);
              },
            },
          },
        },
        ['s.o -> t.i'],
        { flowId: 'speaking', scheduler: time.scheduler },
      );
    const before = host().start('s');
    await time.advance(5);
    void before.pause();
    await time.advance(5);
    const got: OutputRecord[] = [];
    const job = host().resume(moved(before), { output: (output) => got.push(output) });
    await time.exhaust();
    expect(got.map(({ jobId, data }) => [jobId, data['n']])).toEqual([
      [before.id, 1],
      [before.id, 2],
    ]);
    expect(job.state.outputLog.map(({ data }) => data['n'])).toEqual([0, 1, 2]);
  });

  it('should cancel by a signal, later or at once', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const abort = new AbortController();
    const log: string[] = [];
    const job = items(time, log).resume(moved(before), { signal: abort.signal });
    await time.advance(60);
    abort.abort('enough');
    expect([job.status, job.state.reason]).toEqual(['cancelled', 'enough']);

    const flow = items(time, log);
    log.length = 0;
    const never = flow.resume(moved(before), { signal: abort.signal });
    const types: string[] = [];
    never.record$.subscribe(({ type }) => types.push(type));
    await time.exhaust();
    expect([never.status, never.state.reason, flow.jobs, types, log]).toEqual(['cancelled', 'enough', [], ['ended'], []]);
  });

  it.each<[string, FlowOptions, ResumeOptions, number]>([
    ['its own cap, not that of the flow', {}, {}, 1],
    ['more workers', {}, { maxWorkers: 3 }, 3],
    ['concurrent, as many as the flow', {}, { executionStrategy: 'concurrent' }, 4],
    ['the cap that it had', { maxWorkers: 2 }, {}, 2],
    ['sequential', { maxWorkers: 3 }, { executionStrategy: 'sequential' }, 1],
  ])('should run with %s', async (_, options, resumeOptions, peak) => {
    const time = virtualTime();
    const own: string[] = [];
    const before = items(time, own, options).start('s');
    await time.advance(5);
    // Before any `t` has ended, all four that wait, or are at work, go along.
    const log: string[] = [];
    items(time, log, { maxWorkers: 4 }).resume(moved(before), resumeOptions);
    await time.advance(10);
    expect(log).toHaveLength(peak);
  });

  describe('remap', () => {
    const renamedItems = (time: VirtualTime, log: string[]): Flow =>
      flowOf(
        {
          source: { slots: { trigger: emitting({ x: 9 }) } },
          work: {
            slots: {
              i: (data, ctx) => {
                log.push(`work${String(data['x'])}:${JSON.stringify(ctx.state())}`);
                forward(data, ctx);
              },
            },
          },
          d: { slots: { i: noting(log, ({ x }) => `d${String(x)}`) } },
        },
        ['source.o -> work.i', 'work.o -> d.i'],
        { flowId: 'items', scheduler: time.scheduler },
      );
    const REMAP = { s: 'source', t: 'work' };

    it('should fit a job to a flow whose routines have new ids', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const log: string[] = [];
      expect(codeOf(() => renamedItems(time, []).resume(moved(before)))).toBe('STRUCTURE_CHANGED');
      const job = renamedItems(time, log).resume(moved(before), { remap: REMAP });
      expect(job.state.currentRoutineId).toBe('work');
      expect(job.state.pendingTasks.map(({ routineId }) => routineId)).toEqual(['work', 'work', 'work', 'd']);
      await time.exhaust();
      expect(log).toEqual(['work1:{}', 'work2:{}', 'work3:{}', 'd0', 'd1', 'd2', 'd3']);
      expect(job.state.metrics.routine('work')).toMatchObject({ completed: 4 });
      expect(job.state.routineState('t')).toBeUndefined();
      // What happened under the old names stays under them.
      expect(job.state.history('t')).toHaveLength(1);
      expect(job.state.history('work')).toHaveLength(3);
    });

    it('should carry deferred events, states and slots along with their routine', async () => {
      const host = (time: VirtualTime, id: string, log: unknown[]): Flow =>
        flowOf(
          {
            [id]: {
              slots: {
                trigger: (_, ctx) => {
                  ctx.setState({ mine: true });
                  ctx.emit('o', { v: 1 });
                  ctx.emitDeferred('o', { v: 2 });
                },
                i: [
                  (data, ctx) => {
                    log.push([data, ctx.state()]);
                    if (log.length === 1) void ctx.pause();
                  },
                  { merge: 'append' },
                ],
              },
            },
          },
          [`${id}.o -> ${id}.i`],
          { flowId: 'renaming', scheduler: time.scheduler },
        );
      const time = virtualTime();
      const before = host(time, 'old', []).start('old');
      await time.exhaust();
      expect(before.status).toBe('paused');
      const log: unknown[] = [];
      const job = host(time, 'new', log).resume(moved(before), { remap: { old: 'new' } });
      await time.exhaust();
      job.resume();
      await time.exhaust();
      expect(log).toEqual([[{ v: [1, 2] }, { mine: true }]]);
      expect([job.status, job.state.deferredEvents]).toEqual(['completed', []]);
    });

    it('should be refused without it, and taken with an empty one where only a connection is new', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const log: string[] = [];
      const flow = items(time, log);
      flow.connect('s', 'o', 'd', 'i');
      expect(codeOf(() => flow.resume(moved(before)))).toBe('STRUCTURE_CHANGED');
      flow.resume(moved(before), { remap: {} });
      await time.exhaust();
      expect(log).toEqual(REST);
    });

    it('should let a task in as it was sent whose connection is gone, and had no mapping', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const log: string[] = [];
      const flow = items(time, log);
      flow.disconnect(flow.connections[0] as (typeof flow.connections)[number]);
      flow.resume(moved(before), { remap: {} });
      await time.exhaust();
      expect(log).toEqual(REST);
    });

    it('should be refused where two routines would become one, whose states could not both stay', async () => {
      const { job: before } = await pausedItems(virtualTime());
      const flow = items(virtualTime(), []);
      const error = ours(thrown(() => flow.resume(moved(before), { remap: { s: 't', other: 't' } })));
      expect([error.code, error.details['option'], flow.jobs]).toEqual(['BAD_OPTION', 'remap', []]);
    });

    it('should take a routine called __proto__ for a routine (X)', async () => {
      const time = virtualTime();
      const { job: before } = await pausedItems(time);
      const remap = JSON.parse('{ "__proto__": "x", "constructor": "y" }') as Record<string, string>;
      const log: string[] = [];
      items(time, log).resume(moved(before), { remap });
      await time.exhaust();
      expect(log).toEqual(REST);
    });

    it('should begin a job that had not begun under the new id of its entry', async () => {
      const time = virtualTime();
      const before = items(time, []).start('s');
      const state = moved(before);
      await before.cancel();
      const log: string[] = [];
      const job = renamedItems(time, log).resume(state, { remap: REMAP });
      await time.exhaust();
      expect(log).toEqual(['work9:{}', 'd9']);
      expect(job.state.history()[0]).toMatchObject({ routineId: 'source', eventName: 'start' });
      expect(job.snapshot().run?.entryRoutineId).toBe('source');
    });
  });
});

describe('the turn of a resume', () => {
  const typesOf = (job: Job): string[] => {
    const types: string[] = [];
    job.record$.subscribe(({ type }) => types.push(type));
    return types;
  };

  it('should miss no record: whoever subscribes in it sees resumed, and what was deferred (D17)', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const state = edited(before, (json) => ({
      ...json,
      deferredEvents: [{ routineId: 't', event: 'o', data: { x: 'deferred' } }],
    }));
    const job = items(time, []).resume(state);
    const records: JobRecord[] = [];
    const statuses: string[] = [];
    job.record$.subscribe((record) => records.push(record));
    job.status$.subscribe((status) => statuses.push(status));
    await time.exhaust();
    expect(records.slice(0, 6)).toMatchObject([
      { type: 'resumed', jobId: job.id },
      { type: 'emitted', routineId: 't', event: 'o', data: { x: 'deferred' } },
      { type: 'taskQueued', routineId: 'd', data: { x: 'deferred' } },
      { type: 'deferredEmitted', count: 1 },
      { type: 'routineSeen', routineId: 'd' },
      { type: 'taskStarted', routineId: 'd', data: { x: 'deferred' } },
    ]);
    expect(records.filter(({ type }) => type === 'started')).toEqual([]);
    expect(records.filter(({ type }) => type === 'resumed')).toHaveLength(1);
    expect(records.at(-1)).toMatchObject({ type: 'ended', status: 'completed' });
    expect(statuses).toEqual(['running', 'completed']);
  });

  it('should run nothing in it (D17)', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const log: string[] = [];
    const job = items(time, log).resume(moved(before));
    expect([log, job.status]).toEqual([[], 'running']);
    expect(job.state.pendingTasks).toHaveLength(4);
    await time.advance(0);
    expect(log).toEqual(['t1']);
  });

  it('should be at rest again where it is paused in it, with all that waits', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const log: string[] = [];
    const job = items(time, log).resume(moved(before));
    const types = typesOf(job);
    const paused = job.pause({ reason: 'at once' });
    expect(job.status).toBe('paused');
    await time.advance(1_000);
    expect(await paused).toBe(job.state);
    expect([log, types]).toEqual([[], ['paused']]);
    expect(job.state.pausePoints).toMatchObject([{ reason: 'to move' }, { reason: 'at once', pendingTasks: 4 }]);
    job.resume();
    await time.exhaust();
    expect(log).toEqual(REST);
    expect(types.filter((type) => type === 'resumed')).toEqual(['resumed']);
  });

  it('should go on as if nothing had happened where it is paused and resumed in it', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const log: string[] = [];
    const flow = items(time, log);
    const job = flow.resume(moved(before));
    const types = typesOf(job);
    void job.pause();
    job.resume();
    void job.pause();
    flow.resume(job);
    await time.exhaust();
    expect([log, job.status]).toEqual([REST, 'completed']);
    expect(types.filter((type) => type === 'ended')).toHaveLength(1);
  });

  it('should run nothing at all where it is cancelled in it', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const log: string[] = [];
    const flow = items(time, log);
    const job = flow.resume(moved(before));
    const types = typesOf(job);
    const state = await job.cancel('changed my mind');
    await time.exhaust();
    expect([log, types, state.status, state.reason]).toEqual([[], ['ended'], 'cancelled', 'changed my mind']);
    expect(flow.jobs).toEqual([]);
    expect(state.metrics.flow().droppedTasks).toBe(4);
  });

  it('should be able to be written down in it, with nothing changed', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const text = JSON.stringify(before.snapshot());
    const job = items(time, []).resume(JobState.fromJSON(text));
    const { updatedAt: _now, ...again } = job.snapshot();
    const { updatedAt: _then, ...written } = JSON.parse(text) as JobSnapshot;
    expect(JSON.parse(JSON.stringify(again))).toEqual(written);
    await time.exhaust();
  });

  it('should take up many jobs in one turn, each with its own', async () => {
    const time = virtualTime();
    const texts: string[] = [];
    for (let n = 0; n < 5; n++) texts.push(JSON.stringify((await pausedItems(time)).job.snapshot()));
    const log: string[] = [];
    const flow = items(time, log);
    const jobs = texts.map((text) => flow.resume(JobState.fromJSON(text)));
    await time.exhaust();
    expect(jobs.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
    expect([...log].sort()).toEqual(Array(5).fill(REST).flat().sort());
  });
});

describe('a snapshot', () => {
  it('should be the same after any number of ways', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time, { errorHandler: new ErrorHandler({ strategy: 'retry' }) });
    const first = before.snapshot();
    let state = moved(before);
    for (let way = 0; way < 3; way++) {
      expect(state.toJSON()).toEqual(first);
      state = moved(state);
    }
    const log: string[] = [];
    const job = items(time, log).resume(state);
    await time.exhaust();
    expect([job.status, log]).toEqual(['completed', REST]);
  });

  it('should be apart from what it was read from, and what is read from it from what it does (G65)', async () => {
    const time = virtualTime();
    const { job: before } = await pausedItems(time);
    const json = JSON.parse(JSON.stringify(before.snapshot())) as JobSnapshot;
    const state = JobState.fromJSON(json);
    for (const task of json.pendingTasks) Object.assign(task.data as object, { x: 'json' });
    for (const task of state.pendingTasks) Object.assign(task.data, { x: 'read' });
    for (const task of before.state.pendingTasks) Object.assign(task.data, { x: 'live' });
    const log: string[] = [];
    items(time, log).resume(state);
    await time.exhaust();
    expect(log).toEqual(REST);
  });

  it('should be taken up in a handler too, which may wait for it on the one worker that there is (D16)', async () => {
    const time = virtualTime();
    const log: string[] = [];
    const host = (text?: string): Flow =>
      flowOf(
        {
          outer: {
            slots: {
              trigger: async (_, ctx) => {
                const { status } = await ctx.flow.resume(JobState.fromJSON(text)).done;
                log.push(status);
              },
            },
          },
          s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
          t: { slots: { i: noting(log, ({ n }) => String(n)) } },
        },
        ['s.o -> t.i'],
        { flowId: 'nested', scheduler: time.scheduler },
      );
    const before = host().start('s');
    await before.pause();
    const job = host(JSON.stringify(before.snapshot())).start('outer');
    await time.exhaust();
    expect([job.status, log]).toEqual(['completed', ['1', '2', 'completed']]);
  });

  it('should be the same from a handle, a state, and the words of the seed', async () => {
    const time = virtualTime();
    const { job } = await pausedItems(time);
    expect(job.state.toJSON()).toEqual(job.snapshot());
    expect(job.state.serialize()).toEqual(job.snapshot());
    const state = new JobState().deserialize(JSON.stringify(job.state));
    expect(state.serialize()).toEqual(job.snapshot());
    const log: string[] = [];
    items(time, log).resume(state);
    await time.exhaust();
    expect(log).toEqual(REST);
  });

  it.each([
    ['in the turn of its start', (_: Job): void => undefined],
    ['paused before it began', (job: Job): void => void job.pause()],
  ])('should hold a job that has not begun, and start it: %s (S88)', async (_, meanwhile) => {
    const time = virtualTime();
    const before = items(time, []).start('s', { p: 1 });
    meanwhile(before);
    const state = moved(before);
    await before.cancel();
    expect(state.status).toBe('paused');
    expect(state.history()).toEqual([]);
    expect(state.pendingTasks).toMatchObject([{ routineId: 's', slot: 'trigger', data: { p: 1 }, attempt: 1 }]);

    const log: string[] = [];
    const job = items(time, log).resume(state);
    const types: string[] = [];
    job.record$.subscribe(({ type }) => types.push(type));
    await time.exhaust();
    expect(log).toEqual(['t0', ...REST]);
    expect(job.state.history().filter(({ eventName }) => eventName === 'start')).toMatchObject([
      { routineId: 's', data: { p: 1 } },
    ]);
    expect(types.filter((type) => type === 'started')).toHaveLength(1);
    expect(types.indexOf('started')).toBeLessThan(types.indexOf('taskStarted'));
  });

  describe('taken where the job is half way through something', () => {
    type Place =
      | 'the entry'
      | 'a handler'
      | 'a merge'
      | 'a mapping'
      | 'retryOn'
      | 'random'
      | 'a record$ observer'
      | 'a status$ observer'
      | 'a progress$ observer'
      | 'an output observer';
    const PLACES: readonly Place[] = [
      'the entry',
      'a handler',
      'a merge',
      'a mapping',
      'retryOn',
      'random',
      'a record$ observer',
      'a status$ observer',
      'a progress$ observer',
      'an output observer',
    ];

    /** Item 2 fails once; the slot counts what it has merged, so that a second merge shows. */
    const probed = (time: VirtualTime, log: string[], slow: boolean, probe: (place: Place) => void): Flow => {
      const i: NonNullable<Sketch['slots']>[string] = [
        (data, ctx: Context) => {
          probe('a handler');
          const work = (): void => {
            if (data['n'] === 2 && ctx.attempt === 1) throw new Error('once');
            // An observer of what comes after an await is told at once, while the handler is still at work.
            ctx.output('done', data);
            log.push(`${String(data['n'])}/${String(data['seen'])}`);
          };
          return slow ? time.sleep(5).then(work) : void work();
        },
        {
          merge: (held: Data, incoming: Data): Data => {
            probe('a merge');
            return { ...incoming, seen: Number(held['seen'] ?? 0) + 1 };
          },
        },
      ];
      const trigger = (_: Data, ctx: Context): void => {
        probe('the entry');
        for (let n = 0; n < 4; n++) ctx.emit('o', { n });
      };
      const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i } } }, [], {
        flowId: 'probed',
        scheduler: time.scheduler,
        random: () => {
          probe('random');
          return 0.5;
        },
        errorHandler: new ErrorHandler({
          strategy: 'retry',
          delayMs: 10,
          jitter: 0.5,
          retryOn: () => {
            probe('retryOn');
            return true;
          },
        }),
      });
      flow.connect('s', 'o', 't', 'i', (data) => {
        probe('a mapping');
        return { ...data };
      });
      return flow;
    };

    const CASES = PLACES.flatMap((place) => [[place, 'at once', false] as const, [place, 'after a while', true] as const]);

    it.each(CASES)('should lose nothing and do nothing twice: in %s, handlers that end %s', async (place, _, slow) => {
      const time = virtualTime();
      const own: string[] = [];
      const taken: { text: string; done: readonly string[] }[] = [];
      const take = (at: Place): void => {
        if (at === place) taken.push({ text: JSON.stringify(job.snapshot()), done: [...own] });
      };
      const flow = probed(time, own, slow, take);
      const job = flow.start('s', {}, { output: () => take('an output observer') });
      job.record$.subscribe(() => take('a record$ observer'));
      job.status$.subscribe(() => take('a status$ observer'));
      job.progress$.subscribe(() => take('a progress$ observer'));
      await time.exhaust();
      const whole = ['0/1', '1/2', '2/3', '3/4'];
      expect([job.status, [...own].sort()]).toEqual(['completed', whole]);
      expect(taken.length).toBeGreaterThan(0);

      for (const { text, done } of taken) {
        const state = JobState.fromJSON(text);
        if (state.status === 'completed') {
          expect([...done].sort()).toEqual(whole);
          continue;
        }
        const log: string[] = [];
        const next = probed(time, log, slow, () => undefined).resume(state);
        await time.exhaust();
        expect(next.status).toBe('completed');
        expect([...done, ...log].sort()).toEqual(whole);
        expect(next.state.history().filter(({ eventName }) => eventName === 'start')).toHaveLength(1);
        expect(next.state.metrics.routine('t')).toMatchObject({ completed: 4, retried: 1, failed: 0 });
      }
    });
  });

  it('should hold what a promise still works on that its handler tracks (D5)', async () => {
    const time = virtualTime();
    const host = (log: string[]): Flow =>
      flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                log.push('s');
                void ctx.track(time.sleep(10).then(() => ctx.emit('o', {})));
              },
            },
          },
          t: { slots: { i: noting(log, 't') } },
        },
        ['s.o -> t.i'],
        { flowId: 'tracking', scheduler: time.scheduler },
      );
    const before = host([]).start('s');
    await time.advance(5);
    const log: string[] = [];
    const job = host(log).resume(moved(before));
    await time.exhaust();
    expect([log, job.status]).toEqual([['s', 't'], 'completed']);
  });

  it('should be written by the real clock too, and go on after the turn', async () => {
    const log: string[] = [];
    const host = (): Flow =>
      flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } }, t: { slots: { i: noting(log, 't') } } }, ['s.o -> t.i'], {
        flowId: 'real',
      });
    const before = host().start('s');
    await before.pause();
    const job = host().resume(moved(before));
    expect(log).toEqual([]);
    await rest();
    expect([job.status, log]).toEqual(['completed', ['t']]);
  });
});
