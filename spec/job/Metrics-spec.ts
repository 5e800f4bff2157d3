import type { Context, Data, Handler, JobState } from '../../lib/index.js';
import { JobState as State } from '../../lib/index.js';
import { EXECUTION_BOUND } from '../../lib/job/JobData.js';
import { emitting, flowOf, forward } from '../support/flows.js';
import { virtualTime } from '../support/virtualTime.js';

/** Metrics of a run in virtual time: `s` emits to `t`, whose handler takes the time its payload asks for. */
const timed = async (waits: readonly number[], then: Handler = () => undefined): Promise<JobState> => {
  const { scheduler, sleep, exhaust } = virtualTime();
  const work = async (data: Data, ctx: Context): Promise<void> => {
    await sleep(Number(data['ms']));
    await (then.call(ctx.flow.routines.get('t') as never, data, ctx) as Promise<void> | undefined);
  };
  const flow = flowOf(
    { s: { slots: { trigger: emitting(...waits.map((ms) => ({ ms }))) } }, t: { slots: { i: work } } },
    ['s.o -> t.i'],
    { scheduler },
  );
  const done = flow.execute('s');
  await exhaust();
  return done;
};

const failing: Handler = ({ ms }) => {
  if (Number(ms) > 100) throw new Error('too slow');
};

describe('Metrics.routine', () => {
  it('should count and time the tasks of a chain that succeeds (SC104, G81)', async () => {
    const { metrics } = await timed([10, 30]);
    expect(metrics.routine('s')).toMatchObject({
      total: 1,
      completed: 1,
      failed: 0,
      skipped: 0,
      successRate: 1,
      emitted: { o: 2 },
    });
    expect(metrics.routine('t')).toMatchObject({
      total: 2,
      completed: 2,
      failed: 0,
      retried: 0,
      dropped: 0,
      successRate: 1,
      timed: 2,
      avgTimeMs: 20,
      minTimeMs: 10,
      maxTimeMs: 30,
      emitted: { o: 0 },
    });
  });

  it('should give nothing for a routine that is unknown or has not run (G81)', async () => {
    const { metrics } = await flowOf({
      s: { slots: { trigger: () => undefined } },
      t: { slots: { i: () => undefined } },
    }).execute('s');
    expect([metrics.routine('t'), metrics.routine('nobody'), metrics.routine('constructor')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('should tell failures, skips, retries and drops apart (G81)', async () => {
    const fail: Handler = ({ n }) => {
      if (n === 2) throw new Error('the second one');
    };
    const counts = async (strategy: 'continue' | 'skip' | 'retry' | undefined): Promise<unknown> => {
      const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } }, t: { slots: { i: fail } } }, [
        's.o -> t.i',
      ]);
      const t = flow.routines.get('t');
      if (strategy === 'retry') t?.setAsCritical({ maxRetries: 2, delayMs: 0 });
      else if (strategy !== undefined) t?.setAsOptional(strategy);
      const { metrics } = await flow.execute('s');
      const { total, completed, failed, skipped, retried, successRate } = metrics.routine('t') ?? {};
      return { total, completed, failed, skipped, retried, successRate, lost: metrics.flow().droppedTasks };
    };
    const whole = { total: 3, completed: 2, failed: 0, skipped: 0, retried: 0, successRate: 2 / 3, lost: 0 };
    expect(await counts('continue')).toEqual({ ...whole, failed: 1 });
    expect(await counts('skip')).toEqual({ ...whole, skipped: 1 });
    expect(await counts('retry')).toEqual({ ...whole, failed: 1, retried: 2 });
    expect(await counts(undefined)).toEqual({
      ...whole,
      total: 2,
      completed: 1,
      failed: 1,
      successRate: 1 / 2,
      lost: expect.any(Number) as number,
    });
  });

  it('should list each run with start, end, status, params, error and time (G80)', async () => {
    const flowState = await timed([20, 150], failing);
    expect(flowState.status).toBe('failed');
    expect(flowState.metrics.routine('t')?.executions).toEqual([
      {
        routineId: 't',
        slot: 'i',
        taskId: expect.any(String) as string,
        attempt: 1,
        params: { ms: 20 },
        startedAt: new Date(0),
        endedAt: new Date(20),
        status: 'completed',
        error: undefined,
        executionTimeMs: 20,
      },
      expect.objectContaining({
        params: { ms: 150 },
        startedAt: new Date(20),
        endedAt: new Date(170),
        status: 'failed',
        error: 'too slow',
        executionTimeMs: 150,
      }),
    ]);
  });

  it('should show a run that is at work without an end (G81)', async () => {
    const { scheduler, sleep, advance, exhaust } = virtualTime();
    const flow = flowOf({ s: { slots: { trigger: () => sleep(50) } } }, [], { scheduler });
    const job = flow.start('s');
    await advance(10);
    expect(job.state.metrics.routine('s')).toMatchObject({
      total: 0,
      successRate: 0,
      timed: 0,
      avgTimeMs: 0,
      minTimeMs: 0,
      maxTimeMs: 0,
    });
    expect(job.state.metrics.routine('s')?.executions).toMatchObject([
      { status: 'running', endedAt: undefined, executionTimeMs: undefined },
    ]);
    await exhaust();
    expect((await job.done).metrics.routine('s')).toMatchObject({ total: 1, avgTimeMs: 50 });
  });

  it('should list each attempt of a retried task under one task id (G80)', async () => {
    let calls = 0;
    const flow = flowOf({
      s: {
        slots: {
          trigger: () => {
            if (++calls < 3) throw new Error('not yet');
          },
        },
      },
    });
    flow.routines.get('s')?.setAsCritical({ delayMs: 0 });
    const { metrics } = await flow.execute('s');
    const runs = metrics.routine('s')?.executions ?? [];
    expect(runs.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'retry'],
      [2, 'retry'],
      [3, 'completed'],
    ]);
    expect(new Set(runs.map(({ taskId }) => taskId)).size).toBe(1);
  });

  it('should keep the newest 1,000 runs of a job, and count them all (D30, G80)', async () => {
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 1_100 }, (_, n) => ({ n }))) } },
        t: { slots: { i: () => undefined } },
      },
      ['s.o -> t.i'],
    );
    const { metrics } = await flow.execute('s');
    const runs = metrics.routine('t')?.executions ?? [];
    expect(runs).toHaveLength(EXECUTION_BOUND);
    expect([runs[0]?.params, runs.at(-1)?.params]).toEqual([{ n: 100 }, { n: 1_099 }]);
    expect(metrics.routine('t')?.total).toBe(1_100);
  });

  it('should say nothing of runs and times where the flow has its metrics off', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { metrics: false });
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(state.metrics.routine('s')).toMatchObject({ timed: 0, executions: [] });
  });
});

describe('Metrics.flow', () => {
  it('should be all zeros in an empty state (G82)', () => {
    expect(new State().metrics.flow()).toEqual({
      routines: 0,
      events: 0,
      totalTimeMs: 0,
      avgTimeMs: 0,
      droppedTasks: 0,
      highWater: 0,
      droppedRecords: 0,
    });
  });

  it('should sum and average the times of the routines (G82)', async () => {
    const { scheduler, sleep, exhaust } = virtualTime();
    const waitThenForward =
      (ms: number): Handler =>
      async (data, ctx) => {
        await sleep(ms);
        forward(data, ctx);
      };
    const flow = flowOf(
      {
        s: { slots: { trigger: waitThenForward(10) } },
        t: { slots: { i: waitThenForward(50) } },
        idle: { slots: { i: () => undefined } },
      },
      ['s.o -> t.i'],
      { scheduler },
    );
    const done = flow.execute('s');
    await exhaust();
    expect((await done).metrics.flow()).toMatchObject({ routines: 2, events: 2, totalTimeMs: 60, avgTimeMs: 30 });
  });
});

describe('Metrics.events', () => {
  it('should list each emission with flow, job, routine, event and time (G80, SC104)', async () => {
    const flow = flowOf(
      { s: { slots: { trigger: emitting({ v: 1 }, { v: 2 }) } }, t: { slots: { i: forward } } },
      ['s.o -> t.i'],
      { flowId: 'f' },
    );
    const { metrics } = await flow.execute('s', {}, { jobId: 'j' });
    const common = { flowId: 'f', jobId: 'j', event: 'o', timestamp: expect.any(Date) as Date };
    expect(metrics.events).toEqual(['s', 's', 't', 't'].map((routineId) => ({ ...common, routineId })));
  });

  it('should not take start and errors for emissions (G80)', async () => {
    const state = await flowOf({
      s: {
        slots: {
          trigger: () => {
            throw new Error('x');
          },
        },
      },
    }).execute('s');
    expect(state.history()).toHaveLength(2);
    expect(state.metrics.events).toEqual([]);
  });

  it('should not take a record of the engine for an emission where an event has the name of one', async () => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.emit('start') }, events: ['start'] } });
    const { metrics } = await flow.execute('s');
    expect(metrics.events.map(({ event }) => event)).toEqual(['start']);
  });
});
