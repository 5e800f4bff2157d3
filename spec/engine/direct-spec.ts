import { type Context, type Data, Flow } from '../../lib/index.js';
import { flowOf, noting, routine, sleep } from '../support/flows.js';
import { thrown } from '../support/thrown.js';

describe('emit outside a job', () => {
  it('should run the connected slots at once: they have run when it returns (S57)', () => {
    const log: unknown[] = [];
    const s = routine({});
    const flow = new Flow();
    flow.addRoutine(s, 's');
    flow.addRoutine(routine({ slots: { i: noting(log, ({ n }) => `a${String(n)}`) } }), 'a');
    flow.addRoutine(routine({ slots: { i: noting(log, ({ m }) => `b${String(m)}`) } }), 'b');
    flow.connect('s', 'o', 'a', 'i');
    flow.connect('s', 'o', 'b', 'i', { n: 'm' });
    s.emit('o', { n: 1 });
    log.push('back');
    expect(log).toEqual(['a1', 'b1', 'back']);
    expect(flow.jobs).toEqual([]);
  });

  it('should serve every flow the routine is in, each with its own mapping, or the one that is named (D26, S56)', () => {
    const log: Data[] = [];
    const s = routine({});
    const flowWith = (mapping?: Readonly<Record<string, string>>): Flow => {
      const flow = new Flow();
      flow.addRoutine(s, 's');
      flow.addRoutine(routine({ slots: { i: noting<Data>(log, (data) => data) } }), 't');
      flow.connect('s', 'o', 't', 'i', mapping);
      return flow;
    };
    flowWith();
    const second = flowWith({ n: 'm' });
    s.emit('o', { n: 1 });
    s.emit('o', { n: 2 }, { flow: second });
    expect(log).toEqual([{ n: 1 }, { m: 1 }, { m: 2 }]);
  });

  it('should begin with empty slots each time, and keep nothing (D26, S07)', () => {
    const log: Data[] = [];
    const s = routine({});
    const flow = new Flow();
    flow.addRoutine(s, 's');
    flow.addRoutine(routine({ slots: { i: [noting<Data>(log, (data) => data), { merge: 'append' }] } }), 't');
    flow.connect('s', 'o', 't', 'i');
    s.emit('o', { n: 1 });
    s.emit('o', { n: 2 });
    expect(log).toEqual([{ n: [1] }, { n: [2] }]);
  });

  it('should pass on through the flow, each hop direct', () => {
    const log: string[] = [];
    const s = routine({});
    const flow = flowOf({ m: { slots: { i: (data, ctx) => ctx.emit('o', data) } }, t: { slots: { i: noting(log, 't') } } }, [
      'm.o -> t.i',
    ]);
    flow.addRoutine(s, 's');
    flow.connect('s', 'o', 'm', 'i');
    s.emit('o', {});
    expect(log).toEqual(['t']);
  });

  it('should throw to the emitter what a target throws', () => {
    const s = routine({});
    const flow = flowOf({
      t: {
        slots: {
          i: () => {
            throw new Error('no');
          },
        },
      },
    });
    flow.addRoutine(s, 's');
    flow.connect('s', 'o', 't', 'i');
    expect(thrown(() => s.emit('o'))).toEqual(new Error('no'));
  });

  it('should be fine without connections, and refuse an event that is not there (G05, G06, SC098)', () => {
    const s = routine({});
    s.emit('o', { n: 1 });
    expect(thrown(() => s.emit('x'))).toMatchObject({
      code: 'UNKNOWN_EVENT',
      details: { routineId: s.id, event: 'x', known: ['o'] },
    });
    expect(thrown(() => s.emit('o', [] as object))).toMatchObject({ code: 'BAD_PAYLOAD' });
  });

  it('should not be mistaken for a job that runs elsewhere: it stays direct', async () => {
    const log: string[] = [];
    const s = routine({ slots: { trigger: () => sleep(5) } });
    const flow = flowOf({ t: { slots: { i: noting(log, 't') } } });
    flow.addRoutine(s, 's');
    flow.connect('s', 'o', 't', 'i');
    const job = flow.start('s');
    await sleep(1);
    s.emit('o');
    expect(log).toEqual(['t']);
    const state = await job.done;
    expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start']);
  });

  it.each([
    ['flow', (ctx: Context): unknown => ctx.flow],
    ['job', (ctx: Context): unknown => ctx.job],
    ['shared', (ctx: Context): unknown => ctx.shared],
    ['output', (ctx: Context): unknown => ctx.output('x')],
    ['emitDeferred', (ctx: Context): unknown => ctx.emitDeferred('o')],
    ['state', (ctx: Context): unknown => ctx.state()],
    ['setState', (ctx: Context): unknown => ctx.setState({})],
    ['track', (ctx: Context): unknown => ctx.track(Promise.resolve())],
    ['pause', (ctx: Context): unknown => ctx.pause()],
    ['cancel', (ctx: Context): unknown => ctx.cancel()],
  ])('should say in a handler called directly that ctx.%s has no job (SC098, G60)', (call, use) => {
    const slot = routine({ slots: { i: (_, ctx) => use(ctx) } }).slot('i');
    const error = thrown(() => slot?.receive({} as never));
    expect(error).toMatchObject({ code: 'NO_CONTEXT' });
    expect((error as Error).message).toContain(call);
  });
});
