import fc from 'fast-check';
import type { Context, Data, MergeFn } from '../../lib/index.js';
import { compileMerge, dataOf, copyForHandler, type Merge } from '../../lib/flow/merge.js';
import { copyPlain } from '../../lib/prelude/plainObject.js';
import { emitting, flowOf, sleep } from '../support/flows.js';

const HELD = Object.freeze({});

/** What a slot holds, and what it hands out, after each of the arrivals. */
const arrivals = (merge: Merge, ...incoming: readonly Data[]): { held: Data; handed: Data }[] => {
  const compiled = compileMerge(merge);
  let held: Data = HELD;
  return incoming.map((data) => {
    const merged = compiled === undefined ? { held: data, handed: data } : compiled(held, data);
    held = merged.held;
    // What is held may grow in place.
    return { held: copyPlain(held), handed: dataOf(merged.handed) };
  });
};

/** What the handler of a slot gets in one run that emits the payloads, each in a task of its own. */
const handedIn = async (merge: Merge, ...payloads: readonly Data[]): Promise<Data[]> => {
  const seen: Data[] = [];
  const flow = flowOf(
    { s: { slots: { trigger: emitting(...payloads) } }, t: { slots: { i: [(data) => void seen.push(data), { merge }] } } },
    ['s.o -> t.i'],
  );
  await flow.execute('s');
  return seen;
};

const total: MergeFn = (held, incoming) => {
  const merged: Record<string, unknown> = { ...held };
  for (const [key, value] of Object.entries(incoming)) {
    const old = merged[key];
    if (typeof old === 'number' && typeof value === 'number') merged[key] = old + value;
    else if (typeof old === 'string' && typeof value === 'string') merged[key] = `${old} ${value}`;
    else merged[key] = value;
  }
  return merged;
};

describe("merge 'override'", () => {
  it('should keep the last arrival only (SC049, G23)', () => {
    const steps = arrivals('override', { a: 1, b: 2 }, { a: 10, c: 3 }, { d: 4 });
    expect(steps.map(({ held }) => held)).toEqual([{ a: 1, b: 2 }, { a: 10, c: 3 }, { d: 4 }]);
  });

  it('should hand out the last arrival only, and be what a slot does unless told otherwise (G02, G23)', async () => {
    const seen: Data[] = [];
    const flow = flowOf(
      { s: { slots: { trigger: emitting({ a: 1, b: 2 }, { c: 3 }) } }, t: { slots: { i: (data) => void seen.push(data) } } },
      ['s.o -> t.i'],
    );
    await flow.execute('s');
    expect(flow.routines.get('t')?.slot('i')?.merge).toBe('override');
    expect(seen).toEqual([{ a: 1, b: 2 }, { c: 3 }]);
  });
});

describe("merge 'append'", () => {
  it.each<[string, readonly Data[], Data]>([
    ['push each value on the list of its key', [{ a: 1 }, { a: 2 }, { a: 3 }], { a: [1, 2, 3] }],
    ['keep the keys that did not arrive this time', [{ a: 1 }, { b: 2 }], { a: [1], b: [2] }],
    ['change nothing for an empty payload', [{ a: 1 }, {}], { a: [1] }],
    ['push null and undefined', [{ a: null }, { a: undefined }], { a: [null, undefined] }],
    ['make a list that arrives one element', [{ a: [1, 2] }, { a: [3] }], { a: [[1, 2], [3]] }],
  ])('should %s (G24)', (_, incoming, held) => {
    expect(arrivals('append', ...incoming).at(-1)?.held).toEqual(held);
  });

  it('should wrap a single value that is held (SC048)', () => {
    const merge = compileMerge('append');
    expect(merge?.({ k: 's' }, { k: 'n' }).held).toEqual({ k: ['s', 'n'] });
  });

  it('should hand out the keys of this arrival only (G24)', async () => {
    expect(await handedIn('append', { a: 1, b: 1 }, { a: 2 }, {}, { b: 2 })).toEqual([
      { a: [1], b: [1] },
      { a: [1, 2] },
      {},
      { b: [1, 2] },
    ]);
  });

  it('should call the handler once per arrival (G11)', async () => {
    expect(await handedIn('append', { a: 1 }, { a: 2 }, { a: 3 })).toEqual([{ a: [1] }, { a: [1, 2] }, { a: [1, 2, 3] }]);
  });

  it('should never change a list that a handler has (X)', async () => {
    const lists: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ a: 1 }, { a: 2 }, { a: 3 }) } },
        t: { slots: { i: [({ a }) => void lists.push(a), { merge: 'append' }] } },
      },
      ['s.o -> t.i'],
    );
    await flow.execute('s');
    expect(lists).toEqual([[1], [1, 2], [1, 2, 3]]);
  });

  it('should never let a handler change the list that the slot holds (X)', async () => {
    const lengths: unknown[] = [];
    const spoil = ({ a }: Data): void => {
      const list = a as unknown[];
      lengths.push(list.length);
      list.length = 0;
      list.push('spoilt', 'spoilt', 'spoilt');
    };
    const flow = flowOf(
      { s: { slots: { trigger: emitting({ a: 1 }, { a: 2 }, { a: 3 }) } }, t: { slots: { i: [spoil, { merge: 'append' }] } } },
      ['s.o -> t.i'],
    );
    await flow.execute('s');
    expect(lengths).toEqual([1, 2, 3]);
  });

  it('should give the retry of a task the list of its first attempt, untouched (D24)', async () => {
    const lists: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ a: 1 }) } },
        t: {
          slots: {
            i: [
              ({ a }) => {
                const list = a as unknown[];
                lists.push([...list]);
                list.push('spoilt');
                if (lists.length < 3) throw new Error('not yet');
              },
              { merge: 'append' },
            ],
          },
        },
      },
      ['s.o -> t.i'],
    );
    flow.routines.get('t')?.setAsCritical({ delayMs: 0 });
    expect((await flow.execute('s')).status).toBe('completed');
    expect(lists).toEqual([[1], [1], [1]]);
  });

  it('should lose nothing where 8 workers share one slot: every length from 1 to 20 is seen once (G27)', async () => {
    const lengths: number[] = [];
    const collect = async ({ a }: Data, ctx: Context): Promise<void> => {
      lengths.push((a as unknown[]).length);
      await sleep(ctx.attempt);
    };
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 20 }, (_, a) => ({ a }))) } },
        t: { slots: { i: [collect, { merge: 'append' }] } },
      },
      ['s.o -> t.i'],
      { maxWorkers: 8 },
    );
    await flow.execute('s');
    expect([...lengths].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
  });

  it.each(['_type', '__proto__', 'constructor', 'then', 'flow', 'event_name'])(
    'should gather a key called %s like any other (X)',
    (key) => {
      const payload = JSON.parse(`{"${key}":1}`) as Data;
      const steps = arrivals('append', payload, payload);
      expect(steps.map(({ handed }) => Object.entries(handed))).toEqual([[[key, [1]]], [[key, [1, 1]]]]);
      expect(Object.entries(steps[1]?.held ?? {})).toEqual([[key, [1, 1]]]);
    },
  );

  const key = fc.constantFrom('a', 'b', 'c', '__proto__');
  const payload = fc
    .uniqueArray(fc.tuple(key, fc.anything()), { selector: ([name]) => name })
    .map((pairs): Data => Object.fromEntries(pairs));
  const gathered = (payloads: readonly Data[], name: string): unknown[] =>
    payloads.filter((data) => Object.hasOwn(data, name)).map((data) => data[name]);

  it('should hold every value that arrived under a key, in order, and hand out those of the keys that arrive (G24)', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), (payloads) => {
        const steps = arrivals('append', ...payloads);
        steps.forEach(({ held, handed }, place) => {
          const past = payloads.slice(0, place + 1);
          const known = [...new Set(past.flatMap(Object.keys))];
          expect(new Set(Object.keys(held))).toEqual(new Set(known));
          for (const name of known) expect(held[name]).toEqual(gathered(past, name));
          expect(new Set(Object.keys(handed))).toEqual(new Set(Object.keys(payloads[place] ?? {})));
          for (const name of Object.keys(handed)) expect(handed[name]).toEqual(held[name]);
        });
      }),
    );
  });
});

describe('a merge function', () => {
  it('should have its result held and handed out (SC050, G25)', async () => {
    const payloads = [
      { count: 10, name: 'Alice' },
      { count: 5, name: 'Bob' },
      { count: 3, status: 'active' },
    ];
    const expected = [
      { count: 10, name: 'Alice' },
      { count: 15, name: 'Alice Bob' },
      { count: 18, name: 'Alice Bob', status: 'active' },
    ];
    expect(await handedIn(total, ...payloads)).toEqual(expected);
    expect(arrivals(total, ...payloads)).toEqual(expected.map((held) => ({ held, handed: held })));
  });

  it('should be asked with nothing held first: {} (G25)', async () => {
    const seen: [Data, Data][] = [];
    await handedIn(
      (held, incoming) => {
        seen.push([held, incoming]);
        return { last: incoming['a'] };
      },
      { a: 1 },
      { a: 2 },
    );
    expect(seen).toEqual([
      [{}, { a: 1 }],
      [{ last: 1 }, { a: 2 }],
    ]);
  });

  it('should be asked once per task, also where the task is retried (D24)', async () => {
    const merge = jest.fn(total);
    const seen: Data[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 10 }) } },
        t: {
          slots: {
            i: [
              (data) => {
                seen.push(data);
                if (seen.length < 3) throw new Error('not yet');
              },
              { merge },
            ],
          },
        },
      },
      ['s.o -> t.i'],
    );
    flow.routines.get('t')?.setAsCritical({ delayMs: 0 });
    await flow.execute('s');
    expect(merge).toHaveBeenCalledTimes(2);
    // The retries join the end of the queue: 1, then 11, then the second try of 1 with the input it had.
    expect(seen).toEqual([{ n: 1 }, { n: 11 }, { n: 1 }, { n: 11 }]);
  });

  it('should not be undone by a failure (D24)', async () => {
    const seen: Data[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 10 }, { n: 100 }) } },
        t: {
          slots: {
            i: [
              (data) => {
                seen.push(data);
                if (seen.length === 2) throw new Error('the second one');
              },
              { merge: total },
            ],
          },
        },
      },
      ['s.o -> t.i'],
    );
    flow.routines.get('t')?.setAsOptional();
    await flow.execute('s');
    expect(seen).toEqual([{ n: 1 }, { n: 11 }, { n: 111 }]);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a number', 3],
    ['a list', []],
    ['a promise', Promise.resolve({})],
  ])('should fail the task where it gives %s, naming routine and slot', async (_, given) => {
    const flow = flowOf(
      { s: { slots: { trigger: emitting({ a: 1 }) } }, t: { slots: { i: [() => undefined, { merge: () => given as Data }] } } },
      ['s.o -> t.i'],
    );
    const { status, error } = await flow.execute('s');
    expect(status).toBe('failed');
    expect(error?.cause).toMatchObject({ code: 'BAD_MERGE', details: { routineId: 't', slot: 'i' } });
    expect(error?.message).toMatch(/slot 'i' of routine 't'.*give one plain object/);
  });
});

describe('what a slot holds', () => {
  it('should be its own: slots of one routine, and jobs, never share it (G10, S07)', async () => {
    const seen: [string, unknown][] = [];
    const note = (name: string) => [({ a }: Data) => void seen.push([name, a]), { merge: 'append' }] as const;
    const flow = flowOf(
      { s: { slots: { trigger: (data, ctx) => void ctx.emit('o', data) } }, t: { slots: { i: note('i'), j: note('j') } } },
      ['s.o -> t.i', 's.o -> t.j'],
    );
    await flow.execute('s', { a: 1 });
    await flow.execute('s', { a: 2 });
    expect(seen).toEqual([
      ['i', [1]],
      ['j', [1]],
      ['i', [2]],
      ['j', [2]],
    ]);
  });
});

describe('handOut', () => {
  it('should copy the top level and its lists, and nothing below', () => {
    const inner = { n: 1 };
    const merged = { list: [inner], single: inner };
    const copy = copyForHandler(merged);
    expect(copy).toEqual(merged);
    expect(copy).not.toBe(merged);
    expect(copy['list']).not.toBe(merged.list);
    expect((copy['list'] as unknown[])[0]).toBe(inner);
    expect(copy['single']).toBe(inner);
  });
});
