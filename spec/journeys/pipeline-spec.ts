import * as t from 'io-ts';
import { defineRoutine, Flow, type FlowOptions, Routine } from '../../lib/index.js';
import { sleep } from '../support/flows.js';

/** Reads orders from text, one a line; what is no order goes to an event of its own. */
class Reader extends Routine {
  readonly order = this.defineEvent<{ id: string; price: number; count: number }>('order');
  readonly bad = this.defineEvent<{ line: number; text: string }>('bad');
  readonly trigger = this.defineSlot('trigger', ({ text }: { text: string }) => {
    for (const [at, line] of text.trim().split('\n').entries()) this.#read(line, at + 1);
  });

  #read(text: string, line: number): void {
    const [id, price, count] = text.split(',');
    if (id === undefined || Number.isNaN(Number(price)) || Number.isNaN(Number(count))) this.emit(this.bad, { line, text });
    else this.emit(this.order, { id, price: Number(price), count: Number(count) });
  }
}

const priced = t.type({ id: t.string, total: t.number });

/** Works a total out, slowly, as a service would. */
const pricing = defineRoutine({
  type: 'pricing',
  events: { priced },
  slots: {
    order: {
      codec: t.type({ id: t.string, price: t.number, count: t.number }),
      handler: async ({ id, price, count }, ctx) => {
        await sleep(count % 3);
        ctx.emit('priced', { id, total: price * count });
      },
    },
  },
});

/** Sums up; what it knows so far is the state of the job. */
class Ledger extends Routine {
  readonly entry = this.defineSlot('entry', ({ amount }: { amount: number }, ctx) => {
    const { sum = 0, entries = 0 } = ctx.state() as { sum?: number; entries?: number };
    ctx.setState({ sum: sum + amount, entries: entries + 1 });
  });
  readonly complaint = this.defineSlot('complaint', (data, ctx) => {
    ctx.output('complaint', data);
  });
}

const orders = (options: FlowOptions = {}): Flow => {
  const [flow, reader, ledger] = [new Flow(options), new Reader(), new Ledger()];
  flow.addRoutine(reader, 'reader');
  flow.addRoutine(pricing, 'pricing');
  flow.addRoutine(ledger, 'ledger');
  flow.connect(reader.order, pricing.slot('order'));
  flow.connect('pricing', 'priced', 'ledger', 'entry', { total: 'amount' });
  flow.connect('reader', 'bad', 'ledger', 'complaint');
  return flow;
};

const TEXT = 'a,10,1\nb,2,5\nnonsense\nc,3,3\nd,1,7';

describe('a pipeline from text to a sum', () => {
  it.each<[string, FlowOptions]>([
    ['one worker', {}],
    ['four workers', { maxWorkers: 4 }],
    ['four workers and commit mode', { maxWorkers: 4, emitMode: 'commit' }],
    ['frozen payloads', { isolation: 'freeze' }],
  ])('should carry every order through and name the line that is none: %s (S01, S12, S37, S44)', async (_, options) => {
    const flow = orders(options);
    const seen: unknown[] = [];
    const state = await flow.execute('reader', { text: TEXT }, { output: ({ type, data }) => seen.push([type, data]) });

    expect(state.status).toBe('completed');
    expect(state.routineState('ledger')).toMatchObject({ sum: 36, entries: 4, status: 'completed' });
    expect(seen).toEqual([['complaint', { line: 3, text: 'nonsense' }]]);
    expect(state.metrics.routine('pricing')).toMatchObject({ total: 4, completed: 4, emitted: { priced: 4 } });
    expect(state.history('reader').map(({ eventName }) => eventName)).toEqual([
      'start',
      'order',
      'order',
      'bad',
      'order',
      'order',
    ]);
  });

  it('should give each of many runs at once its own sum (S10, S50, G14)', async () => {
    const flow = orders({ maxWorkers: 3 });
    const runs = Array.from({ length: 8 }, (_, n) => flow.execute('reader', { text: `x,${n},1\ny,${n},2` }));
    const states = await Promise.all(runs);
    expect(states.map((state) => state.routineState('ledger')?.['sum'])).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
    expect(new Set(states.map(({ jobId }) => jobId)).size).toBe(8);
  });
});
