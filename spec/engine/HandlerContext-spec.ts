import type { Context, FlowOptions, Handler } from '../../lib/index.js';
import type { HandlerContext } from '../../lib/engine/HandlerContext.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

/** A payload that calls back when it is read. */
const asking = (ask: () => void): { readonly n: number } => ({
  get n() {
    ask();
    return 1;
  },
});

/** Every call of a context that asks the user for something before it does something. */
const CALLS: readonly [string, (ctx: Context, ask: () => void) => unknown][] = [
  ['the payload of emit', (ctx, ask) => ctx.emit('o', asking(ask))],
  ['the payload of emitDeferred', (ctx, ask) => ctx.emitDeferred('o', asking(ask))],
  ['the payload of output', (ctx, ask) => ctx.output('late', asking(ask))],
  ['the state', (ctx, ask) => ctx.setState(asking(ask))],
  [
    'an update of the state',
    (ctx, ask) =>
      ctx.setState((own) => {
        ask();
        return { ...own, n: 1 };
      }),
  ],
  ['what an update of the state gives', (ctx, ask) => ctx.setState(() => asking(ask))],
  ['an entry of the shared log', (ctx, ask) => ctx.shared.log(asking(ask))],
];

/** A value that is kept as it is, unless it has to be written down, is not read. */
const COMMITTED: typeof CALLS = [...CALLS, ['a shared value', (ctx, ask) => ctx.shared.set('late', asking(ask))]];

/** What a call throws that ends its job by what it asks for, and the state then. */
const ending = async (use: (ctx: Context, ask: () => void) => unknown, options: FlowOptions) => {
  let error: unknown;
  const trigger: Handler = (_, ctx) => {
    error = thrown(() => use(ctx, () => ctx.cancel('by the question')));
  };
  const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: () => undefined } } }, ['s.o -> t.i'], options);
  return { state: await flow.execute('s'), error };
};

const table = [
  ...CALLS.map(([name, use]) => [name, 'immediate', use] as const),
  ...COMMITTED.map(([name, use]) => [name, 'commit', use] as const),
];

describe('HandlerContext', () => {
  it("should keep nothing back for an attempt that only reads what is shared, with emitMode 'commit'", async () => {
    const seen: unknown[] = [];
    const trigger: Handler = (_, ctx) => {
      seen.push(ctx.shared.get('none', 7), (ctx as unknown as HandlerContext).rare.effects);
    };
    await flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }).execute('s');
    expect(seen).toEqual([7, undefined]);
  });

  it.each(['immediate', 'commit'] as const)(
    'should ask an update once more that has changed the state itself, emitMode %s (D31)',
    async (emitMode) => {
      let asked = 0;
      const trigger: Handler = (_, ctx) => {
        ctx.setState((own) => {
          if (asked++ === 0) ctx.setState({ inner: 1 });
          return { ...own, outer: 1 };
        });
      };
      const state = await flowOf({ s: { slots: { trigger } } }, [], { emitMode }).execute('s');
      expect(state.routineState('s')).toMatchObject({ inner: 1, outer: 1 });
    },
  );

  it.each(table)('should refuse a call whose own question has ended the job: %s, emitMode %s (D31)', async (_, emitMode, use) => {
    const { state, error } = await ending(use, { emitMode });
    expect(ours(error)).toMatchObject({ code: 'EMIT_AFTER_END', details: { status: 'cancelled' } });
    expect([state.status, state.reason]).toEqual(['cancelled', 'by the question']);
    expect(state.history().map(({ eventName }) => eventName)).toEqual(['start']);
    expect([state.pendingTasks, state.deferredEvents, state.outputLog, state.sharedLog]).toEqual([[], [], [], []]);
    expect(state.sharedData).toEqual({});
    expect(state.routineState('s')).not.toHaveProperty('n');
    expect(state.metrics.flow()).toMatchObject({ events: 0, droppedTasks: 1 });
  });
});
