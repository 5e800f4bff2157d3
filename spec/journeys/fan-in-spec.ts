import { type Context, type Data, type Flow, Routine } from '../../lib/index.js';
import { deferred, emitting, flowOf, noting, sleep } from '../support/flows.js';
import { meeting, rest } from '../support/turns.js';

/** The recipe of the guide: gather, count, and answer once when all have come. */
class Gather extends Routine {
  readonly all = this.defineEvent<{ values: readonly unknown[] }>('all');
  readonly item = this.defineSlot('item', (data: Data, ctx: Context) => this.#take(data['value'] as readonly unknown[], ctx), {
    merge: 'append',
  });

  #take(values: readonly unknown[], ctx: Context): void {
    if (values.length < this.getConfig('expected', 0) || ctx.state()['done'] === true) return;
    ctx.setState({ done: true });
    ctx.emit('all', { values });
  }
}

const gathering = (expected: number, got: unknown[]): Flow => {
  const flow = flowOf({
    s: {
      slots: {
        trigger: ({ values }, ctx) => {
          for (const value of values as readonly unknown[]) ctx.emit('o', { value });
        },
      },
    },
    report: { slots: { i: noting(got, ({ values }) => values) } },
  });
  flow.addRoutine(new Gather().setConfig({ expected }), 'gather');
  flow.connect('s', 'o', 'gather', 'item');
  flow.connect('gather', 'all', 'report', 'i');
  return flow;
};

describe('several results that are one answer', () => {
  it('should be given once, when the expected number has come (G28, S52)', async () => {
    const got: unknown[] = [];
    const state = await gathering(3, got).execute('s', { values: ['a', 'b', 'c'] });
    expect(got).toEqual([['a', 'b', 'c']]);
    expect(state.routineState('gather')).toMatchObject({ done: true });
  });

  it.each([0, 1, 2])('should never be given for a part of it: %d of 3 (G28)', async (count) => {
    const got: unknown[] = [];
    const state = await gathering(3, got).execute('s', { values: ['a', 'b', 'c'].slice(0, count) });
    expect(state.status).toBe('completed');
    expect(got).toEqual([]);
  });

  it('should not be given a second time for what comes later (G28)', async () => {
    const got: unknown[] = [];
    await gathering(3, got).execute('s', { values: ['a', 'b', 'c', 'd', 'e'] });
    expect(got).toEqual([['a', 'b', 'c']]);
  });

  it('should never be put together from two runs (S53, D9)', async () => {
    const got: unknown[] = [];
    const flow = gathering(2, got);
    await Promise.all([flow.execute('s', { values: ['a'] }), flow.execute('s', { values: ['b'] })]);
    await flow.execute('s', { values: ['c'] });
    expect(got).toEqual([]);
    // One execute with several emits is the way.
    await flow.execute('s', { values: ['d', 'e'] });
    expect(got).toEqual([['d', 'e']]);
  });

  it('should be complete where the branches of a diamond meet (SC052)', async () => {
    const got: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({}) } },
        p1: {
          slots: {
            i: (_, ctx) => {
              ctx.emit('o', { from: 'P1' });
            },
          },
        },
        p2: {
          slots: {
            i: (_, ctx) => {
              ctx.emit('o', { from: 'P2' });
            },
          },
        },
        agg: { slots: { i: [noting(got, ({ from }) => from), { merge: 'append' }] } },
      },
      ['s.o -> p1.i', 's.o -> p2.i', 'p1.o -> agg.i', 'p2.o -> agg.i'],
    );
    await flow.execute('s');
    expect(got).toEqual([['P1'], ['P1', 'P2']]);
  });

  it('should not change under a handler because others go on arriving (X)', async () => {
    const open = deferred();
    const kept: (readonly unknown[])[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ value: 1 }, { value: 2 }, { value: 3 }) } },
        agg: {
          slots: {
            i: [
              async ({ value }) => {
                const list = value as unknown[];
                kept.push(list);
                await open.promise;
                list.push('mine');
              },
              { merge: 'append' },
            ],
          },
        },
      },
      ['s.o -> agg.i'],
      { maxWorkers: 3 },
    );
    const job = flow.start('s');
    await rest();
    expect(kept).toEqual([[1], [1, 2], [1, 2, 3]]);
    open.resolve();
    await job.done;
    expect(kept).toEqual([
      [1, 'mine'],
      [1, 2, 'mine'],
      [1, 2, 3, 'mine'],
    ]);
  });

  it.each([2, 8])('should lose no arrival with %d workers: 20 lists of length 1 to 20 (G27)', async (maxWorkers) => {
    const lengths: number[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 20 }, (_, value) => ({ value }))) } },
        agg: {
          slots: {
            i: [
              async ({ value }) => {
                lengths.push((value as unknown[]).length);
                await sleep(0);
              },
              { merge: 'append' },
            ],
          },
        },
      },
      ['s.o -> agg.i'],
      { maxWorkers },
    );
    await flow.execute('s');
    expect(lengths.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});

describe('the advice of the guide (S97)', () => {
  it('should hold: wait, and shut down in finally', async () => {
    const got: unknown[] = [];
    const flow = gathering(2, got);
    try {
      const job = flow.start('s', { values: [1, 2] });
      expect(await job.waitForCompletion({ timeoutMs: 60_000 })).toBe(true);
      expect(got).toEqual([[1, 2]]);
    } finally {
      await flow.shutdown();
    }
    await expect(flow.execute('s', { values: [] })).rejects.toMatchObject({ code: 'SHUT_DOWN' });
  });

  it('should hold: do not rely on the order of concurrent handlers, but on what has come', async () => {
    const got: string[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ ms: 6 }, { ms: 3 }, { ms: 0 }) } },
        t: {
          slots: {
            i: async ({ ms }) => {
              await sleep(ms as number);
              got.push(String(ms));
            },
          },
        },
      },
      ['s.o -> t.i'],
      { maxWorkers: 3 },
    );
    await flow.execute('s');
    expect(got.sort()).toEqual(['0', '3', '6']);
  });

  it('should hold: shared state is safe between two awaits, and not across one', async () => {
    const WORKERS = 5;
    const total = async (across: boolean): Promise<unknown> => {
      const allAtWork = meeting(WORKERS);
      const i = async (_: Data, ctx: Context): Promise<void> => {
        const before = ctx.shared.get('count', 0);
        const met = allAtWork();
        if (across) await met;
        ctx.shared.set('count', before + 1);
        await met;
      };
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting(...Array.from({ length: 10 }, () => ({}))) } },
          t: { slots: { i } },
        },
        ['s.o -> t.i'],
        { maxWorkers: WORKERS },
      );
      return (await flow.execute('s')).sharedData['count'];
    };
    expect(await total(false)).toBe(10);
    expect(await total(true)).toBeLessThan(10);
  });
});
