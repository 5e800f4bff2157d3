import fc from 'fast-check';
import { pipe, reduce, tap } from 'rxjs';
import type { Data, JobState } from '../../lib/index.js';
import { detached } from '../../lib/JobState.js';
import { fromOperator } from '../../lib/rx/index.js';
import { callingClock } from '../support/callingClock.js';
import { deferred, emitting, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn, virtualTime } from '../support/virtualTime.js';
import { keeping, pausedStory, seen, textOf, trip } from '../wire/sample.js';
import { difference, objectOf, values } from '../wire/values.js';

const expectSame = (state: JobState): void => {
  const [copy] = detached(state);
  expect(copy).not.toBe(state);
  expect(textOf(copy)).toBe(textOf(trip(state)));
  expect(difference(seen(copy), seen(trip(state)))).toBeUndefined();
};

describe('the copy of a live job', () => {
  it('should be what its JSON is that was read back: a paused job', async () => {
    expectSame((await pausedStory()).job.state);
  });

  it('should be what its JSON is that was read back: a job at work', async () => {
    const time = virtualTime();
    const hold = deferred();
    const job = flowOf({ s: { slots: { trigger: () => hold.promise } } }, [], { scheduler: time.scheduler }).start('s', {
      n: 1,
    });
    await turn();
    expectSame(job.state);
    hold.resolve();
    await time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should be what its JSON is that was read back: a job with a slot where tasks have waited', async () => {
    const sketches = {
      s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } },
      t: { slots: { i: [() => undefined, { maxQueued: 5 }] as const } },
    };
    const { state, done } = flowOf(sketches, ['s.o -> t.i']).start('s');
    await done;
    expect((state.toJSON() as { routineStates: unknown }).routineStates).toContainEqual(
      expect.objectContaining({ routineId: 't', highWater: [{ slot: 'i', count: 3 }] }),
    );
    expectSame(state);
  });

  it('should be what its JSON is that was read back, whatever values it holds', async () => {
    await fc.assert(
      fc.asyncProperty(objectOf(values) as fc.Arbitrary<Data>, async (data) => {
        const job = keeping(data).start('s', data);
        await turn();
        expectSame(job.state);
        await job.cancel();
      }),
      { numRuns: 15 },
    );
  });

  it('should share nothing with the job, and hold nothing twice', async () => {
    const list = [1];
    const job = keeping({ list, again: list }).start('s');
    await turn();
    const [{ pendingTasks }, data] = detached(job.state);
    list.push(2);
    expect(pendingTasks.map((task) => task.data)).toEqual([{ list: [1], again: [1] }]);
    const kept = data.shared.values.get('mine') as { list: unknown; again: unknown };
    expect([kept, kept.list === kept.again]).toEqual([{ list: [1], again: [1] }, false]);
    await job.cancel();
  });

  it('should hold the streams of operators that something has gone into, and no others', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } } });
    const pausing = tap<Data>(() => void flow.jobs[0]?.pause());
    const count = reduce<Data, { n: number }>(({ n }) => ({ n: n + 1 }), { n: 0 });
    flow.addRoutine(fromOperator('fed', pipe(pausing, count), { replay: true }), 'fed');
    flow.addRoutine(fromOperator('idle', count, { replay: true }), 'idle');
    flow.connect('s.o', 'fed.input');
    flow.connect('fed.output', 'idle.input');
    const job = flow.start('s');
    await turn();
    expect(job.status).toBe('paused');
    const [, { streams }] = detached(job.state);
    expect(streams.get('fed')).toEqual([{ inputs: [{ n: 1 }], given: 0, stage: 'open', begun: true }]);
    expect(streams.get('idle') ?? []).toEqual([]);
    await job.cancel();
  });

  it('should not be made of a job that cannot be written down', async () => {
    const job = keeping({ call: () => 0 }).start('s');
    await turn();
    expect(ours(thrown(() => detached(job.state))).code).toBe('NOT_SERIALISABLE');
    await job.cancel();
  });

  it.each([1, 2])('should be of a job that has ended, if the clock ends it at look %i (D31)', async (look) => {
    let asked = 0;
    const { scheduler } = callingClock((call) => {
      if (call === 'now' && asked-- === 1) void job.cancel('by its clock');
    });
    const job = keeping({ n: 1 }, { scheduler }).start('s');
    await turn();
    expect(job.status).toBe('paused');
    asked = look;
    const [{ status, pendingTasks }] = detached(job.state);
    expect([status, pendingTasks]).toEqual(['cancelled', []]);
  });

  it('should not be made of what is no live job: a state from JSON is its own', async () => {
    const { job } = await pausedStory();
    const state = trip(job.state);
    expect(detached(state)[0]).toBe(state);
  });
});
