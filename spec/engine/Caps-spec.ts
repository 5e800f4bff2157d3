import fc from 'fast-check';
import { Caps } from '../../lib/engine/Caps.js';

describe('Caps', () => {
  it('should be empty at first', () => {
    const caps = new Caps<string>();
    expect([caps.size, caps.widest, caps.remove('a')]).toEqual([0, 0, false]);
  });

  it('should count a job once, however often it is added', () => {
    const caps = new Caps<string>();
    caps.add('a', 3);
    caps.add('a', 3);
    expect([caps.size, caps.remove('a'), caps.size, caps.widest]).toEqual([1, true, 0, 0]);
  });

  it('should know the widest of those that are there, whoever comes and goes', () => {
    const moves = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 4 }), fc.boolean()));
    fc.assert(
      fc.property(moves, (all) => {
        const [caps, there] = [new Caps<number>(), new Map<number, number>()];
        for (const [run, cap, comes] of all) {
          if (comes) caps.add(run, cap);
          else expect(caps.remove(run)).toBe(there.has(run));
          if (!comes) there.delete(run);
          else if (!there.has(run)) there.set(run, cap);
          expect([caps.size, caps.widest]).toEqual([there.size, Math.max(0, ...there.values())]);
        }
      }),
    );
  });
});
