import fc from 'fast-check';
import { type Knot, knotsOf } from '../../lib/plan/knots.js';
import type { Routine } from '../../lib/plan/Plan.js';
import { reachableFrom } from '../../lib/plan/reachableFrom.js';
import { fewer } from '../support/arbitrary.js';
import { flowOf } from '../support/flows.js';
import { compiled } from '../support/ledgers.js';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

const routinesWith = (links: readonly string[]): readonly Routine[] => {
  const part = { slots: { i: () => undefined } };
  const flow = flowOf(Object.fromEntries(IDS.map((id) => [id, part])), links);
  return [...compiled(flow).routines.values()];
};

const idsOf = ({ routines }: Knot): string =>
  routines
    .map(({ id }) => id)
    .sort()
    .join('');

const knotsWith = (links: readonly string[]): readonly Knot[] => knotsOf(routinesWith(links));

describe('knotsOf (D46)', () => {
  it('should give each routine that is in no cycle alone, before those that it leads to', () => {
    expect(knotsWith(['b.o -> a.i', 'c.o -> b.i']).map(idsOf).join(' ')).toMatch(/c.*b.*a/);
  });

  it('should tie those that lead to one another, and tell which knots they lead to', () => {
    const knots = knotsWith(['a.o -> b.i', 'b.o -> a.i', 'b.o -> c.i', 'a.o -> c.i', 'c.o -> c.i']);
    const [tied, alone] = ['ab', 'c'].map((ids) => knots.find((knot) => idsOf(knot) === ids));
    expect([...(tied?.next ?? [])]).toEqual([alone]);
    expect([tied?.before, alone?.before]).toEqual([0, 1]);
    expect(alone?.next.size).toBe(0);
  });

  const link = fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...IDS)).map(([from, to]) => `${from}.o -> ${to}.i`);

  it('should be what reaching says, on any flow (fast-check)', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 12 }), (links) => {
        const routines = routinesWith(links);
        const knots = knotsOf(routines);
        const at = new Map(knots.flatMap(({ routines: tied }, place) => tied.map((routine) => [routine, place])));
        expect(at.size).toBe(routines.length);
        for (const one of routines)
          for (const other of routines) {
            const leads = reachableFrom(one).has(other);
            if (one !== other) expect(at.get(one) === at.get(other)).toBe(leads && reachableFrom(other).has(one));
            if (leads) expect(at.get(one)).toBeLessThanOrEqual(at.get(other) ?? -1);
          }
        for (const knot of knots) expect(knots.filter(({ next }) => next.has(knot))).toHaveLength(knot.before);
        for (const knot of knots) expect(knot.next.has(knot)).toBe(false);
        for (const { routines: tied, next } of knots)
          expect(new Set([...next].map(idsOf))).toEqual(
            new Set(
              tied.flatMap(({ events }) =>
                [...events.values()].flatMap(({ connections }) =>
                  connections.flatMap(({ slot }) =>
                    tied.includes(slot.routine) ? [] : [idsOf(knots[at.get(slot.routine) ?? -1] as Knot)],
                  ),
                ),
              ),
            ),
          );
      }),
      { numRuns: fewer },
    );
  });
});
