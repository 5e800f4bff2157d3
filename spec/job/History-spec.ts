import fc from 'fast-check';
import type { Context, Data } from '../../lib/index.js';
import { History, type Recorded } from '../../lib/job/History.js';
import { emitting, flowOf, forward } from '../support/flows.js';

const record = (order: number, kind: string, routineId = 'r'): Recorded => ({
  routineId,
  eventName: kind,
  data: { order },
  tick: order,
  order,
});

type Kind = 'emitted' | 'keep';

/** A history into which the kinds were written in order, after a start at order 0. */
const written = (bound: number, kinds: readonly Kind[]): History => {
  const history = new History(bound, 1_000);
  history.start(record(0, 'start'));
  kinds.forEach((kind, place) => {
    history[kind](record(place + 1, kind));
  });
  return history;
};

const orders = (history: History, kind?: string): unknown[] =>
  history
    .records()
    .filter(({ eventName }) => kind === undefined || eventName === kind)
    .map(({ data }) => data['order']);

const kinds = fc.array(fc.constantFrom<Kind>('emitted', 'emitted', 'emitted', 'keep'), { maxLength: 60 });

/** The orders of all records of a kind. */
const placesOf = (kind: Kind, all: readonly Kind[]): number[] => all.flatMap((each, place) => (each === kind ? [place + 1] : []));

const newest = (count: number, places: readonly number[]): readonly number[] => places.slice(Math.max(places.length - count, 0));

describe('History', () => {
  it('should keep everything in order below its bound (G54)', () => {
    fc.assert(
      fc.property(kinds, (all) => {
        const history = written(Infinity, all);
        expect(orders(history)).toEqual([0, ...all.map((_, place) => place + 1)]);
        expect(history.dropped).toBe(0);
      }),
    );
  });

  it('should keep start, then the newest errors, then the newest emissions, and count the others (D30)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), kinds, (bound, all) => {
        const history = written(bound, all);
        const kept = newest(bound - 1, placesOf('keep', all));
        const emitted = newest(bound - 1 - kept.length, placesOf('emitted', all));
        expect(orders(history)).toEqual([0, ...[...kept, ...emitted].sort((a, b) => a - b)]);
        expect(kept.length + emitted.length + history.dropped).toBe(all.length);
      }),
    );
  });

  it('should keep nothing with a bound of 0 (D30)', () => {
    const history = written(0, ['emitted', 'keep', 'emitted']);
    expect(history.records()).toEqual([]);
    expect(history.dropped).toBeGreaterThanOrEqual(3);
  });

  it('should give the records of one routine in order (G54)', () => {
    const history = new History(10, 1_000);
    history.start(record(0, 'start', 'a'));
    history.emitted(record(1, 'o', 'b'));
    history.keep(record(3, 'error', 'a'));
    history.emitted(record(2, 'o', 'a'));
    expect(history.records('a').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'error']);
    expect(history.records('b').map(({ eventName }) => eventName)).toEqual(['o']);
    expect(history.records('c')).toEqual([]);
  });

  it('should show routine id, event name, data and time, and nothing else (G54)', () => {
    const history = new History(10, 1_000);
    history.emitted(record(1, 'o'));
    expect(history.records()).toStrictEqual([{ routineId: 'r', eventName: 'o', data: { order: 1 }, timestamp: new Date(1_001) }]);
  });

  it('should give copies: what is done to them changes nothing (G65)', () => {
    const history = new History(10, 1_000);
    history.emitted(record(1, 'o'));
    const [first] = history.records();
    Object.assign(first?.data ?? {}, { order: 'changed' });
    (history.records() as unknown[]).length = 0;
    expect(orders(history)).toEqual([1]);
  });
});

describe('the history of a job', () => {
  const chain = {
    s: { slots: { trigger: emitting({ v: 1 }) } },
    b: { slots: { i: forward } },
    c: { slots: { i: () => undefined } },
  };

  it('should begin with start and the entry params, then hold each emission under its routine (G55, G56, SC019)', async () => {
    const state = await flowOf(chain, ['s.o -> b.i', 'b.o -> c.i']).execute('s', { p: 'entry' });
    expect(state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data])).toEqual([
      ['s', 'start', { p: 'entry' }],
      ['s', 'o', { v: 1 }],
      ['b', 'o', { v: 1 }],
    ]);
    expect(state.history('b')).toHaveLength(1);
  });

  it('should hold an emission that goes nowhere (G06)', async () => {
    const state = await flowOf(chain).execute('s');
    expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'o']);
  });

  it('should be chronological (G54)', async () => {
    const state = await flowOf(chain, ['s.o -> b.i', 'b.o -> c.i']).execute('s');
    const times = state.history().map(({ timestamp }) => timestamp.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(state.createdAt.getTime());
  });

  it('should keep an emission as it was emitted, whatever its handler does to the payload afterwards (D6)', async () => {
    const payload: Record<string, unknown> = { v: 1 };
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_: Data, ctx: Context) => {
            ctx.emit('o', payload);
            payload['v'] = 'changed';
          },
        },
      },
    });
    expect((await flow.execute('s')).history('s')[1]?.data).toEqual({ v: 1 });
  });

  const loop = (): Parameters<typeof flowOf> => [
    {
      s: {
        slots: {
          trigger: (_, ctx) => void ctx.emit('o', { n: 1 }),
          i: ({ n }, ctx) => {
            if (n === 3) throw new Error('the third one');
            if (Number(n) < 20) ctx.emit('o', { n: Number(n) + 1 });
          },
          j: ({ n }, ctx) => {
            if (n === 3) ctx.emit('o', { n: 4 });
          },
        },
      },
    },
    ['s.o -> s.i', 's.o -> s.j'],
  ];

  it('should be bounded by the flow: start and errors stay, the newest emissions too, and the rest is counted (D30)', async () => {
    const [sketches, links] = loop();
    const flow = flowOf(sketches, links, { history: 5, unhandledErrors: 'record' });
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(state.history().map(({ eventName, data }) => [eventName, data['n']])).toEqual([
      ['start', undefined],
      ['error', undefined],
      ['o', 18],
      ['o', 19],
      ['o', 20],
    ]);
    expect(state.metrics.flow().droppedRecords).toBe(22 - 5);
  });

  it.each<[number | undefined, number]>([
    [undefined, 1_000],
    [Infinity, 1_501],
    [2_000, 1_501],
    [10, 10],
  ])('should have a bound of %p records: %p of 1,501 stay (D30)', async (history, expected) => {
    const burst = emitting(...Array.from({ length: 1_500 }, (_, n) => ({ n })));
    const flow = flowOf({ s: { slots: { trigger: burst } } }, [], { history });
    const state = await flow.execute('s');
    expect(state.history()).toHaveLength(expected);
    expect(state.history()[0]?.eventName).toBe('start');
    expect(state.history().at(-1)?.data).toEqual({ n: 1_499 });
    expect(state.metrics.flow().droppedRecords).toBe(1_501 - expected);
    expect(state.metrics.routine('s')?.emitted).toEqual({ o: 1_500 });
  });
});
