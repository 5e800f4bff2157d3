import { type Context, type Data, Flow, JobState, Routine } from '../../lib/index.js';
import { deferred, flowOf } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { seen } from './sample.js';
import { difference } from './values.js';

class Point {
  readonly x = 1;
}

const circle = (): Data => {
  const around: Record<string, unknown> = {};
  return Object.assign(around, { around });
};

const BAD: readonly [string, unknown][] = [
  ['a function', () => 0],
  ['a symbol', Symbol('s')],
  ['a circle', circle()],
  ['an instance', new Point()],
  ['a hidden key', Object.defineProperty({}, 'own', { value: 1 })],
  ['a symbol as a key', { [Symbol('s')]: 1 }],
  ['what is inherited', Object.create(Object.assign(Object.create(null) as object, { i: 1 }))],
  ['a hole', Object.assign([], { length: 2 })],
  ['a key of a list', Object.assign([1], { own: 1 })],
  ['a hidden key of a list', Object.defineProperty([1], 'own', { value: 1 })],
  ['a symbol on a list', Object.assign([1], { [Symbol('s')]: 1 })],
  ['a list of a class', new (class Stack extends Array {})()],
  ['a key of a date', Object.assign(new Date(0), { own: 1 })],
  ['a key of a map', Object.assign(new Map(), { own: 1 })],
  ['a symbol on a set', Object.assign(new Set(), { [Symbol('s')]: 1 })],
  ['a text that nobody reads', 'x'.repeat(10_000_001)],
];

const pathIn = (bad: unknown): string => {
  if (typeof bad !== 'object' || bad === null) return 'deep.0';
  if ('around' in bad) return 'deep.0.around';
  if (Array.isArray(bad) && bad.length === 2) return 'deep.0.0';
  return Object.hasOwn(bad, 'own') ? 'deep.0.own' : 'deep.0';
};

/** Every place where a handler hands something over, and where it then stands in the JSON of the job. */
const PLACES: readonly [string, string, (ctx: Context, data: Data) => unknown][] = [
  ['an emission', 'history.1.data.', (ctx, data) => { ctx.emit('o', data); }], // prettier-ignore
  ['an output', 'outputLog.0.data.', (ctx, data) => { ctx.output('o', data); }], // prettier-ignore
  ['a deferred event', 'deferredEvents.0.data.', (ctx, data) => { ctx.emitDeferred('o', data); }], // prettier-ignore
  ['a state', 'routineStates.0.state.', (ctx, data) => { ctx.setState(data); }], // prettier-ignore
  ['a shared value', 'sharedData.key.', (ctx, data) => { ctx.shared.set('key', data); }], // prettier-ignore
  ['an entry of the shared log', 'sharedLog.0.', (ctx, data) => { ctx.shared.log(data); }], // prettier-ignore
];

const TABLE = PLACES.flatMap(([place, path, hand]) => BAD.map(([what, bad]) => [place, what, path, hand, bad] as const));

const running = (handler: (ctx: Context) => unknown, emitMode: 'commit' | 'immediate', params: Data = {}): Promise<JobState> =>
  flowOf({ s: { slots: { trigger: (_, ctx) => handler(ctx) } }, t: { slots: { i: () => undefined } } }, ['s.o -> t.i'], {
    emitMode,
  }).execute('s', params);

describe("in emitMode 'commit'", () => {
  it.each(TABLE)('%s that holds %s should be refused where it is handed over (issue 3)', async (place, _, _path, hand, bad) => {
    let error: unknown;
    const state = await running((ctx) => {
      error = thrown(() => hand(ctx, { ok: 1, deep: [bad] }));
      hand(ctx, { ok: 2 });
    }, 'commit');
    expect(error).toMatchObject({ name: 'FlowError', code: 'NOT_SERIALISABLE' });
    const { path, where } = ours(error).details as { path: string; where: string };
    expect(path).toBe(pathIn(bad));
    expect(where.toLowerCase()).toMatch(/'s'|'key'/);
    expect([place, state.status]).toEqual([place, 'completed']);
    expect(JSON.stringify(state)).not.toContain('"ok":1');
    expect(JSON.stringify(state)).toContain('"ok":2');
  });

  it.each(BAD)('entry params that hold %s should be refused before anything runs (issue 3)', async (_, bad) => {
    let ran = 0;
    const flow = flowOf({ s: { slots: { trigger: () => ran++ } } }, [], { emitMode: 'commit' });
    expect(await rejection(flow.execute('s', { deep: [bad] }))).toMatchObject({
      code: 'NOT_SERIALISABLE',
      details: { path: pathIn(bad) },
    });
    expect([ran, flow.jobs]).toEqual([0, []]);
  });

  it.each(BAD)('a checkpoint that holds %s should be refused, and nothing be paused (issue 3)', async (_, bad) => {
    const hold = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => hold.promise } } }, [], { emitMode: 'commit' });
    const job = flow.start('s');
    await turn();
    for (const pause of [
      () => job.pause({ checkpoint: { deep: [bad] } }),
      () => flow.pause(job, { checkpoint: { deep: [bad] } }),
    ])
      expect(await rejection(pause())).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: pathIn(bad) } });
    hold.resolve();
    expect((await job.done).status).toBe('completed');
    expect(job.state.pausePoints).toEqual([]);
  });

  it('what a handler does not catch should fail the job, with nothing of the attempt done (D13)', async () => {
    const state = await running((ctx) => {
      ctx.setState({ n: 1 });
      ctx.emit('o', { n: 1 });
      ctx.emit('o', { bad: () => 0 });
    }, 'commit');
    expect([state.status, state.error?.cause]).toMatchObject(['failed', { code: 'NOT_SERIALISABLE' }]);
    expect(state.history().map(({ eventName }) => eventName)).toEqual(['start', 'error']);
    expect(state.routineState('s')).not.toHaveProperty('n');
  });
});

describe("in emitMode 'immediate'", () => {
  it.each(TABLE)(
    '%s that holds %s should pass, and be refused by path in the snapshot (issue 3)',
    async (_, _what, path, hand, bad) => {
      const state = await running((ctx) => {
        hand(ctx, { deep: [bad] });
      }, 'immediate');
      expect(state.status).toBe('completed');
      const error = ours(thrown(() => state.toJSON()));
      expect(error).toMatchObject({ name: 'FlowError', code: 'NOT_SERIALISABLE' });
      expect(error.message).toContain(state.jobId);
      const paths = [path, 'routineStates.1.slots.0.data.'].map((each) => each + pathIn(bad));
      expect(paths).toContain(error.details['path']);
    },
  );

  it.each(BAD)('entry params and a checkpoint that hold %s should pass, and be refused by path (issue 3)', async (_, bad) => {
    const state = await running(() => undefined, 'immediate', { deep: [bad] });
    const path = String(ours(thrown(() => state.toJSON())).details['path']);
    expect(path).toMatch(/^(history\.0\.data|routineStates\.0\.slots\.0\.data)\.deep\.0/);
    const job = flowOf({ s: { slots: { trigger: undefined } } }).start('s');
    await job.pause({ checkpoint: { deep: [bad] } });
    expect(ours(thrown(() => job.snapshot())).details['path']).toBe(`pausePoints.0.checkpoint.${pathIn(bad)}`);
    await job.cancel();
  });

  it.each(BAD)('a state that holds %s should still be refused when it has been read and set again (D43)', async (_, bad) => {
    const state = await running((ctx) => {
      ctx.setState({ deep: [bad] });
      ctx.setState({ ...ctx.state(), n: 1 });
      ctx.setState((own) => ({ ...own, n: 2 }));
    }, 'immediate');
    expect(ours(thrown(() => state.toJSON())).details['path']).toBe(`routineStates.0.state.${pathIn(bad)}`);
  });

  it.each(BAD)('a config that holds %s should be refused in the JSON of its flow, with its path (D43)', (_, bad) => {
    const flow = new Flow();
    flow.addRoutine(new Routine().setConfig({ deep: [bad] }), 's');
    expect(ours(thrown(() => flow.toJSON())).details['path']).toBe(`routines.0.config.${pathIn(bad)}`);
  });

  it('a text of the engine that nobody reads should be refused, with its path (D43)', async () => {
    const job = flowOf({ s: { slots: { trigger: undefined } } }).start('s');
    await job.cancel('x'.repeat(10_000_001));
    expect(ours(thrown(() => job.snapshot())).details['path']).toMatch(/^(reason|error\.message)$/);
  });

  it('a snapshot that is refused should leave the job as it is, and at work (issue 3)', async () => {
    const hold = deferred();
    const flow = flowOf({ s: { slots: { trigger: async (_, ctx) => {
      ctx.shared.set('bad', new Point());
      await hold.promise;
      ctx.shared.set('bad', 'good');
    } } } }); // prettier-ignore
    const job = flow.start('s');
    await turn();
    const before = seen(job.state);
    expect(thrown(() => job.snapshot())).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'sharedData.bad' } });
    expect(difference(seen(job.state), before)).toBeUndefined();
    hold.resolve();
    expect((await job.done).status).toBe('completed');
    expect(JobState.fromJSON(job.snapshot()).sharedData).toEqual({ bad: 'good' });
  });
});
