import { Flow, Registry } from '../../lib/index.js';
import { thrown } from '../support/thrown.js';
import { mismatches, Node, other, small, trim, trip } from './flows.js';

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

  it('should read the parts of a flow from its JSON, each time with new routines', () => {
    const registry = new Registry().register('Node', () => new Node());
    const json = small().toJSON();
    const [parts, others] = [registry.read(json), registry.read(JSON.stringify(json))];
    expect([...parts.routines.keys()]).toEqual(json.routines.map(({ id }) => id));
    expect(parts.settings.flowId).toBe(json.flowId);
    expect(parts.connections).toEqual(others.connections);
    for (const [id, routine] of parts.routines) expect(others.routines.get(id)).not.toBe(routine);
  });
});
