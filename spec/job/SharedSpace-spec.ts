import type { Context, Data, JobState } from '../../lib/index.js';
import { LOG_BOUND, toLogEntry } from '../../lib/job/SharedSpace.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

/** One run of one handler. */
const run = (handler: (ctx: Context, data: Data) => unknown, params: Data = {}): Promise<JobState> =>
  flowOf({ s: { slots: { trigger: (data, ctx) => void handler(ctx, data) } } }).execute('s', params);

describe('toLogEntry', () => {
  it('should put the time on a copy and leave the object of the caller alone (G59, SC100)', () => {
    const entry = Object.freeze({ a: 1 });
    const kept = toLogEntry(entry, 5);
    expect(kept).toStrictEqual({ a: 1, timestamp: new Date(5) });
    expect(entry).toStrictEqual({ a: 1 });
  });

  it('should keep a timestamp that is there (G59, SC100)', () => {
    expect(toLogEntry({ a: 1, timestamp: 'mine' }, 5)).toStrictEqual({ a: 1, timestamp: 'mine' });
    expect(toLogEntry({ timestamp: 0 }, 5)).toStrictEqual({ timestamp: 0 });
  });

  it.each<[unknown]>([['text'], [5], [null], [undefined], [[1]], [new Date(0)], [() => 1]])(
    'should refuse %p, with the remedy (G59, SC100)',
    (entry) => {
      const error = ours(thrown(() => toLogEntry(entry, 5)));
      expect(error).toMatchObject({ name: 'JobError', code: 'BAD_LOG_ENTRY' });
      expect(error.message).toMatch(/wrap it/);
    },
  );
});

describe('the shared log of a job', () => {
  it('should hold the entries of all routines in order, each with its time (G59)', async () => {
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              ctx.shared.log({ from: 's' });
              ctx.emit('o');
            },
          },
        },
        t: { slots: { i: (_, ctx) => void ctx.shared.log({ from: 't', timestamp: 'mine' }) } },
      },
      ['s.o -> t.i'],
    );
    const { sharedLog } = await flow.execute('s');
    expect(sharedLog).toEqual([
      { from: 's', timestamp: expect.any(Date) as Date },
      { from: 't', timestamp: 'mine' },
    ]);
    expect(sharedLog.filter(({ from }) => from === 't')).toHaveLength(1);
  });

  it('should give a list that is a copy at every depth (G59)', async () => {
    const state = await run((ctx) => {
      ctx.shared.log({ inner: { n: 1 } });
    });
    const first = state.sharedLog[0] as unknown as { inner: { n: unknown } };
    first.inner.n = 'changed';
    (state.sharedLog as unknown[]).length = 0;
    expect(state.sharedLog).toMatchObject([{ inner: { n: 1 } }]);
  });

  it(`should keep the newest ${LOG_BOUND} entries (D30)`, async () => {
    const state = await run((ctx) => {
      for (let n = 0; n < 10_050; n++) ctx.shared.log({ n });
    });
    expect(state.sharedLog).toHaveLength(10_000);
    expect([state.sharedLog[0]?.['n'], state.sharedLog.at(-1)?.['n']]).toEqual([50, 10_049]);
  });

  it('should belong to one job (G58, S07)', async () => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.shared.log({ n: 1 }) } } });
    await flow.execute('s');
    expect((await flow.execute('s')).sharedLog).toHaveLength(1);
  });
});

describe('the output log of a job', () => {
  it('should keep the newest 10,000 outputs (D30)', async () => {
    const state = await run((ctx) => {
      for (let n = 0; n < 10_050; n++) ctx.output('n', { n });
    });
    expect(state.outputLog).toHaveLength(10_000);
    expect([state.outputLog[0]?.data['n'], state.outputLog.at(-1)?.data['n']]).toEqual([50, 10_049]);
  });
});

describe('the shared data of a job', () => {
  it('should be set by one routine and read by the next, with a fallback for what is not there (G58)', async () => {
    const seen: unknown[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              seen.push(ctx.shared.get('n'), ctx.shared.get('n', 'fallback'));
              ctx.shared.set('n', 5);
              ctx.shared.set('none', undefined);
              ctx.emit('o');
            },
          },
        },
        t: { slots: { i: (_, ctx) => void seen.push(ctx.shared.get('n', 'fallback'), ctx.shared.get('none', 'fallback')) } },
      },
      ['s.o -> t.i'],
    );
    const state = await flow.execute('s');
    expect(seen).toEqual([undefined, 'fallback', 5, undefined]);
    expect(state.sharedData).toEqual({ n: 5, none: undefined });
  });

  it('should be read from outside as a copy (G65)', async () => {
    const state = await run((ctx) => {
      ctx.shared.set('inner', { n: 1 });
    });
    (state.sharedData['inner'] as { n: unknown }).n = 'changed';
    expect(state.sharedData).toEqual({ inner: { n: 1 } });
  });

  it.each(['__proto__', 'constructor', 'then', 'toString'])(
    'should take the key %s for a key like any other (X)',
    async (key) => {
      const seen: unknown[] = [];
      const state = await run((ctx) => {
        seen.push(ctx.shared.get(key, 'fallback'));
        ctx.shared.set(key, { evil: true });
        seen.push(ctx.shared.get(key));
      });
      expect(seen).toEqual(['fallback', { evil: true }]);
      expect(Object.entries(state.sharedData)).toEqual([[key, { evil: true }]]);
      expect(({} as { evil?: boolean }).evil).toBeUndefined();
    },
  );

  it('should belong to one job (G58, S07)', async () => {
    const flow = flowOf({
      s: { slots: { trigger: ({ n }, ctx) => void ctx.shared.set('all', [...ctx.shared.get<unknown[]>('all', []), n]) } },
    });
    const states = [await flow.execute('s', { n: 1 }), await flow.execute('s', { n: 2 })];
    expect(states.map(({ sharedData }) => sharedData)).toEqual([{ all: [1] }, { all: [2] }]);
  });
});
