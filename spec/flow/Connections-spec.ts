import fc from 'fast-check';
import type { Connection } from '../../lib/flow/Connection.js';
import { Connections } from '../../lib/flow/Connections.js';

const [one, other] = [(data: object) => data, (data: object) => ({ ...data })];

const link = fc.record({
  sourceId: fc.constantFrom('a', 'a.o', 'b'),
  sourceEvent: fc.constantFrom('o', 'x', '","'),
  targetId: fc.constantFrom('a', 'c'),
  targetSlot: fc.constantFrom('i', 'j'),
  mapping: fc.constantFrom(undefined, one, other, {}, { a: 'b' }, { a: 'b', c: 'd' }, { c: 'd', a: 'b' }, { a: 'c' }),
}) as fc.Arbitrary<Connection>;

/** Whether two mappings are the same: the same function, or the same renames in whatever order. */
const sameMapping = (a: Connection['mapping'], b: Connection['mapping']): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  const pairs = Object.entries(a);
  return pairs.length === Object.keys(b).length && pairs.every(([from, to]) => b[from] === to);
};

/** The plainest way: a list that is searched. */
const plainly = (steps: readonly (readonly [boolean, Connection])[]): readonly Connection[] => {
  let list: readonly Connection[] = [];
  const same = (a: Connection, b: Connection): boolean =>
    (['sourceId', 'sourceEvent', 'targetId', 'targetSlot'] as const).every((key) => a[key] === b[key]) &&
    sameMapping(a.mapping, b.mapping);
  for (const [adds, each] of steps) {
    if (!adds) list = list.filter((present) => !same(present, each));
    else if (!list.some((present) => same(present, each))) list = [...list, each];
  }
  return list;
};

describe('Connections', () => {
  it('should hold each once, in the order in which they came, as a list that is searched does (fast-check)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), link), { maxLength: 40 }), (steps) => {
        const connections = new Connections();
        for (const [adds, each] of steps) {
          if (adds) {
            const made = connections.add(each);
            expect(connections.all).toContain(made);
          } else connections.remove(each);
        }
        expect(connections.all).toEqual(plainly(steps));
      }),
    );
  });

  it('should give the one that is there, and leave what it has handed out as it was', () => {
    const connections = new Connections();
    const first: Connection = { sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i', mapping: undefined };
    expect(connections.add(first)).toBe(first);
    const before = connections.all;
    expect(connections.add({ ...first })).toBe(first);
    expect(connections.all).toBe(before);
    connections.remove({ ...first });
    expect([before, connections.all]).toEqual([[first], []]);
  });
});
