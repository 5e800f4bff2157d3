import fc from 'fast-check';
import { Heap, type Ordered } from '../../lib/prelude/Heap.js';

interface Item extends Ordered {
  readonly place: number;
}

const item = (place: number): Item => ({ place, at: undefined });

describe('Heap', () => {
  it('should have no first when it is empty (never)', () => {
    expect([new Heap<Item>().first, new Heap<Item>().size]).toEqual([undefined, 0]);
  });

  it('should give the one with the lowest place, whatever comes and goes, as a sorted list does', () => {
    const step = fc.record({ add: fc.boolean(), n: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const heap = new Heap<Item>();
        let list: readonly Item[] = [];
        for (const { add, n } of steps) {
          const subject = add ? item(n) : list[n % Math.max(list.length, 1)];
          if (subject === undefined) continue;
          if (add) heap.push(subject);
          else heap.remove(subject);
          list = (add ? [...list, subject] : list.filter((other) => other !== subject)).sort((a, b) => a.place - b.place);
          expect([heap.size, heap.first?.place, subject.at !== undefined]).toEqual([list.length, list[0]?.place, add]);
        }
        expect(new Set(heap)).toEqual(new Set(list));
      }),
    );
  });

  it('should be told a place that has changed while the item stood in no heap', () => {
    const heap = new Heap<{ place: number; at: number | undefined }>();
    const [a, b] = [item(1) as { place: number; at: number | undefined }, item(2)];
    heap.push(a);
    heap.push(b);
    heap.remove(a);
    a.place = 3;
    heap.push(a);
    expect(heap.first).toBe(b);
  });
});
