import fc from 'fast-check';
import type { Data, Flow } from '../../lib/index.js';
import { compileMapping, rename, type Renames } from '../../lib/flow/mapping.js';
import { emitting, flowOf } from '../support/flows.js';

const parsed = (json: string): Record<string, never> => JSON.parse(json) as Record<string, never>;

describe('rename', () => {
  it.each<[string, Renames, Data, Data]>([
    ['rename what is listed (S24)', { a: 'b' }, { a: 1 }, { b: 1 }],
    [
      'pass what is not listed (SC042)',
      { source: 'target', count: 'total' },
      { source: 'x', count: 5, extra: 'e' },
      { target: 'x', total: 5, extra: 'e' },
    ],
    ['swap two names (SC043)', { a: 'b', b: 'a' }, { a: 1, b: 2 }, { b: 1, a: 2 }],
    ['let the renamed value win over an unlisted one (SC044)', { a: 'b' }, { a: 1, b: 2 }, { b: 1 }],
    ['let it win whatever the order of the keys (SC044)', { a: 'b' }, { b: 2, a: 1 }, { b: 1 }],
    ['drop a listed name that was not emitted (G21)', { a: 'b' }, { c: 1 }, { c: 1 }],
    ['keep an unlisted value where the listed one was not emitted (G21)', { a: 'b' }, { b: 2 }, { b: 2 }],
    ['keep a name that is renamed to itself', { a: 'a' }, { a: 1, b: 2 }, { a: 1, b: 2 }],
    ['let the last of two names that become one win', { a: 'c', b: 'c' }, { a: 1, b: 2 }, { c: 2 }],
    [
      'pass values that are undefined, null, 0 or empty',
      { a: 'b' },
      { a: undefined, c: null, d: 0, e: '' },
      { b: undefined, c: null, d: 0, e: '' },
    ],
    ['give nothing for nothing', { a: 'b' }, {}, {}],
    ['pass all where nothing is listed', {}, { a: 1 }, { a: 1 }],
  ])('should %s', (_, renames, data, expected) => {
    expect(rename(renames)(data)).toStrictEqual(expected);
  });

  it('should leave the payload itself alone', () => {
    const data = Object.freeze({ a: 1, b: 2 });
    const renamed = rename({ a: 'b' })(data);
    expect(data).toEqual({ a: 1, b: 2 });
    expect(renamed).not.toBe(data);
  });

  it('should not change with the object that it was made from', () => {
    const renames = { a: 'b' };
    const mapping = rename(renames);
    renames.a = 'c';
    expect(mapping({ a: 1 })).toEqual({ b: 1 });
  });

  it.each(['_type', '__proto__', 'constructor', 'then', 'flow', 'event_name', 'hasOwnProperty', 'toString'])(
    'should take the key %s for a name like any other (X)',
    (key) => {
      const toKey = rename({ a: key })({ a: 1 });
      const fromKey = rename(parsed(`{"${key}":"b"}`))(parsed(`{"${key}":1,"c":2}`));
      const passed = rename({ a: 'b' })(parsed(`{"${key}":{"evil":true}}`));
      expect(Object.entries(toKey)).toEqual([[key, 1]]);
      expect(Object.entries(fromKey)).toEqual([
        ['c', 2],
        ['b', 1],
      ]);
      expect(Object.entries(passed)).toEqual([[key, { evil: true }]]);
      expect((passed as { evil?: boolean }).evil).toBeUndefined();
    },
  );

  it.each(['constructor', 'toString', '__proto__'])('should not find %s in a payload that only inherits it (X)', (key) => {
    expect(Object.keys(rename(parsed(`{"${key}":"b"}`))({ a: 1 }))).toEqual(['a']);
  });

  const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
  const record = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T>> =>
    fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }).map((pairs) => new Map(pairs));
  const toObject = (map: ReadonlyMap<string, unknown>): Data => Object.fromEntries(map);

  it('should give exactly the unlisted keys and the new names of the emitted ones, renamed last (G21)', () => {
    fc.assert(
      fc.property(record(name), record(fc.integer()), (renames, data) => {
        const expected = new Map([...data].filter(([key]) => !renames.has(key)));
        for (const [from, to] of renames) if (data.has(from)) expected.set(to, data.get(from) ?? NaN);
        const renamed = rename(toObject(renames) as Renames)(toObject(data));
        expect(new Map(Object.entries(renamed))).toEqual(expected);
      }),
    );
  });

  it('should be undone by the opposite renames where they swap names (SC043)', () => {
    const opposite = (renames: Renames): Renames => Object.fromEntries(Object.entries(renames).map(([from, to]) => [to, from]));
    const shuffled = fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 4 });
    fc.assert(
      fc.property(
        shuffled,
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer(), { noNullPrototype: true }),
        (to, data) => {
          const renames = Object.fromEntries(['a', 'b', 'c', 'd'].map((from, place) => [from, to[place] ?? from]));
          expect(rename(opposite(renames))(rename(renames)(data))).toEqual(data);
        },
      ),
    );
  });
});

describe('compileMapping', () => {
  it('should need none for a connection that passes everything on', () => {
    expect(compileMapping(undefined)).toBeUndefined();
  });

  it('should take a function as it is', () => {
    const mapping = (data: Data): Data => ({ all: data });
    expect(compileMapping(mapping)?.({ a: 1 })).toEqual({ all: { a: 1 } });
  });
});

describe('the mapping of a connection', () => {
  it('should give each target of one event only its own new name (SC046, S04)', async () => {
    const seen: [string, Data][] = [];
    const flow = flowOf({
      s: { slots: { trigger: emitting({ v: 1, w: 2 }) } },
      a: { slots: { i: (data) => seen.push(['a', data]) } },
      b: { slots: { i: (data) => seen.push(['b', data]) } },
      c: { slots: { i: (data) => seen.push(['c', data]) } },
    });
    flow.connect('s', 'o', 'a', 'i', { v: 'forA' });
    flow.connect('s', 'o', 'b', 'i', { v: 'forB' });
    flow.connect('s', 'o', 'c', 'i', ({ v, w }) => ({ sum: Number(v) + Number(w) }));
    await flow.execute('s');
    expect(seen).toEqual([
      ['a', { forA: 1, w: 2 }],
      ['b', { forB: 1, w: 2 }],
      ['c', { sum: 3 }],
    ]);
  });

  it('should be applied once per task, so that a retry gets the payload mapped before (D24, D29)', async () => {
    const mapping = jest.fn(({ v }: Data): Data => ({ mapped: v }));
    const seen: Data[] = [];
    const flow = flowOf({
      s: { slots: { trigger: emitting({ v: 1 }) } },
      t: {
        slots: {
          i: (data) => {
            seen.push(data);
            if (seen.length < 3) throw new Error('not yet');
          },
        },
      },
    });
    flow.connect('s', 'o', 't', 'i', mapping);
    flow.routines.get('t')?.setAsCritical({ maxRetries: 2, delayMs: 0 });
    const { status } = await flow.execute('s');
    expect(status).toBe('completed');
    expect(seen).toEqual([{ mapped: 1 }, { mapped: 1 }, { mapped: 1 }]);
    expect(mapping).toHaveBeenCalledTimes(1);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a text', 'x'],
    ['a list', [1]],
    ['a promise', Promise.resolve({ v: 1 })],
  ])('should fail the task where a function gives %s, naming routine and slot', async (_, given) => {
    const handler = jest.fn();
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: handler } } });
    flow.connect('s', 'o', 't', 'i', () => given as Data);
    const { status, error } = await flow.execute('s');
    expect(status).toBe('failed');
    expect(error?.cause).toMatchObject({ code: 'BAD_MAPPING', details: { routineId: 't', slot: 'i' } });
    expect(error?.message).toMatch(/'t'.*slot 'i'.*give one plain object/);
    expect(handler).not.toHaveBeenCalled();
  });

  it('should follow the error strategy of the target where a function throws (D1)', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }, { v: 2 }) } }, t: { slots: { i: () => undefined } } });
    flow.connect('s', 'o', 't', 'i', () => {
      throw new Error('no way');
    });
    flow.routines.get('t')?.setAsOptional();
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(state.routineState('t')).toMatchObject({ status: 'error_continued', error: 'no way' });
    expect(state.history('t').map(({ eventName }) => eventName)).toEqual(['error_continued', 'error_continued']);
  });

  it('should see the payload as it was emitted, not as another target has changed it (D6)', async () => {
    const seen: Data[] = [];
    const flow: Flow = flowOf({
      s: { slots: { trigger: emitting({ v: 1 }) } },
      a: { slots: { i: (data) => Object.assign(data, { v: 'changed' }) } },
      b: { slots: { i: (data) => seen.push(data) } },
    });
    flow.connect('s', 'o', 'a', 'i');
    flow.connect('s', 'o', 'b', 'i', { v: 'w' });
    await flow.execute('s');
    expect(seen).toEqual([{ w: 1 }]);
  });
});
