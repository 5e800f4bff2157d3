import fc from 'fast-check';
import {
  type Context,
  type Data,
  ErrorHandler,
  type ErrorHandlerOptions,
  Flow,
  FlowError,
  type FlowOptions,
  type ParamMapping,
  Registry,
  Routine,
  type RoutiluxError,
  WireError,
} from '../../lib/index.js';
import { ours, thrown } from '../support/thrown.js';
import { difference, NAMES, objectOf, values } from './values.js';

// ── three kinds of routines, and functions with names ─────────────────────────────────────────────────────────────

/** Every kind has the same names of slots and events, so that only ids tell routines apart. */
class Node extends Routine {
  static override readonly type: string = 'Node';

  constructor() {
    super();
    this.defineEvent('o');
    this.defineEvent('p', ['n']);
    for (const slot of ['trigger', 'i']) this.defineSlot(slot, hop, { merge: 'append' });
  }
}

class Other extends Node {
  static override readonly type = 'Other';
}

/** Called in JSON as its class is. */
class Unnamed extends Node {
  static override readonly type = undefined as never;
}

const hop = (data: Data, ctx: Context): void => {
  const fuel = Number([data['fuel']].flat().at(-1));
  ctx.setState({ held: data });
  if (fuel > 0) ctx.emit('o', { fuel: fuel - 1, by: ctx.routineId });
};

class Broken extends Error {}
const isBroken = (error: unknown): boolean => error instanceof Broken;
const trim: ParamMapping = (data) => data;
const other: ParamMapping = (data) => ({ ...data });

const registry = new Registry()
  .register('Node', () => new Node())
  .register('Other', () => new Other())
  .register('Unnamed', () => new Unnamed())
  .registerFunction('trim', trim)
  .registerFunction('isBroken', isBroken)
  .registerFunction('Broken', Broken);

const KINDS = [Node, Other, Unnamed];

// ── random flows ──────────────────────────────────────────────────────────────────────────────────────────────────

interface Plan {
  readonly options: FlowOptions;
  readonly routines: readonly { id: string; kind: number; config: Data; handler: ErrorHandlerOptions | undefined }[];
  readonly links: readonly { from: number; event: string; to: number; slot: string; mapping: ParamMapping | undefined }[];
  readonly handler: ErrorHandlerOptions | undefined;
}

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const amount = fc.oneof(fc.constantFrom(0, 1, 2.5, Infinity), fc.double({ min: 0, noNaN: true }));
const whole = fc.oneof(fc.constantFrom(0, 1, Infinity), fc.nat());

const handlers: fc.Arbitrary<ErrorHandlerOptions> = fc.record({
  strategy: fc.constantFrom('stop', 'continue', 'retry', 'skip'),
  maxRetries: whole,
  delayMs: amount,
  backoff: amount,
  maxDelayMs: amount,
  jitter: fc.constantFrom(0, 0.25, 1),
  critical: fc.boolean(),
  retryOn: fc.constantFrom(undefined, isBroken, [], [Broken], [Error, TypeError, RangeError, Broken]),
}) as fc.Arbitrary<ErrorHandlerOptions>;

const settings: fc.Arbitrary<FlowOptions> = fc
  .record({
    flowId: fc.oneof(fc.constantFrom(...NAMES), fc.string({ minLength: 1 })),
    maxWorkers: fc.integer({ min: 1, max: 9 }),
    executionTimeoutMs: fc.constantFrom(1, 0.5, 300_000, Infinity),
    unhandledErrors: fc.constantFrom('stop', 'record'),
    emitMode: fc.constantFrom('immediate', 'commit'),
    isolation: fc.constantFrom('shallow', 'freeze', 'clone'),
    history: whole,
    pausedLimit: whole,
    metrics: fc.boolean(),
  })
  .map((all) => all as FlowOptions);

const mappings = fc.oneof(
  fc.constantFrom(undefined, trim),
  objectOf(fc.string()) as fc.Arbitrary<Readonly<Record<string, string>>>,
);

const plans: fc.Arbitrary<Plan> = fc
  .uniqueArray(fc.oneof(fc.constantFrom(...NAMES, 'a', 'b', 'a.b', '0', '1'), fc.string({ minLength: 1 })), { maxLength: 6 })
  .chain((ids) => {
    const place = fc.nat(Math.max(ids.length - 1, 0));
    const routine = (id: string): fc.Arbitrary<Plan['routines'][number]> =>
      fc.record({
        id: fc.constant(id),
        kind: fc.nat(2),
        config: objectOf(fc.oneof(fc.constantFrom(...NAMES), fc.double(), values)) as fc.Arbitrary<Data>,
        handler: sometimes(handlers),
      });
    const link = fc.record({
      from: place,
      event: fc.constantFrom('o', 'p'),
      to: place,
      slot: fc.constantFrom('trigger', 'i'),
      mapping: mappings,
    });
    return fc.record({
      options: settings,
      routines: fc.tuple(...ids.map(routine)),
      links: ids.length === 0 ? fc.constant([]) : fc.array(link, { maxLength: 8 }),
      handler: sometimes(handlers),
    });
  });

const build = ({ options, routines, links, handler }: Plan): Flow => {
  const flow = new Flow(options);
  if (handler !== undefined) flow.setErrorHandler(new ErrorHandler(handler));
  for (const { id, kind, config, handler: own } of routines) {
    const routine = new (KINDS[kind] as typeof Node)().setConfig(config);
    if (own !== undefined) routine.setErrorHandler(new ErrorHandler(own));
    flow.addRoutine(routine, id);
  }
  const idAt = (at: number): string => routines[at]?.id as string;
  for (const { from, event, to, slot, mapping } of links) flow.connect(idAt(from), event, idAt(to), slot, mapping);
  return flow;
};

/** All that a reader sees of a flow. */
const seen = (flow: Flow): unknown => ({
  flowId: flow.flowId,
  executionStrategy: flow.executionStrategy,
  maxWorkers: flow.maxWorkers,
  executionTimeoutMs: flow.executionTimeoutMs,
  handler: flow.errorHandler && { ...flow.errorHandler },
  routines: [...flow.routines].map(([id, routine]) => [
    id,
    routine.constructor.name,
    routine.config,
    routine.errorHandler && { ...routine.errorHandler },
  ]),
  connections: flow.connections.map((connection) => ({ ...connection })),
});

const trip = (flow: Flow, by: Registry = registry): Flow => Flow.fromJSON(JSON.stringify(flow.toJSON()), by);

const flowOf = (ids: readonly string[], links: readonly [string, string, string, string, ParamMapping?][] = []): Flow => {
  const flow = new Flow({ flowId: 'f' });
  for (const id of ids) flow.addRoutine(new Node(), id);
  for (const link of links) flow.connect(...link);
  return flow;
};

const small = (): Flow => flowOf(['a', 'b'], [['a', 'o', 'b', 'i']]);

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

// ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

describe('a connection that is read', () => {
  const ids = ['a', 'b', 'c'];
  const links: [string, string, string, string, ParamMapping?][] = [
    ['b', 'o', 'c', 'i'],
    ['c', 'o', 'a', 'i', { fuel: 'fuel' }],
    ['b', 'o', 'a', 'trigger'],
  ];

  it.each([0, 1, 2])(
    'should keep the ids of its routines, whatever stands before them in the JSON: turned by %d (X, SC092)',
    (by) => {
      const json = flowOf(ids, links).toJSON();
      const turned = { ...json, routines: [...json.routines.slice(by), ...json.routines.slice(0, by)] };
      const connections = Flow.fromJSON(turned, registry).connections.map(({ sourceId, targetId }) => `${sourceId}→${targetId}`);
      expect(connections).toEqual(['b→c', 'c→a', 'b→a']);
    },
  );

  it('should fire for its own source only, although every routine has an event of that name (X)', async () => {
    const flow = trip(flowOf(ids, [['b', 'o', 'c', 'i']]));
    const ran = async (entry: string): Promise<string[]> => Object.keys((await flow.execute(entry, { fuel: 1 })).routineStates);
    expect([await ran('a'), await ran('b'), await ran('c')]).toEqual([['a'], ['b', 'c'], ['c']]);
  });

  it('should have the function that is registered under its name, in the registry that reads (D28)', () => {
    const json = flowOf(ids, [['a', 'o', 'b', 'i', trim]]).toJSON();
    expect(json.connections).toMatchObject([{ mapping: { function: 'trim' } }]);
    const elsewhere = new Registry().register('Node', () => new Node()).registerFunction('trim', other);
    expect(Flow.fromJSON(json, elsewhere).connections[0]?.mapping).toBe(other);
  });

  it('should be refused where its mapping is a function that no registry knows, by its ends (D28)', () => {
    const error = ours(thrown(() => flowOf(ids, [['a', 'o', 'b', 'i', (data) => data]]).toJSON()));
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'mapping', got: 'a function' } });
    expect(error.message).toMatch(/'a\.o' → 'b\.i'.*registerFunction/);
  });

  it('should be refused where its function is not in the registry that reads, by its path (D28, G77)', () => {
    const json = flowOf(ids, [['a', 'o', 'b', 'i'], ['b', 'o', 'c', 'i', trim]]).toJSON(); // prettier-ignore
    const bare = new Registry().register('Node', () => new Node());
    expect(mismatches(() => Flow.fromJSON(json, bare))).toEqual([
      { path: 'connections.1.mapping', expected: 'a function that is registered', value: 'trim' },
    ]);
  });
});

// ── error handlers ────────────────────────────────────────────────────────────────────────────────────────────────

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
    expect(withHandler({ retryOn: isBroken }).toJSON().errorHandler?.retryOn).toEqual({ question: 'isBroken' });
    expect(trip(withHandler({ retryOn: [Broken] })).errorHandler?.retryOn).toEqual([Broken]);
    expect(trip(withHandler({ retryOn: isBroken })).errorHandler?.retryOn).toBe(isBroken);
  });

  it.each<[string, NonNullable<ErrorHandlerOptions['retryOn']>]>([
    ['a question', () => true],
    ['a class', [TypeError, class Unknown extends Error {}]],
  ])('should be refused where %s has no name, by its owner (D28)', (_, retryOn) => {
    const ofFlow = ours(thrown(() => withHandler({ retryOn }).toJSON()));
    expect(ofFlow).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: 'retryOn' } });
    expect(ofFlow.message).toContain("error handler of flow 'f'");
    const flow = small();
    flow.routines.get('b')?.setErrorHandler(new ErrorHandler({ retryOn }));
    expect(ours(thrown(() => flow.toJSON())).message).toContain("error handler of routine 'b'");
  });

  it('should be refused where the registry that reads lacks a name, each by its path (G77)', () => {
    const flow = withHandler({ retryOn: isBroken });
    flow.routines.get('b')?.setErrorHandler(new ErrorHandler({ retryOn: [TypeError, Broken] }));
    const bare = new Registry().register('Node', () => new Node());
    expect(mismatches(() => trip(flow, bare))).toMatchObject([
      { path: 'errorHandler.retryOn', value: 'isBroken' },
      { path: 'routines.1.errorHandler.retryOn', value: 'Broken' },
    ]);
  });

  it('should work where it is read: it retries what it retried (SC061)', async () => {
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

// ── config ────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a config that is written down', () => {
  it.each<[string, unknown, string]>([
    ['a function', () => 0, 'routines.1.config.deep.0.bad'],
    ['a symbol', Symbol('s'), 'routines.1.config.deep.0.bad'],
    ['an instance', new Node(), 'routines.1.config.deep.0.bad'],
  ])('should be refused where it holds %s, by flow and path, and leave the flow as it is (G76)', (_, bad, path) => {
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

// ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────

type Mismatches = readonly { path: string; expected: string; value: unknown }[];

const wireError = (call: () => unknown): RoutiluxError => {
  const error = ours(thrown(call));
  expect(error).toBeInstanceOf(WireError);
  return error;
};

const mismatches = (call: () => unknown): Mismatches => {
  const { code, details } = wireError(call);
  expect(code).toBe('BAD_JSON');
  return details['mismatches'] as Mismatches;
};

const parts = (path: string): string[] => (path === '' ? [] : path.split('.'));

/** The JSON of `small()` with another value at a path; `undefined` takes the key away. */
const patched = (path: string, value: unknown): Record<string, unknown> => {
  const json = JSON.parse(JSON.stringify(small())) as Record<string, unknown>;
  const keys = parts(path);
  const last = keys.pop() as string;
  const place = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, json);
  if (value === undefined) Reflect.deleteProperty(place, last);
  else place[last] = value;
  return json;
};

const NODE = { id: 'b', type: 'Node', config: {}, slots: ['i'], events: ['o'] };
const LINK = { sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i' };

describe('Flow.fromJSON', () => {
  it.each<[string, string, unknown, string, string | RegExp]>([
    ['another kind', 'kind', 'routilux/job', 'kind', "'routilux/flow'"],
    ['no kind', 'kind', undefined, 'kind', "'routilux/flow'"],
    ['no id', 'flowId', undefined, 'flowId', 'a name'],
    ['an empty id', 'flowId', '', 'flowId', 'a name'],
    ['an unknown strategy', 'executionStrategy', 'parallel', 'executionStrategy', "'sequential' | 'concurrent'"],
    ['no workers', 'maxWorkers', 0, 'maxWorkers', 'a whole number from 1 up'],
    ['half a worker', 'maxWorkers', 1.5, 'maxWorkers', 'a whole number from 1 up'],
    ['a timeout of 0', 'executionTimeoutMs', 0, 'executionTimeoutMs', /above 0/],
    ['a timeout in words', 'executionTimeoutMs', 'long', 'executionTimeoutMs', /above 0, or 'Infinity'/],
    ['a negative bound', 'history', -1, 'history', /whole number from 0 up/],
    ['an unknown isolation', 'isolation', '__proto__', 'isolation', /'shallow'/],
    ['metrics in words', 'metrics', 'yes', 'metrics', 'true or false'],
    ['routines that are no list', 'routines', { length: 1 }, 'routines', /a list/],
    ['no routines', 'routines', undefined, 'routines', /a list/],
    ['a routine that is null', 'routines.1', null, 'routines.1', 'a routine'],
    ['a routine without id', 'routines.1.id', undefined, 'routines.1.id', 'a name'],
    ['a type that is no text', 'routines.1.type', ['Node'], 'routines.1.type', 'a name'],
    ['a config that is a list', 'routines.1.config', [], 'routines.1.config', 'one plain object'],
    ['a config of another kind', 'routines.0.config', { $: 'map', value: [] }, 'routines.0.config', 'one plain object'],
    ['a value of unknown kind', 'routines.0.config', { a: { $: 'code' } }, 'routines.0.config.a', /one of date/],
    ['a slot that is no name', 'routines.0.slots', ['trigger', 7], 'routines.0.slots.1', 'a name'],
    ['a strategy for errors', 'errorHandler', { strategy: 'panic' }, 'errorHandler.strategy', /'stop' \| /],
    ['renames to numbers', 'connections.0.mapping', { renames: { a: 1 } }, 'connections.0.mapping.renames', 'renames'],
    ['an id that meets twice', 'routines.2', { ...NODE }, 'routines.2', 'another id than an earlier one'],
    ['an unknown source', 'connections.0.sourceId', 'z', 'connections.0.sourceId', /id of a routine/],
    ['an unknown target', 'connections.0.targetId', 'z', 'connections.0.targetId', /id of a routine/],
    ['an inherited name for a source', 'connections.0.sourceId', '__proto__', 'connections.0.sourceId', /id of a routine/],
    ['an unknown event', 'connections.0.sourceEvent', 'z', 'connections.0.sourceEvent', "an event of 'a'"],
    ['an unknown slot', 'connections.0.targetSlot', 'z', 'connections.0.targetSlot', "a slot of 'b'"],
    ['a type that is unknown', 'routines.1.type', 'Nobody', 'routines.1.type', /registered \(Node, Other, Unnamed\)/],
    ['an inherited name for a type', 'routines.1.type', 'constructor', 'routines.1.type', /registered/],
    [
      'an inherited name for a function',
      'connections.0',
      { ...LINK, mapping: { function: 'toString' } },
      'connections.0.mapping',
      /registered/,
    ],
  ])('should refuse %s, by path, expectation and value (SC092, G76, G77)', (_, at, value, path, expected) => {
    const [first, ...more] = mismatches(() => Flow.fromJSON(patched(at, value), registry));
    expect(first).toMatchObject({
      path,
      expected: typeof expected === 'string' ? expected : (expect.stringMatching(expected) as unknown),
    });
    if (at === path && path !== 'routines.2') expect(first?.value).toEqual(value);
    expect(at === 'errorHandler' ? [] : more).toEqual([]);
  });

  it('should say all that is wrong at once, but no more than anybody reads', () => {
    const json = { ...patched('flowId', 7), maxWorkers: -1, routines: Array.from({ length: 500 }, () => ({ ...NODE, id: 0 })) };
    const all = mismatches(() => Flow.fromJSON(json, registry));
    expect(all.length).toBeLessThan(50);
    expect(all.map(({ path }) => path)).toEqual(expect.arrayContaining(['flowId', 'maxWorkers', 'routines.0.id']));
  });

  it.each<[string, string]>([
    ['no text', ''],
    ['no JSON', '{"kind":'],
    ['code', 'process.exit(1)'],
    ['a text', '"flow"'],
    ['null', 'null'],
    ['a list', '[]'],
  ])('should refuse %s (SC092)', (_, text) => {
    expect(mismatches(() => Flow.fromJSON(text, registry))).toHaveLength(1);
  });

  it.each([2, 99, 0, -1, 1.5, '1', null, undefined, Infinity])(
    'should refuse version %p, naming the newest it reads (SC092)',
    (version) => {
      const { code, message, details } = wireError(() => Flow.fromJSON({ ...patched('version', 1), version }, registry));
      expect([code, details['newest'], details['version']]).toEqual(['UNKNOWN_VERSION', 1, version]);
      expect(message).toMatch(/flow definition has version .*reads versions up to 1/);
    },
  );

  it('should not read a newer version that would fit (SC092)', () => {
    expect(thrown(() => Flow.fromJSON({ ...small().toJSON(), version: 2 }, registry))).toMatchObject({ code: 'UNKNOWN_VERSION' });
  });

  it('should take no notice of keys that it does not know', () => {
    const json = { ...patched('extra', { code: 'x' }), toJSON: 'x' };
    expect(seen(Flow.fromJSON(json, registry))).toEqual(seen(small()));
  });
});

describe('a factory', () => {
  const build = (factory: () => unknown): RoutiluxError => {
    const own = new Registry().register('Node', factory as () => Routine);
    return wireError(() => Flow.fromJSON(small().toJSON(), own));
  };

  class Demanding extends Node {
    constructor(options: { name: string }) {
      super();
      this.setConfig({ name: options.name });
    }
  }

  it.each<[string, () => unknown, RegExp]>([
    ['that throws', () => { throw new Error('no database'); }, /no database/], // prettier-ignore
    ['that throws no error', () => { throw undefined; }, /undefined/], // prettier-ignore
    ['that needs arguments', (...options: unknown[]) => new Demanding(options[0] as never), /name/],
    ['that gives nothing', () => undefined, /something else/],
    ['that gives a plain object', () => ({ slot: () => 1, event: () => 1 }), /something else/],
    ['that gives a class', () => Node, /something else/],
    ['that gives a promise', () => Promise.resolve(new Node()), /something else/],
    ['whose routine lacks a slot', () => { const made = new Routine(); made.defineSlot('trigger'); return made; }, /no slot 'i'/], // prettier-ignore
    ['whose routine lacks an event', () => { const made = new Routine(); made.defineSlot('trigger'); made.defineSlot('i'); return made; }, /no event 'o'/], // prettier-ignore
  ])('%s should be refused by its type and the id of the routine (G76)', (_, factory, reason) => {
    const { code, message, details } = build(factory);
    expect([code, details['type'], details['routineId']]).toEqual(['NOT_CONSTRUCTIBLE', 'Node', 'a']);
    expect(message).toMatch(reason);
    expect(message).toMatch(/'Node'.*'a'.*without arguments/);
  });

  it('should keep what it threw as the cause', () => {
    const reason = new RangeError('mine');
    expect(build(() => { throw reason; }).cause).toBe(reason); // prettier-ignore
  });

  it('should not be called at all where the JSON is refused', () => {
    let made = 0;
    const own = new Registry().register('Node', () => (made++, new Node()));
    for (const path of ['connections.0.targetSlot', 'routines.1.type', 'connections.0.sourceId'])
      thrown(() => Flow.fromJSON(patched(path, 'nobody'), own));
    expect(made).toBe(0);
  });
});

describe('Flow.deserialize', () => {
  it('should fill an empty flow, and give it back (API)', () => {
    const flow = new Flow({ flowId: 'mine', maxWorkers: 3 });
    expect(flow.deserialize(JSON.stringify(small()), registry)).toBe(flow);
    expect(JSON.stringify(flow)).toBe(JSON.stringify(small()));
  });

  it('should give a flow that can be changed and run like any other', async () => {
    const flow = new Flow().deserialize(small().toJSON(), registry);
    flow.addRoutine(new Node(), 'c');
    flow.connect('b', 'o', 'c', 'i');
    expect(Object.keys((await flow.execute('a', { fuel: 3 })).routineStates)).toEqual(['a', 'b', 'c']);
  });

  it('should be refused where the flow is not empty, and leave it as it is (API)', () => {
    const flow = flowOf(['x']);
    const error = thrown(() => flow.deserialize(small().toJSON(), registry));
    expect(error).toMatchObject({ name: 'FlowError', code: 'NOT_EMPTY', details: { flowId: 'f' } });
    expect([...flow.routines.keys()]).toEqual(['x']);
  });

  it.each<[string, string, unknown]>([
    ['a bad part', 'connections.0.targetSlot', 'z'],
    ['an unknown type', 'routines.1.type', 'Nobody'],
    ['a newer version', 'version', 2],
  ])('should leave the flow empty and fit for use where the JSON has %s', (_, path, value) => {
    const flow = new Flow({ flowId: 'mine', maxWorkers: 3 });
    const before = JSON.stringify(flow);
    thrown(() => flow.deserialize(patched(path, value), registry));
    expect(JSON.stringify(flow)).toBe(before);
    expect(seen(flow.deserialize(small().toJSON(), registry))).toEqual(seen(small()));
  });
});

describe('Flow.validate with a registry', () => {
  const codes = (flow: Flow, by: Registry): string[] => flow.validate(by).map(({ severity, code }) => `${severity} ${code}`);

  it('should find nothing in a flow that comes back (G76)', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const flow = build(plan);
        expect(flow.validate(registry)).toEqual(flow.validate());
      }),
      { numRuns: 50 },
    );
  });

  it('should find each type that is unknown, or cannot be made, by its name (G76, G77)', () => {
    const flow = new Flow();
    for (const [id, kind] of [['a', Node], ['b', Other], ['c', Unnamed]] as const) flow.addRoutine(new kind(), id); // prettier-ignore
    const own = new Registry().register('Node', () => new Node()).register('Other', () => ({}) as Routine);
    const findings = flow.validate(own);
    expect(findings.map(({ severity, code }) => [severity, code])).toEqual([
      ['error', 'NOT_CONSTRUCTIBLE'],
      ['error', 'BAD_JSON'],
    ]);
    expect(findings[0]?.message).toMatch(/'Other'.*'b'/);
    expect(findings[1]?.message).toMatch(/"Unnamed"/);
  });

  it('should find what cannot be written: a mapping, a config (G76, D28)', () => {
    expect(codes(flowOf(['a'], [['a', 'o', 'a', 'i', (data) => data]]), registry)).toEqual(['error NOT_SERIALISABLE']);
    const flow = flowOf(['a']);
    flow.routines.get('a')?.setConfig({ bad: () => 0 });
    expect(codes(flow, registry)).toEqual(['error NOT_SERIALISABLE']);
  });

  it('should find a function that this registry lacks (D28)', () => {
    const bare = new Registry().register('Node', () => new Node());
    const findings = flowOf(['a'], [['a', 'o', 'a', 'i', trim]]).validate(bare);
    expect(findings).toMatchObject([{ severity: 'error', code: 'BAD_JSON' }]);
    expect(findings[0]?.message).toContain('connections.0.mapping');
  });

  it('should tell what looks wrong besides, errors first (S02)', () => {
    const flow = new Flow();
    const lonely = new Routine();
    flow.addRoutine(lonely, 'lonely');
    expect(codes(flow, registry)).toEqual(['error BAD_JSON', 'warning NO_ENTRY', 'warning UNREACHABLE']);
  });

  it('should change nothing in the flow', () => {
    const flow = small();
    const before = JSON.stringify(flow);
    flow.validate(registry);
    expect(JSON.stringify(flow)).toBe(before);
  });
});

describe('Registry', () => {
  it.each<[string, () => unknown, string]>([
    ['a type twice', () => new Registry().register('A', () => new Node()).register('A', () => new Node()), 'DUPLICATE_TYPE'],
    ['a function twice', () => new Registry().registerFunction('f', trim).registerFunction('f', other), 'DUPLICATE_TYPE'],
    ['a function called like a built-in', () => new Registry().registerFunction('TypeError', trim), 'DUPLICATE_TYPE'],
    ['a type without a name', () => new Registry().register('', () => new Node()), 'BAD_NAME'],
    ['a function without a name', () => new Registry().registerFunction('', trim), 'BAD_NAME'],
    ['a type without a factory', () => new Registry().register('A', new Node() as never), 'BAD_OPTION'],
    ['a name without a function', () => new Registry().registerFunction('f', 'code' as never), 'BAD_OPTION'],
  ])('should refuse %s', (_, call, code) => {
    expect(thrown(call)).toMatchObject({ name: 'FlowError', code });
  });

  it('should be the only way from JSON to code: a type of its own for each registry (G77)', () => {
    const json = small().toJSON();
    expect(mismatches(() => Flow.fromJSON(json, new Registry()))).toMatchObject([
      { path: 'routines.0.type', value: 'Node' },
      { path: 'routines.1.type', value: 'Node' },
    ]);
  });

  it('should take a name that every object has for a name like any other (X)', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      class Odd extends Node {
        static override readonly type = name;
      }
      const flow = new Flow();
      flow.addRoutine(new Odd(), name);
      const back = trip(
        flow,
        new Registry().register(name, () => new Odd()),
      );
      expect(back.routines.get(name)).toBeInstanceOf(Odd);
    }
  });
});
