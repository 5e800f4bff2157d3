import * as t from 'io-ts';
import { z } from 'zod';
import { type Codec, decode, isCodec, type Mismatch, type StandardSchema } from '../../lib/flow/Codec.js';
import type { Data, JobState } from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';

interface Order {
  readonly id: number;
  readonly lines: readonly { readonly sku: string }[];
}

const ioOrder: Codec<Order> = t.type({ id: t.number, lines: t.array(t.type({ sku: t.string })) });
const zodOrder: Codec<Order> = z.object({ id: z.number(), lines: z.array(z.object({ sku: z.string() })) });

type Result = ReturnType<StandardSchema<Order>['~standard']['validate']>;

const schema = (validate: (value: unknown) => Result): StandardSchema<Order> => ({
  '~standard': { version: 1, vendor: 'by-hand', validate },
});

const isOrder = (value: unknown): value is Order => typeof (value as Order).id === 'number';

/** The smallest Standard Schema: no library at all. */
const handMade = schema((value) =>
  isOrder(value) ? { value } : { issues: [{ message: 'a numeric id', path: [{ key: 'lines' }, 0, 'sku'] }] },
);

const mismatches = (codec: Codec<Order>, value: unknown): readonly Mismatch[] => {
  const decoded = decode(codec, value);
  return 'mismatches' in decoded ? decoded.mismatches : [];
};

/** One run in which a slot with the codec gets the payload. */
const runWith = async (codec: Codec<object>, payload: Data): Promise<{ state: JobState; seen: Data[] }> => {
  const seen: Data[] = [];
  const flow = flowOf(
    {
      s: { slots: { trigger: emitting(payload) } },
      t: { slots: { i: [(data) => void seen.push(data), { codec: codec as Codec<Data> }] } },
    },
    ['s.o -> t.i'],
  );
  return { state: await flow.execute('s'), seen };
};

const good = { id: 1, lines: [{ sku: 'a' }] };
const bad = { id: 1, lines: [{ sku: 'a' }, { sku: 7 }] };

describe('isCodec', () => {
  it.each<[string, unknown]>([
    ['an io-ts type', ioOrder],
    ['a zod schema', zodOrder],
    ['a hand-made schema', handMade],
    ['a schema that is a function', Object.assign(() => undefined, { '~standard': handMade['~standard'] })],
  ])('should know %s', (_, codec) => {
    expect(isCodec(codec)).toBe(true);
  });

  it.each<[unknown]>([[undefined], [null], ['text'], [5], [{}], [() => true], [['a', 'b']]])('should refuse %p', (value) => {
    expect(isCodec(value)).toBe(false);
  });
});

describe('decode', () => {
  it.each<[string, Codec<Order>]>([
    ['io-ts', ioOrder],
    ['zod', zodOrder],
    ['a hand-made Standard Schema', handMade],
  ])('should give what %s reads', (_, codec) => {
    expect(decode(codec, good)).toEqual({ value: good });
  });

  it.each<[string, Codec<Order>, RegExp]>([
    ['io-ts', ioOrder, /^string$/],
    ['zod', zodOrder, /expected string/],
  ])('should say path, expectation and value of a nested mismatch of %s', (_, codec, expectation) => {
    expect(mismatches(codec, bad)).toEqual([
      { path: 'lines.1.sku', expected: expect.stringMatching(expectation) as unknown, value: 7 },
    ]);
  });

  it.each<[string, Codec<Order>]>([
    ['io-ts', ioOrder],
    ['zod', zodOrder],
  ])('should list every mismatch that %s finds', (_, codec) => {
    const found = mismatches(codec, { id: 'x', lines: [{ sku: 1 }, {}] });
    expect(found.map(({ path, value }) => [path, value])).toEqual([
      ['id', 'x'],
      ['lines.0.sku', 1],
      ['lines.1.sku', undefined],
    ]);
  });

  it('should read a path of keys and of segments with a key', () => {
    expect(mismatches(handMade, { id: 'x', lines: [{ sku: 5 }] })).toEqual([
      { path: 'lines.0.sku', expected: 'a numeric id', value: 5 },
    ]);
  });

  it('should survive a path that leads nowhere', () => {
    expect(mismatches(handMade, { id: 'x' })).toEqual([{ path: 'lines.0.sku', expected: 'a numeric id', value: undefined }]);
  });

  it('should say of the whole payload that it is wrong with an empty path', () => {
    const refusing = schema(() => ({ issues: [{ message: 'something else' }] }));
    expect(mismatches(refusing, good)).toEqual([{ path: '', expected: 'something else', value: good }]);
    expect(mismatches(ioOrder, 5)).toEqual([{ path: '', expected: expect.stringContaining('id: number') as string, value: 5 }]);
  });

  it.each<[string, Codec<Order>]>([
    ['an intersection', t.intersection([t.type({ id: t.number }), t.type({ lines: t.array(t.type({ sku: t.string })) })])],
    ['a refinement', t.refinement(t.type({ id: t.number, lines: t.array(t.type({ sku: t.string })) }), () => true, 'Order')],
    ['an exact type', t.exact(t.type({ id: t.number, lines: t.array(t.type({ sku: t.string })) }))],
  ])('should give the path in the value, not in the codec, where io-ts has %s', (_, codec) => {
    expect(mismatches(codec, bad).map(({ path }) => path)).toEqual(['lines.1.sku']);
  });

  it('should take the message of an io-ts codec that has one for its expectation', () => {
    const even = new t.Type<{ n: number }>(
      'Even',
      (_u): _u is { n: number } => true,
      (u, context) => t.failure(u, context, 'an even number'),
      t.identity,
    );
    const decoded = decode(even, { n: 3 });
    expect(decoded).toEqual({ mismatches: [{ path: '', expected: 'an even number', value: { n: 3 } }] });
  });

  it('should refuse a schema that answers with a promise, and say what to do', () => {
    const late = schema((value) => Promise.resolve({ value: value as Order }));
    expect(() => decode(late, good)).toThrow(/schema that answers without a promise/);
  });
});

describe('a slot with a codec', () => {
  it.each<[string, Codec<object>]>([
    ['io-ts', ioOrder],
    ['zod', zodOrder],
    ['a hand-made Standard Schema', handMade],
  ])('should hand out what %s reads, and complete', async (_, codec) => {
    const { state, seen } = await runWith(codec, good);
    expect(state.status).toBe('completed');
    expect(seen).toEqual([good]);
  });

  it.each<[string, Codec<object>]>([
    ['io-ts', ioOrder],
    ['zod', zodOrder],
  ])('should fail the task on a mismatch of %s, and say who, where, what was expected and what came', async (_, codec) => {
    const { state, seen } = await runWith(codec, bad);
    expect(state.status).toBe('failed');
    expect(seen).toEqual([]);
    expect(state.error?.cause).toMatchObject({
      code: 'PAYLOAD_MISMATCH',
      details: { routineId: 't', slot: 'i', mismatches: [{ path: 'lines.1.sku', value: 7 }] },
    });
    expect(state.error?.message).toMatch(/slot 'i' of routine 't'.*lines\.1\.sku is 7, expected .*string/i);
  });

  it('should fail the task, and only it, where a schema answers with a promise', async () => {
    const { state, seen } = await runWith(
      schema((value) => Promise.resolve({ value: value as Order })),
      good,
    );
    expect(state.status).toBe('failed');
    expect(state.error?.message).toMatch(/slot 'i'.*answers without a promise/);
    expect(seen).toEqual([]);
  });

  it('should leave no rejection unhandled where the promise of a schema is rejected', async () => {
    const late = Promise.reject(new Error('too late'));
    late.catch(() => undefined);
    const then = jest.spyOn(late, 'then');
    const { state } = await runWith(
      schema(() => late),
      good,
    );
    expect(state.status).toBe('failed');
    expect(then.mock.calls.some(([, onRejected]) => typeof onRejected === 'function')).toBe(true);
  });

  it('should fail the task where a schema throws', async () => {
    const { state } = await runWith(
      schema(() => {
        throw new Error('the schema is broken');
      }),
      good,
    );
    expect(state).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('the schema is broken') as string },
    });
  });

  class Row {
    readonly id = 1;
  }

  /** An io-ts codec that decodes everything to one value. */
  const decodingTo = (value: unknown): Codec<object> =>
    new t.Type(
      'any',
      (_u): _u is object => true,
      () => t.success(value as object),
      t.identity,
    );

  it.each<[string, unknown]>([
    ['an array', []],
    ['a number', 5],
    ['a string', 'five'],
    ['null', null],
    ['undefined', undefined],
    ['a function', () => ({})],
    ['a Date', new Date(0)],
    ['a Map', new Map([['id', 1]])],
    ['an instance of a class', new Row()],
  ])('should fail the task with BAD_DECODE where it decodes to %s, and call no handler', async (_, value) => {
    for (const codec of [schema(() => ({ value: value as Order })), decodingTo(value)]) {
      const { state, seen } = await runWith(codec, good);
      expect(state.status).toBe('failed');
      expect(seen).toEqual([]);
      expect(state.error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 't', slot: 'i' } });
      expect(state.error?.cause).toMatchObject({ name: 'JobError', code: 'BAD_DECODE', details: { routineId: 't', slot: 'i' } });
      expect(state.routineState('t')).toMatchObject({ status: 'failed', error: (state.error?.cause as Error).message });
    }
  });

  it('should fail the task where a getter of what it decodes to throws', async () => {
    const trap = {
      get id(): never {
        throw new Error('do not read');
      },
    };
    const { state, seen } = await runWith(decodingTo(trap), good);
    expect([state.status, seen]).toEqual(['failed', []]);
    expect(state.error?.message).toContain('do not read');
  });

  it('should hold nothing of what it could not decode: the merge goes on with what the slot held before (D24)', async () => {
    const seen: Data[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } },
        t: {
          slots: {
            i: [
              (data) => void seen.push(data),
              {
                codec: schema((value) => ({
                  value: ((value as Data)['n'] === 2 ? [2] : value) as Order,
                })) as unknown as Codec<Data>,
                merge: 'append',
              },
            ],
          },
        },
      },
      ['s.o -> t.i'],
    );
    flow.routines.get('t')?.setAsOptional();
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(seen).toEqual([{ n: [1] }, { n: [1, 3] }]);
    expect(state.metrics.routine('t')).toMatchObject({ total: 3, completed: 2, failed: 1 });
  });

  it('should follow the error strategy of its routine on a mismatch (D1)', async () => {
    const seen: Data[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 'x' }, { n: 3 }) } },
        t: { slots: { i: [(data) => void seen.push(data), { codec: t.type({ n: t.number }) }] } },
      },
      ['s.o -> t.i'],
    );
    flow.routines.get('t')?.setAsOptional('skip');
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(seen).toEqual([{ n: 1 }, { n: 3 }]);
    expect(state.routineState('t')).toMatchObject({ status: 'skipped', error: expect.stringContaining('n is "x"') as string });
  });

  it('should read after the mapping and before the merge, and the handler gets the merged value (D29)', async () => {
    const order: string[] = [];
    const seen: Data[] = [];
    const trimmed = schema((value) => {
      order.push(`codec ${JSON.stringify(value)}`);
      return { value: { n: Number((value as Data)['text']) } as unknown as Order };
    }) as unknown as Codec<Data>;
    const flow = flowOf({
      s: { slots: { trigger: emitting({ raw: '1' }, { raw: '10' }) } },
      t: {
        slots: {
          i: [
            (data) => {
              order.push(`handler ${JSON.stringify(data)}`);
              seen.push(data);
            },
            {
              codec: trimmed,
              merge: (held, incoming) => {
                order.push(`merge ${JSON.stringify([held, incoming])}`);
                return { n: Number(held['n'] ?? 0) + Number(incoming['n']) };
              },
            },
          ],
        },
      },
    });
    flow.connect('s', 'o', 't', 'i', ({ raw }) => {
      order.push(`mapping ${JSON.stringify(raw)}`);
      return { text: raw };
    });
    await flow.execute('s');
    expect(order).toEqual([
      'mapping "1"',
      'codec {"text":"1"}',
      'merge [{},{"n":1}]',
      'handler {"n":1}',
      'mapping "10"',
      'codec {"text":"10"}',
      'merge [{"n":1},{"n":10}]',
      'handler {"n":11}',
    ]);
    expect(seen).toEqual([{ n: 1 }, { n: 11 }]);
  });

  it('should leave undecoded what waits in the queue (D29)', async () => {
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: '1' }) } },
        t: { slots: { i: [() => undefined, { codec: z.object({ n: z.coerce.number() }) }] } },
      },
      ['s.o -> t.i'],
    );
    const queued: unknown[] = [];
    const job = flow.start('s');
    job.record$.subscribe((record) => {
      if (record.type === 'taskQueued' && record.routineId === 't') queued.push(record.data);
    });
    const state = await job.done;
    expect(queued).toEqual([{ n: '1' }]);
    expect(state.metrics.routine('t')?.executions[0]?.params).toEqual({ n: 1 });
  });

  it('should read the entry of a run too', async () => {
    const flow = flowOf({
      s: { slots: { trigger: [() => undefined, { codec: t.type({ n: t.number }) }] } },
    });
    expect((await flow.execute('s', { n: 1 })).status).toBe('completed');
    const { status, error } = await flow.execute('s', { n: 'x' });
    expect(status).toBe('failed');
    expect(error?.message).toContain("Slot 'trigger' of routine 's'");
  });
});
