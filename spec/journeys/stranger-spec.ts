import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, type Data, ErrorHandler, Flow, type Job, JobState, type Registry, Routine } from '../../lib/index.js';
import { loadJob, saveJob } from '../../lib/node/index.js';
import { deferred, emitting, flowOf, sleep } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';
import { virtualTime } from '../support/virtualTime.js';

/* What a stranger found who followed the README, each with the smallest thing that shows it. */

const retrying = (delayMs: number): ErrorHandler => new ErrorHandler({ strategy: 'retry', delayMs });

const waiting = (): Flow => flowOf({ s: { slots: { trigger: () => deferred().promise } } });

describe('a flow that is asked to pause or cancel', () => {
  const wrong: readonly [string, (job: Job) => unknown][] = [
    ['a lookup that found nothing', () => new Map<string, JobState>().get('typo')],
    ['the JSON of a job', (job) => job.snapshot()],
    ['the id of a job', (job) => job.id],
    ['null', () => null],
  ];

  it.each(wrong)('should not take %s for all its jobs (D4, G68)', async (_, given) => {
    const flow = waiting();
    const jobs = [flow.start('s'), flow.start('s')];
    await sleep(1);
    const value = given(jobs[0] as Job) as JobState;
    expect(ours(await rejection(flow.cancel(value))).code).toBe('BAD_OPTION');
    expect(ours(await rejection(flow.pause(value))).code).toBe('BAD_OPTION');
    expect(jobs.map(({ status }) => status)).toEqual(['running', 'running']);
    await flow.cancel({ reason: 'enough' });
    expect(jobs.map(({ status, state }) => [status, state.reason])).toEqual(Array(2).fill(['cancelled', 'enough']));
  });

  it('should be quiet in the end although a handler waits for a job of its own (D4, D16, D19)', async () => {
    const time = virtualTime();
    const flow = flowOf(
      {
        outer: { slots: { trigger: (_: Data, ctx: Context) => ctx.flow.execute('inner') } },
        inner: { slots: { trigger: (_: Data, ctx: Context) => time.sleep(20).then(() => ctx.emit('o', {})) } },
        last: { slots: { i: () => undefined } },
      },
      ['inner.o -> last.i'],
      { scheduler: time.scheduler },
    );
    const job = flow.start('outer');
    await time.advance(5);
    const paused = flow.pause();
    await time.exhaust();
    expect((await paused).map(({ jobId, status }) => [jobId, status])).toEqual([[job.id, 'paused']]);
    job.resume();
    await time.exhaust();
    expect(job.status).toBe('completed');
  });
});

describe("an attempt that fails, with emitMode 'commit'", () => {
  it('should leave nothing behind in maps, sets and dates of the state, nor in what is shared (D13)', async () => {
    const trigger = ({ x }: Data, ctx: Context): void => {
      const { seen = new Set<number>() } = ctx.state() as { seen?: Set<number> };
      const total = ctx.shared.get<{ n: number }>('total', { n: 0 });
      seen.add(Number(x) * 10 + ctx.attempt);
      total.n++;
      ctx.setState({ seen });
      ctx.shared.set('total', total);
      if (x === 2 && ctx.attempt === 1) throw new Error('once');
    };
    const sketches = {
      s: { slots: { trigger: emitting(...[0, 1, 2, 3].map((x) => ({ x }))) } },
      t: { slots: { i: trigger } },
    };
    const flow = flowOf(sketches, ['s.o -> t.i'], { emitMode: 'commit' }).setErrorHandler(retrying(0));
    const state = await flow.execute('s');
    expect([...(state.routineState('t')?.['seen'] as Set<number>)]).toEqual([1, 11, 31, 22]);
    expect(state.sharedData['total']).toEqual({ n: 4 });
    (state.routineState('t')?.['seen'] as Set<number>).clear();
    expect(state.routineState('t')?.['seen']).toHaveProperty('size', 4);
  });
});

describe('a job that is paused', () => {
  it('should keep the due time of a retry that falls due meanwhile, and no timer (D20, S43)', async () => {
    const time = virtualTime();
    const sketches = { s: { slots: { trigger: (): never => { throw new Error('no'); } } } }; // prettier-ignore
    const flow = flowOf(sketches, [], { scheduler: time.scheduler }).setErrorHandler(retrying(50));
    const job = flow.start('s');
    await time.advance(5);
    await job.pause();
    expect(time.scheduler.actions).toEqual([]);
    await time.advance(100);
    expect(job.state.pendingTasks.map(({ dueAt }) => dueAt?.getTime())).toEqual([50]);
    expect(JobState.fromJSON(job.snapshot()).pendingTasks[0]?.dueAt?.getTime()).toBe(50);
  });

  it('should keep its checkpoint as it was when the pause was asked for (S76)', async () => {
    const flow = waiting();
    const job = flow.start('s');
    await sleep(1);
    const checkpoint = { at: { line: 1 } };
    const paused = job.pause({ checkpoint });
    checkpoint.at.line = 2;
    job.resume();
    const again = job.pause({ checkpoint });
    checkpoint.at.line = 3;
    void job.cancel();
    await Promise.all([paused, again]);
    expect(job.state.pausePoints).toEqual([]);
    const quick = flowOf({ s: { slots: { trigger: () => undefined } } }).start('s');
    const quiet = quick.pause({ checkpoint });
    checkpoint.at.line = 4;
    expect((await quiet).pausePoints[0]?.checkpoint).toEqual({ at: { line: 3 } });
  });

  it('should be its own JSON, as its state is (S87, G74)', async () => {
    const job = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'f' }).start('s');
    await job.pause();
    const text = JSON.stringify(job);
    expect(text).toBe(JSON.stringify(job.state));
    expect(JobState.fromJSON(text).jobId).toBe(job.id);
  });
});

describe('a flow that is written down', () => {
  it('should be refused where a class has no name, which no registry could know (G76)', () => {
    const flow = new Flow();
    flow.addRoutine(new (class extends Routine {})(), 'nameless');
    expect(() => flow.toJSON()).toThrow(/'nameless'.*type is empty/);
  });

  it('should ask for a registry where there is none', () => {
    expect(() => Flow.fromJSON(new Flow().toJSON(), {} as Registry)).toThrow(/'registry'/);
  });
});

describe('saveJob', () => {
  it.each<[string, (flow: Flow) => unknown]>([
    ['a flow', (flow) => flow],
    ['a promise', (flow) => flow.execute('s')],
    ['nothing', () => undefined],
    ['the JSON of a flow', (flow) => flow.toJSON()],
  ])('should not put %s in the place of a job (G64)', async (_, given) => {
    const path = join(mkdtempSync(join(tmpdir(), 'routilux-')), 'job.json');
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'f' });
    const { jobId } = await flow.execute('s').then(async (state) => {
      await saveJob(path, state);
      return state;
    });
    expect(ours(await rejection(saveJob(path, given(flow) as JobState))).code).toBe('NO_JOB');
    expect((await loadJob(path)).jobId).toBe(jobId);
  });
});
