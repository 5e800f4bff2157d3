import fc from 'fast-check';
import { ErrorHandler, type ErrorHandlerOptions, Flow, FlowError, type ParamMapping, Registry } from '../../lib/index.js';
import { ours, thrown } from '../support/thrown.js';
import { Broken, flowOf, isBroken, mismatches, Node, registry, seen, small, trim, trip } from './flows.js';
import { build, plans, settings } from './randomFlows.js';
import { difference } from './values.js';

describe('Flow.toJSON and Flow.fromJSON', () => {
  it('should give the same flow back: settings, routines, config, error handlers, connections (G74, G75, D28)', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const flow = build(plan);
        const back = trip(flow);
        expect(difference(seen(back), seen(flow))).toBeUndefined();
        expect(JSON.stringify(back)).toBe(JSON.stringify(flow));
      }),
      { numRuns: 150 },
    );
  });

  it('should write every setting of the flow, those too that no getter shows (G75)', () => {
    fc.assert(
      fc.property(settings, (options) => {
        const infinities = Object.entries(options).map(([key, value]) => [key, value === Infinity ? 'Infinity' : value] as const);
        expect(JSON.parse(JSON.stringify(new Flow(options)))).toMatchObject(Object.fromEntries(infinities));
      }),
    );
  });

  it('should hold kind, version and the structure, and nothing besides (G75)', () => {
    const json = small().toJSON();
    expect(Object.keys(json).sort()).toEqual(
      [
        ...['kind', 'version', 'flowId', 'executionStrategy', 'maxWorkers', 'executionTimeoutMs', 'unhandledErrors'],
        ...['emitMode', 'isolation', 'history', 'pausedLimit', 'metrics', 'routines', 'connections'],
      ].sort(),
    );
    expect(json).toMatchObject({
      kind: 'routilux/flow',
      version: 1,
      executionStrategy: 'sequential',
      routines: [
        { id: 'a', type: 'Node', config: {}, slots: ['trigger', 'i'], events: ['o', 'p'] },
        { id: 'b', type: 'Node', config: {}, slots: ['trigger', 'i'], events: ['o', 'p'] },
      ],
      connections: [{ sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i' }],
    });
  });

  it('should be JSON as it is: the object and its text say the same, in the seed’s words too (G74)', () => {
    const flow = small();
    expect(JSON.parse(JSON.stringify(flow))).toEqual(flow.toJSON());
    expect(flow.serialize()).toEqual(flow.toJSON());
    expect(seen(Flow.fromJSON(flow.toJSON(), registry))).toEqual(seen(Flow.fromJSON(JSON.stringify(flow), registry)));
  });

  it('should be the same before, during and after runs, also with append slots (S06, S07, SC093)', async () => {
    const flow = flowOf(['a', 'b'], [['a', 'o', 'b', 'i'], ['b', 'o', 'b', 'i', { by: 'from' }]]); // prettier-ignore
    const before = JSON.stringify(flow);
    const job = flow.start('a', { fuel: 5 });
    await Promise.resolve();
    expect(JSON.stringify(flow)).toBe(before);
    const state = await job.done;
    await flow.execute('a', { fuel: 2 });
    expect(JSON.stringify(flow)).toBe(before);
    expect(JSON.stringify(state)).toContain('"fuel":[4,3,2,1,0]');
  });

  it('should run as the flow did that was written (G79)', async () => {
    const links: [string, string, string, string, ParamMapping?][] = [
      ['a', 'o', 'b', 'i'],
      ['a', 'o', 'c', 'i', { by: 'from' }],
      ['b', 'o', 'c', 'i', trim],
    ];
    const flow = flowOf(['a', 'b', 'c'], links);
    const story = async (each: Flow): Promise<unknown> => {
      const state = await each.execute('a', { fuel: 4 });
      const history = state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data]);
      return [state.status, history, Object.entries(state.routineStates).map(([id, { held }]) => [id, held])];
    };
    expect(await story(trip(flow))).toEqual(await story(flow));
  });

  it('should make new routines each time, so that no two flows share one', () => {
    const flow = small();
    const [one, two] = [trip(flow), trip(flow)];
    const all = [flow, one, two].flatMap((each) => [...each.routines.values()]);
    expect(new Set(all).size).toBe(6);
  });

  it('should take what JSON cannot say from its options, and all else from the JSON', async () => {
    const newId = (): string => 'mine';
    const flow = Flow.fromJSON(small().toJSON(), registry, { newId });
    expect((await flow.execute('a', { fuel: 0 })).jobId).toBe('mine');
    expect(flow.flowId).toBe('f');
  });
});

describe('a connection that is written down', () => {
  it('should be refused if its mapping is a function that no registry knows, by its ends (D28)', () => {
    const error = ours(thrown(() => flowOf(['a', 'b'], [['a', 'o', 'b', 'i', (data) => data]]).toJSON()));
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'mapping', got: 'a function' } });
    expect(error.message).toMatch(/'a\.o' → 'b\.i'.*registerFunction/);
  });
});

describe('an error handler that is written down', () => {
  const withHandler = (options: ErrorHandlerOptions): Flow => small().setErrorHandler(new ErrorHandler(options));

  it('should find the error classes of the language without a registry (D28)', () => {
    const retryOn = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
    const flow = withHandler({ strategy: 'retry', retryOn });
    expect(flow.toJSON().errorHandler?.retryOn).toEqual({ classes: retryOn.map(({ name }) => name) });
    const bare = new Registry().register('Node', () => new Node());
    expect(trip(flow, bare).errorHandler?.retryOn).toEqual(retryOn);
  });

  it('should tell a question from a class of the same kind (D28)', () => {
    expect(withHandler({ strategy: 'retry', retryOn: isBroken }).toJSON().errorHandler?.retryOn).toEqual({
      question: 'isBroken',
    });
    expect(trip(withHandler({ strategy: 'retry', retryOn: [Broken] })).errorHandler?.retryOn).toEqual([Broken]);
    expect(trip(withHandler({ strategy: 'retry', retryOn: isBroken })).errorHandler?.retryOn).toBe(isBroken);
  });

  it.each<[string, NonNullable<ErrorHandlerOptions['retryOn']>]>([
    ['a question', () => true],
    ['a class', [TypeError, class Unknown extends Error {}]],
  ])('should be refused if %s has no name, by its owner (D28)', (_, retryOn) => {
    const ofFlow = ours(thrown(() => withHandler({ strategy: 'retry', retryOn }).toJSON()));
    expect(ofFlow).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'retryOn' } });
    expect(ofFlow.message).toContain("error handler of flow 'f'");
    const flow = small();
    flow.routines.get('b')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', retryOn }));
    expect(ours(thrown(() => flow.toJSON())).message).toContain("error handler of routine 'b'");
  });

  it('should be refused if the registry that reads lacks a name, each by its path (G77)', () => {
    const flow = withHandler({ strategy: 'retry', retryOn: isBroken });
    flow.routines.get('b')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', retryOn: [TypeError, Broken] }));
    const bare = new Registry().register('Node', () => new Node());
    expect(mismatches(() => trip(flow, bare))).toMatchObject([
      { path: 'errorHandler.retryOn', value: 'isBroken' },
      { path: 'routines.1.errorHandler.retryOn', value: 'Broken' },
    ]);
  });

  it('should work when it is read: it retries what it retried (SC061)', async () => {
    class Fragile extends Node {
      static override readonly type = 'Fragile';

      constructor() {
        super();
        this.defineSlot('fail', (_, ctx) => {
          throw ctx.attempt === 1 ? new Broken('again') : new TypeError('no more');
        });
      }
    }
    const own = new Registry().register('Fragile', () => new Fragile()).registerFunction('Broken', Broken);
    const flow = new Flow({
      errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0, maxRetries: 9, retryOn: [Broken] }),
    });
    flow.addRoutine(new Fragile(), 'a');
    flow.connect('a', 'o', 'a', 'fail');
    const state = await trip(flow, own).execute('a', { fuel: 1 });
    expect(state.error?.message).toMatch(/after 2 attempts: no more/);
  });
});

describe('a config that is written down', () => {
  it.each<[string, unknown, string]>([
    ['a function', () => 0, 'routines.1.config.deep.0.bad'],
    ['a symbol', Symbol('s'), 'routines.1.config.deep.0.bad'],
    ['an instance', new Node(), 'routines.1.config.deep.0.bad'],
  ])('should be refused if it holds %s, by flow and path, and leave the flow as it is (G76)', (_, bad, path) => {
    const flow = small();
    flow.routines.get('b')?.setConfig({ deep: [{ bad }] });
    const error = ours(thrown(() => flow.toJSON()));
    expect(error).toMatchObject({ name: 'FlowError', code: 'NOT_SERIALISABLE', details: { path } });
    expect(error.message).toContain("Flow 'f'");
    expect(flow.routines.get('b')?.getConfig('deep')).toEqual([{ bad }]);
  });

  it('should add to what the factory sets, and win over it', () => {
    const own = new Registry().register('Node', () => new Node().setConfig({ a: 'factory', b: 'factory' }));
    const flow = flowOf(['a']);
    flow.routines.get('a')?.setConfig({ a: 'json' });
    expect(trip(flow, own).routines.get('a')?.config).toEqual({ a: 'json', b: 'factory' });
  });

  it('should share nothing with the JSON that it came from, nor with the one that it goes to', () => {
    const flow = small();
    flow.routines.get('a')?.setConfig({ list: [1] });
    const json = flow.toJSON();
    const back = Flow.fromJSON(json, registry);
    ((json.routines[0]?.config as Record<string, unknown[]>)['list'] as unknown[]).push(2);
    expect([flow, back].map((each) => each.routines.get('a')?.config)).toEqual([{ list: [1] }, { list: [1] }]);
  });
});
