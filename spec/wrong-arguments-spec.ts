/** What stands in the place of an argument and is none would do nothing, or something else, in silence (D37). */
import { of } from 'rxjs';
import { type Context, type Flow, FlowError, type Job, type JobState, Routine } from '../lib/index.js';
import { type FlowTest, seeded, testFlow } from '../lib/testing/index.js';
import { flowOf, sleep } from './support/flows.js';
import { refusalOf } from './support/refusalOf.js';

const busyFlow = (): Flow => flowOf({ s: { slots: { trigger: () => sleep(5) } } }, [], { flowId: 'f' });

const withJob = async (call: (job: Job, flow: Flow) => unknown): Promise<void> => {
  const flow = busyFlow();
  const job = flow.start('s');
  try {
    await call(job, flow);
  } finally {
    const { status } = job;
    await job.cancel();
    // A refused call has done nothing.
    expect(status).not.toMatch(/completed|cancelled|paused/);
  }
};

const inHandler = async (call: (ctx: Context) => unknown): Promise<void> => {
  const { error } = await flowOf({ s: { slots: { trigger: (_, ctx) => void call(ctx) } } }).execute('s');
  if (error !== undefined) throw error.cause;
};

const inTest = (call: (test: FlowTest) => unknown): Promise<void> => testFlow(async (test) => void (await call(test)));

const wrong = new Error('no text') as never;

describe('a wrong argument (D37)', () => {
  it.each<[string, string, () => unknown]>([
    ['the reason of job.cancel', 'reason', () => withJob((job) => job.cancel(wrong))],
    ['the reason of job.complete', 'reason', () => withJob((job) => job.complete(wrong))],
    ['a reason that is a symbol', 'reason', () => withJob((job) => job.cancel(Symbol('why') as never))],
    ['the reason of job.cancelTask', 'reason', () => withJob((job) => job.cancelTask('t', wrong))],
    ['the reason of flow.cancel', 'reason', () => withJob((job, flow) => flow.cancel(job, wrong))],
    ['the reason for all of flow.cancel', 'reason', () => withJob((_, flow) => flow.cancel({ reason: wrong }))],
    ['a text in the place of the options of job.pause', 'options', () => withJob((job) => job.pause('x' as never))],
    ['a text in the place of the job of flow.pause', 'job', () => withJob((_, flow) => flow.pause('x' as never))],
    ['a job that was not found', 'job', () => withJob((_, flow) => flow.cancel(undefined as never))],
    ['a snapshot in the place of the job', 'job', () => withJob((job, flow) => flow.cancel(job.snapshot() as never))],
    ['a checkpoint of flow.cancel', 'checkpoint', () => withJob((_, flow) => flow.cancel({ checkpoint: 1 } as never))],
    ['the reason of ctx.cancel', 'reason', () => inHandler((ctx) => void ctx.cancel(wrong))],
    ['the reason of ctx.complete', 'reason', () => inHandler((ctx) => void ctx.complete(wrong))],
    ['the type of ctx.output', 'type', () => inHandler((ctx) => void ctx.output(5 as never))],
    ['the key of ctx.shared.set', 'key', () => inHandler((ctx) => void ctx.shared.set(5 as never, 1))],
    ['an observable that ctx.track is to wait for', 'work', () => inHandler((ctx) => void ctx.track(of(1) as never))],
    ['what ctx.track is to wait for', 'work', () => inHandler((ctx) => void ctx.track(null as never))],
    ['a connection', 'connection', () => busyFlow().disconnect(5 as never)],
    ['a connection that was not found', 'connection', () => busyFlow().disconnect(undefined as never)],
    ['a seed', 'seed', () => seeded(0.5)],
    ['the time of sleep', 'ms', () => inTest((test) => test.sleep(NaN))],
    ['the time of takes', 'ms', () => inTest((test) => test.takes('5' as never))],
    ['the time of a step of replay', 'at', () => inTest((test) => test.replay(busyFlow(), [[-1, 's.trigger 1', 'ends']]))],
  ])('should be refused: %s, named %s', async (_, option, call) => {
    const error = await refusalOf(call);
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option } });
  });

  it('should be refused where a strategy would not be what the method says', () => {
    const routine = new Routine();
    expect(() => routine.setAsOptional('stop' as never)).toThrow(/choose one of 'continue', 'skip'/);
    expect(() => routine.setAsCritical({ strategy: 'skip' } as never)).toThrow(/'strategy'/);
    expect(routine.errorHandler).toBeUndefined();
  });

  it('should leave a flow open whose shutdown is refused', async () => {
    const flow = busyFlow();
    await expect(flow.shutdown({ wait: 'no' as never })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it('should start no job that execute refuses', async () => {
    const flow = busyFlow();
    await expect(flow.execute('s', {}, { orThrow: 1 as never })).rejects.toMatchObject({ details: { option: 'orThrow' } });
    expect(flow.jobs).toEqual([]);
  });

  it.each<[string, object]>([
    ['timeoutMs', { timeoutMs: 5 }],
    ['remap', { remap: {} }],
    ['output', { output: () => undefined }],
    ['paused', { paused: true }],
  ])('should be refused: the option %s of resume, for a job that the flow holds', async (option, options) => {
    const flow = busyFlow();
    const job = flow.start('s');
    await job.pause();
    for (const held of [job, job.state] as readonly (Job | JobState)[])
      expect(await refusalOf(() => flow.resume(held, options))).toMatchObject({ code: 'BAD_OPTION', details: { option } });
    expect(job.status).toBe('paused');
    expect((await flow.resume(job, { paused: false, maxWorkers: undefined }).done).status).toBe('completed');
  });
});
