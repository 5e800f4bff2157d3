import { Flow, type ParamMapping, Registry, type RoutiluxError, Routine } from '../../lib/index.js';
import { thrown } from '../support/thrown.js';
import { flowOf, mismatches, Node, other, patched, registry, seen, small, trim, trip, wireError } from './flows.js';

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

  it('should be refused if its function is not in the registry that reads, by its path (D28, G77)', () => {
    const json = flowOf(ids, [['a', 'o', 'b', 'i'], ['b', 'o', 'c', 'i', trim]]).toJSON(); // prettier-ignore
    const bare = new Registry().register('Node', () => new Node());
    expect(mismatches(() => Flow.fromJSON(json, bare))).toEqual([
      { path: 'connections.1.mapping', expected: 'a function that is registered', value: 'trim' },
    ]);
  });
});

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
    ['a type that is unknown', 'routines.1.type', 'Nobody', 'routines.1.type', /registered \('Node', 'Other', 'Unnamed'\)/],
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

  it('should not be called at all if the JSON is refused', () => {
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

  it('should be refused if the flow is not empty, and leave it as it is (API)', () => {
    const flow = flowOf(['x']);
    const error = thrown(() => flow.deserialize(small().toJSON(), registry));
    expect(error).toMatchObject({ name: 'FlowError', code: 'NOT_EMPTY', details: { flowId: 'f' } });
    expect([...flow.routines.keys()]).toEqual(['x']);
  });

  it.each<[string, string, unknown]>([
    ['a bad part', 'connections.0.targetSlot', 'z'],
    ['an unknown type', 'routines.1.type', 'Nobody'],
    ['a newer version', 'version', 2],
  ])('should leave the flow empty and fit for use if the JSON has %s', (_, path, value) => {
    const flow = new Flow({ flowId: 'mine', maxWorkers: 3 });
    const before = JSON.stringify(flow);
    thrown(() => flow.deserialize(patched(path, value), registry));
    expect(JSON.stringify(flow)).toBe(before);
    expect(seen(flow.deserialize(small().toJSON(), registry))).toEqual(seen(small()));
  });
});
