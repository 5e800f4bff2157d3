import fc from 'fast-check';
import {
  type Context,
  type Data,
  ErrorHandler,
  Flow,
  FlowError,
  JobError,
  JobState,
  TimeoutError,
  WireError,
} from '../../lib/index.js';
import { deferred, emitting, flowOf, forward } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { clockAt, MINUTE, MORNING, pausedStory, registry, seen, story } from './sample.js';
import { difference, NAMES, objectOf, values } from './values.js';

const textOf = (state: JobState): string => JSON.stringify(state.toJSON());
const trip = (state: JobState): JobState => JobState.fromJSON(textOf(state));

/** What was counted of a routine; not what was timed, which is a sample. */
const countsOf = (state: JobState, id: string): unknown => {
  const { total, completed, failed, skipped, retried, dropped, emitted } = state.metrics.routine(id) ?? {};
  return { total, completed, failed, skipped, retried, dropped, emitted };
};

describe('a paused job that holds everything', () => {
  it('should be the story that the other specs think it is', async () => {
    const { state } = (await pausedStory()).job;
    expect(state.status).toBe('paused');
    expect(state.pendingTasks.map(({ routineId, data, attempt, dueAt }) => [routineId, data, attempt, dueAt])).toEqual([
      ['writer', { n: 3, sum: 6 }, 1, undefined],
      ['parser', { n: [1, 2], at: [new Date(MORNING + 1), new Date(MORNING + 2)] }, 2, new Date(MORNING + MINUTE)],
    ]);
    expect(state.deferredEvents).toHaveLength(1);
    expect(state.pausePoints).toMatchObject([{ reason: 'lunch', checkpoint: new Map([['row', 1n]]) }]);
    expect(state.history('audit').map(({ eventName }) => eventName)).toEqual(Array(3).fill('error_continued'));
  });

  it('should have every field equal after a round trip, at the same instants (SC095, G74)', async () => {
    const { state } = (await pausedStory()).job;
    const before = seen(state);
    for (const [field, value] of Object.entries(seen(trip(state))))
      expect([field, difference(value, before[field])]).toEqual([field, undefined]);
  });

  it('should be written as the same text again (SC095)', async () => {
    const text = textOf((await pausedStory()).job.state);
    expect(textOf(JobState.fromJSON(text))).toBe(text);
    expect(textOf(JobState.fromJSON(JSON.parse(text)))).toBe(text);
    expect(textOf(new JobState().deserialize(text))).toBe(text);
    expect(JSON.stringify(JobState.fromJSON(text).serialize())).toBe(text);
  });

  it('should hold dates as ISO strings and statuses as words (G74)', async () => {
    const { job } = await pausedStory();
    expect(JSON.parse(JSON.stringify(job.snapshot()))).toMatchObject({
      kind: 'routilux/job',
      version: 1,
      status: 'paused',
      createdAt: '2026-01-05T08:00:00.000Z',
      pendingTasks: [{ routineId: 'writer' }, { routineId: 'parser', dueAt: '2026-01-05T08:01:00.000Z' }],
      pausePoints: [{ timestamp: '2026-01-05T08:00:00.000Z' }],
    });
  });

  it('should hold what its slots hold, which the flow does not (SC093)', async () => {
    const { flow, job } = await pausedStory();
    expect(JSON.stringify(job.snapshot())).toContain('"n":[1,2,3]');
    expect(JSON.stringify(flow)).not.toContain('[1,2');
  });

  it('should go on elsewhere: what waited, what was deferred, and the retry at its own time (D20, D22, D23, G79)', async () => {
    const { job, flow: first } = await pausedStory();
    const time = clockAt(MORNING + 2_000);
    const flow = Flow.fromJSON(JSON.stringify(first), registry, { scheduler: time.scheduler });
    const next = flow.resume(JobState.fromJSON(JSON.stringify(job.snapshot())));
    const rows = (): unknown[] => next.state.outputLog.map(({ data }) => data);
    await time.advance(MINUTE - 2_001);
    const early = [{ row: 1, sum: 1, page: 7n }, { row: 3, sum: 6, page: 7n }, { row: 9, sum: 15, page: 7n }]; // prettier-ignore
    expect([next.id, next.status, rows()]).toEqual(['monday', 'running', early]);
    await time.advance(1);
    expect([next.status, rows()]).toEqual(['completed', [...early, { row: 2, sum: 3, page: 7n }]]);
    expect(next.state.createdAt).toEqual(new Date(MORNING));
  });

  it('should go on elsewhere as it goes on here: the same history, states, output, and numbers (SC095)', async () => {
    const [stays, leaves] = [await pausedStory(), await pausedStory()];
    stays.job.resume();
    await stays.time.advance(2 * MINUTE);
    const time = clockAt(MORNING + 10);
    const moved = story({ scheduler: time.scheduler }).resume(trip(leaves.job.state));
    await time.advance(2 * MINUTE);
    expect(moved.status).toBe('completed');
    const untimed = { routines: undefined, metrics: undefined };
    expect(difference({ ...seen(moved.state), ...untimed }, { ...seen(stays.job.state), ...untimed })).toBeUndefined();
    for (const id of Object.keys(stays.job.state.routineStates))
      expect(countsOf(moved.state, id)).toEqual(countsOf(stays.job.state, id));
  });

  it('should be read into an empty state only, which is otherwise left as it is', async () => {
    const { job, flow } = await pausedStory();
    const text = textOf(job.state);
    const full = JobState.fromJSON(text);
    for (const state of [full, job.state])
      expect(thrown(() => state.deserialize(text))).toMatchObject({ name: 'JobError', code: 'ILLEGAL_TRANSITION' });
    expect(textOf(full)).toBe(text);
    expect(flow.jobs).toEqual([job]);
    const empty = new JobState();
    const before = textOf(empty);
    expect(thrown(() => empty.deserialize(text.slice(1)))).toBeInstanceOf(WireError);
    expect(textOf(empty)).toBe(before);
  });

  it('should share nothing with its JSON', async () => {
    const json = JSON.parse(textOf((await pausedStory()).job.state)) as Record<string, Record<string, unknown>[]>;
    const state = JobState.fromJSON(json);
    const before = textOf(state);
    for (const task of json['pendingTasks'] ?? []) Object.assign(task['data'] as object, { n: 'spoilt' });
    for (const point of json['pausePoints'] ?? []) point['checkpoint'] = 'spoilt';
    const written = state.toJSON();
    Object.assign(written.pendingTasks[0]?.data as object, { n: 'spoilt' });
    expect(textOf(state)).toBe(before);
  });
});

// ── every status ──────────────────────────────────────────────────────────────────────────────────────────────────

const throwing = (error: unknown) => () => {
  throw error;
};

const ended: readonly [string, () => Promise<JobState>, object][] = [
  ['completed', () => flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } } }).execute('s', { n: 1 }), { status: 'completed' }],
  [
    'failed',
    () => flowOf({ s: { slots: { trigger: throwing(new RangeError('far')) } } }).execute('s'),
    { status: 'failed', error: { code: 'TASK_FAILED', retriable: true, details: { routineId: 's', slot: 'trigger' } } },
  ],
  ['failed with no error', () => flowOf({ s: { slots: { trigger: throwing(undefined) } } }).execute('s'), { status: 'failed' }],
  ['failed with a text', () => flowOf({ s: { slots: { trigger: throwing('no') } } }).execute('s'), { status: 'failed' }],
  [
    'timed out',
    async () => {
      const time = clockAt();
      const flow = flowOf({ s: { slots: { trigger: () => time.sleep(100) } } }, [], { scheduler: time.scheduler });
      const { done } = flow.start('s', {}, { timeoutMs: 50 });
      await time.advance(60);
      return done;
    },
    { status: 'failed', error: { name: 'TimeoutError', code: 'TIMEOUT', details: { timeoutMs: 50 } } },
  ],
  [
    'cancelled',
    async () => {
      const job = flowOf({ s: { slots: { trigger: () => new Promise(() => undefined) } } }).start('s');
      await turn();
      return job.cancel('no need');
    },
    { status: 'cancelled', reason: 'no need' },
  ],
  [
    'with deferred events left over',
    () => flowOf({ s: { slots: { trigger: (_, ctx) => { ctx.emitDeferred('o', { n: 1 }); } } } }).execute('s'), // prettier-ignore
    { status: 'completed', deferredEvents: [{ routineId: 's', event: 'o', data: { n: 1 } }] },
  ],
];

describe('a job that has ended', () => {
  it.each(ended)('%s: every field is equal after a round trip, and so is its text (SC095)', async (_, run, expected) => {
    const state = await run();
    expect(state).toMatchObject(expected);
    const back = trip(state);
    const before = seen(state);
    for (const [field, value] of Object.entries(seen(back)))
      if (field !== 'error') expect([field, difference(value, before[field])]).toEqual([field, undefined]);
    expect(textOf(back)).toBe(textOf(state));
    expect(back).toMatchObject(expected);
  });

  it.each(ended)('%s: it cannot be resumed (D12)', async (_, run) => {
    const state = trip(await run());
    const flow = flowOf({ s: { slots: { trigger: undefined } } }, [], { flowId: state.flowId });
    expect(thrown(() => flow.resume(state))).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(flow.jobs).toEqual([]);
  });

  it('should have its error as an error of this library, with the cause as far as it can be told (G49)', async () => {
    class Declined extends Error {
      override readonly name = 'Declined';
      readonly card = '42';
    }
    const state = await flowOf({ s: { slots: { trigger: throwing(new Declined('no money')) } } }).execute('s');
    const { error } = trip(state);
    expect(error).toBeInstanceOf(JobError);
    expect(error).not.toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ message: state.error?.message, cause: { name: 'Declined', message: 'no money' } });
    expect(error?.cause).toBeInstanceOf(Error);
    expect(error?.details).toEqual(state.error?.details);
  });

  it('should have a timeout as a TimeoutError (S34)', async () => {
    const state = await (ended.find(([name]) => name === 'timed out')?.[1] as () => Promise<JobState>)();
    expect(trip(state).error).toBeInstanceOf(TimeoutError);
    expect('cause' in (trip(state).error as Error)).toBe(false);
  });
});

describe('a job that has not ended', () => {
  it('should be empty where it is new (API)', () => {
    const state = new JobState();
    const back = trip(state);
    expect(difference(seen(back), seen(state))).toBeUndefined();
    expect([back.status, textOf(back)]).toEqual(['pending', textOf(state)]);
  });

  it('should not be resumed where no flow has begun it', () => {
    const state = trip(new JobState());
    const flow = flowOf({ s: { slots: { trigger: undefined } } });
    expect(thrown(() => flow.resume(state))).toBeInstanceOf(FlowError);
    expect(flow.jobs).toEqual([]);
  });

  it('should be written as paused while it runs, with what is at work first among its tasks (D23)', async () => {
    const hold = deferred();
    const slots = { i: (data: Data) => (data['n'] === 1 ? hold.promise : undefined) };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots } }, ['s.o -> t.i']);
    const job = flow.start('s');
    await turn();
    const back = JobState.fromJSON(job.snapshot());
    expect([job.status, back.status]).toEqual(['running', 'paused']);
    expect(back.pendingTasks.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(job.state.pendingTasks.map(({ data }) => data)).toEqual([{ n: 2 }]);
    hold.resolve();
    expect((await job.done).status).toBe('completed');
    expect(job.state.pausePoints).toEqual([]);
  });

  it('should be written before its first task, and begin elsewhere (D17, D23)', async () => {
    const seenBy: unknown[] = [];
    const make = (): Flow =>
      flowOf({ s: { slots: { trigger: (data) => void seenBy.push(data) } } }, [], { flowId: 'f', isolation: 'clone' });
    const text = JSON.stringify(
      make()
        .start('s', { n: new Date(5) })
        .snapshot(),
    );
    await turn();
    seenBy.length = 0;
    const state = await make().resume(JobState.fromJSON(text)).done;
    expect(seenBy).toEqual([{ n: new Date(5) }]);
    expect(state.history().map(({ eventName, data }) => [eventName, data])).toEqual([['start', { n: new Date(5) }]]);
  });
});

// ── what users put in ─────────────────────────────────────────────────────────────────────────────────────────────

describe('values of the user in a job', () => {
  it('should come back exactly, wherever they stand (issue 3, X)', async () => {
    await fc.assert(
      fc.asyncProperty(objectOf(values) as fc.Arbitrary<Data>, async (data) => {
        const flow = flowOf(
          {
            s: {
              slots: {
                trigger: (_, ctx) => {
                  ctx.setState({ mine: data });
                  ctx.shared.set('mine', data);
                  ctx.shared.log({ mine: data });
                  ctx.output('mine', data);
                  ctx.emit('o', data);
                  ctx.emitDeferred('o', data);
                  void ctx.pause({ checkpoint: data });
                },
              },
            },
            t: { slots: { i: undefined } },
          },
          ['s.o -> t.i'],
        );
        const job = flow.start('s', data);
        await turn();
        const back = trip(job.state);
        expect(difference(seen(back), seen(job.state))).toBeUndefined();
        expect(difference(back.pausePoints[0]?.checkpoint, data)).toBeUndefined();
        expect(textOf(back)).toBe(textOf(job.state));
        await job.cancel();
      }),
      { numRuns: 60 },
    );
  });

  it.each(NAMES)('should be found under a key, an id or a name that is %s (X)', async (name) => {
    const flow = new Flow({ flowId: name });
    const { s } = { s: flowOf({ s: { slots: { trigger: (_, ctx) => { ctx.shared.set(name, { [name]: 1 }); ctx.emit(name); ctx.output(name, {}); void ctx.pause(); }, [name]: undefined }, events: [name] } }).routines.get('s') }; // prettier-ignore
    flow.addRoutine(s as never, name);
    flow.connect(name, name, name, name);
    const job = flow.start(name, {}, { jobId: name });
    await turn();
    const back = trip(job.state);
    expect(difference(seen(back), seen(job.state))).toBeUndefined();
    expect(Object.keys(back.routineStates)).toEqual([name]);
    expect(Object.keys(back.sharedData)).toEqual([name]);
    await job.cancel();
  });
});

// ── folding ───────────────────────────────────────────────────────────────────────────────────────────────────────

describe('the history of a job that was written down', () => {
  const loop = (stopAt: number | undefined, log: unknown[]): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } },
        t: {
          slots: {
            i: (data, ctx) => {
              log.push(data);
              if (log.length === stopAt) void ctx.pause();
              if (Number(data['n']) % 5 === 4 && ctx.attempt === 1) throw new Error('four');
              if (Number(data['n']) < 40) forward({ n: Number(data['n']) * 2 }, ctx);
            },
          },
        },
      },
      ['s.o -> t.i', 't.o -> t.i'],
      { flowId: 'f', errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
    );

  const told = (state: JobState): unknown[] =>
    state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data]);

  const whole = async (): Promise<[unknown[], unknown[]]> => {
    const log: unknown[] = [];
    return [told(await loop(undefined, log).execute('s')), log];
  };

  it('should be, with what came after, the history of the whole, wherever the cut is (SC095)', async () => {
    const [history, log] = await whole();
    for (let cut = 1; cut <= log.length; cut++) {
      const seenBy: unknown[] = [];
      const paused = loop(cut, seenBy).start('s');
      await turn();
      const before = told(paused.state);
      const end = await loop(undefined, seenBy).resume(trip(paused.state)).done;
      expect([cut, seenBy]).toEqual([cut, log]);
      expect([cut, told(end)]).toEqual([cut, history]);
      expect(told(end).slice(0, before.length)).toEqual(before);
    }
  });

  it('should be so after a cut at every task, too: written down and taken up each time', async () => {
    const [history, log] = await whole();
    const seenBy: unknown[] = [];
    let state = trip(await loop(1, seenBy).start('s').pause());
    for (let cut = 1; state.status === 'paused' && cut < 200; cut++) {
      const job = loop(seenBy.length + 1, seenBy).resume(state);
      await turn();
      state = trip(job.state);
    }
    expect([state.status, seenBy, told(state)]).toEqual(['completed', log, history]);
  });

  it('should keep its bound, and errors longer than emissions, after it was read (D30)', async () => {
    const bounded = (stopAt?: number): Flow => {
      const log: unknown[] = [];
      const flow = new Flow({ flowId: 'f', history: 6, errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      for (const [id, routine] of loop(stopAt, log).routines) flow.addRoutine(routine, id);
      for (const source of ['s.o', 't.o']) flow.connect(source, 't.i');
      return flow;
    };
    const one = await bounded().execute('s');
    const paused = bounded(4).start('s');
    await turn();
    expect(paused.status).toBe('paused');
    const other = await bounded().resume(trip(paused.state)).done;
    expect(told(other)).toEqual(told(one));
    expect(other.history()).toHaveLength(6);
    expect(other.metrics.flow()).toMatchObject({ droppedRecords: one.metrics.flow().droppedRecords });
  });
});

// ── what cannot be written ────────────────────────────────────────────────────────────────────────────────────────

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
];

const pathIn = (bad: unknown): string => (bad instanceof Point || typeof bad !== 'object' ? 'deep.0' : 'deep.0.around');

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
