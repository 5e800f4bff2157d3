import { from, of } from 'rxjs';
import type { FlowOptions, Handler, Job, JobRecord } from '../../lib/index.js';
import { flowOf, sleep } from '../support/flows.js';

/** What the slot behind it gets of what a handler hands back, and the warnings. */
const through = async (trigger: Handler, emits: 'o' | null = 'o', options: FlowOptions = {}) => {
  const got: unknown[] = [];
  const warnings: string[] = [];
  const slot = emits === null ? trigger : ([trigger, { emits }] as const);
  const flow = flowOf(
    { s: { slots: { trigger: slot } }, t: { slots: { i: (data) => void got.push(data) } } },
    ['s.o -> t.i'],
    options,
  );
  const job: Job = flow.start('s');
  job.record$.subscribe((record: JobRecord) => {
    if (record.type === 'warning') warnings.push(record.message);
  });
  const { status, error } = await job.done;
  return { got, warnings, status, error };
};

const [x, y] = [{ n: 1 }, { n: 2 }];

describe('what a handler hands back, with emits (D37, f05)', () => {
  it.each<[string, Handler, readonly object[]]>([
    ['a plain object', () => x, [x]],
    ['a promise of one', () => Promise.resolve(x), [x]],
    ['an async function that returns one', async () => (await sleep(1), x), [x]],
    ['an array', () => [x, y], [x, y]],
    ['an empty array', () => [], []],
    ['a set', () => new Set([x, y]), [x, y]],
    [
      'a generator',
      function* () {
        yield x;
        yield y;
      },
      [x, y],
    ],
    [
      'an async generator',
      async function* () {
        yield x;
        await sleep(1);
        yield y;
      },
      [x, y],
    ],
    ['an observable', () => of(x, y), [x, y]],
    ['a promise of an array', () => Promise.resolve([x, y]), [x, y]],
    ['a promise of an observable', () => Promise.resolve(from([x, y])), [x, y]],
    [
      'a promise of an async generator',
      () =>
        Promise.resolve(
          (async function* () {
            await sleep(1);
            yield x;
          })(),
        ),
      [x],
    ],
    ['nothing', () => undefined, []],
    ['a promise of nothing', () => Promise.resolve(), []],
    [
      'a function that is a thenable',
      () => Object.assign(() => 1, { then: (done: (value: unknown) => void) => void done(x) }),
      [x],
    ],
  ])('should be emitted: %s', async (_, handler, expected) => {
    for (const emitMode of ['immediate', 'commit'] as const)
      expect(await through(handler, 'o', { emitMode })).toMatchObject({ got: expected, warnings: [], status: 'completed' });
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, '5'],
    ['a text, although it can be iterated', 'text', "'text'"],
    ['null', null, 'null'],
    ['an instance', new Date(0), 'an instance of Date'],
    ['a function', () => 1, 'a function'],
  ])('should be a warning, once for slot and job, if it is %s', async (_, value, shown) => {
    for (const handler of [() => value, () => Promise.resolve(value)] as Handler[]) {
      const { got, warnings, status } = await through(handler);
      expect([got, status, warnings.length]).toEqual([[], 'completed', 1]);
      expect(warnings[0]).toContain(`Slot 'trigger' of routine 's' handed back ${shown}`);
    }
    const many: string[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: [(_data, ctx) => (ctx.emit('o'), ctx.emit('o'), value), { emits: 'o' }],
            i: [() => value, { emits: 'p' }],
          },
          events: ['o', 'p'],
        },
      },
      ['s.o -> s.i'],
    );
    const job = flow.start('s');
    job.record$.subscribe((record) => {
      if (record.type === 'warning') many.push(record.message);
    });
    await job.done;
    expect(many).toHaveLength(2);
  });

  it('should fail the task if it cannot be emitted, before or after an await', async () => {
    const bad = new Proxy(
      {},
      {
        getPrototypeOf: () => Object.prototype,
        ownKeys: () => {
          throw new Error('no keys');
        },
      },
    );
    for (const handler of [() => bad, async () => (await sleep(1), bad)] as Handler[])
      expect(await through(handler)).toMatchObject({
        status: 'failed',
        error: { message: expect.stringContaining('no keys') as string },
      });
  });

  it('should not be emitted of an attempt that has been aborted meanwhile', async () => {
    const { got, status } = await through((_, ctx) => (ctx.cancel(), x));
    expect([got, status]).toEqual([[], 'cancelled']);
  });
});

describe('what a handler hands back, and that ends its job as it is looked at (D31)', () => {
  const endsAt = (key: symbol) =>
    (async (_, ctx) => {
      await Promise.resolve();
      return {
        get [key]() {
          ctx.cancel();
          return () => [x].values();
        },
      };
    }) satisfies Handler;

  it.each([
    ['Symbol.iterator', Symbol.iterator],
    ['Symbol.asyncIterator', Symbol.asyncIterator],
  ])('should give its worker back: a getter of %s', async (_, key) => {
    const flow = flowOf({ s: { slots: { trigger: [endsAt(key), { emits: 'o' }] } }, t: { slots: { trigger: () => undefined } } });
    expect((await flow.execute('s')).status).toBe('cancelled');
    for (let n = 0; n < 3; n++) expect((await flow.execute('t', {}, { timeoutMs: 5_000 })).status).toBe('completed');
  });
});

describe('what a handler hands back, without emits (D37)', () => {
  it.each<[string, Handler, number]>([
    [
      'an async generator that gives values',
      async function* () {
        yield x;
        yield y;
      },
      1,
    ],
    ['an observable that does', () => of(x, y), 1],
    ['one that gives none', () => of(), 0],
    ['a plain object', () => x, 0],
    ['a promise of an observable', () => Promise.resolve(of(x)), 0],
    ['an array', () => [x], 0],
  ])('should be told as a warning once: %s', async (_, handler, count) => {
    const { got, warnings, status } = await through(handler, null);
    expect([got, status, warnings.length]).toEqual([[], 'completed', count]);
    if (count > 0) expect(warnings[0]).toContain('name an event for them (emits)');
  });
});
