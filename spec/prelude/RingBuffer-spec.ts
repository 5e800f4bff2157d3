import fc from 'fast-check';
import { RingBuffer } from '../../lib/prelude/RingBuffer.js';

/** Each step is done to a ring and to an array; what each gives has to be the same. */
type Step = (ring: RingBuffer<number>, model: number[]) => readonly [ring: unknown, model: unknown];

const push = (value: number): Step => {
  return (ring, model) => {
    ring.push(value);
    model.push(value);
    return [ring.length, model.length];
  };
};

const shift: Step = (ring, model) => [ring.shift(), model.shift()];

const at = (position: number): Step => {
  return (ring, model) => [ring.at(position), model[position]];
};

const clear: Step = (ring, model) => {
  ring.clear();
  model.length = 0;
  return [ring.length, 0];
};

const step = fc.oneof(
  { weight: 12, arbitrary: fc.integer().map(push) },
  { weight: 8, arbitrary: fc.constant(shift) },
  { weight: 4, arbitrary: fc.nat(40).map(at) },
  { weight: 1, arbitrary: fc.constant(clear) },
);

describe('RingBuffer', () => {
  it('should be empty at first', () => {
    const ring = new RingBuffer<string>();
    expect(ring).toHaveLength(0);
    expect(ring.shift()).toBeUndefined();
    expect(ring.at(0)).toBeUndefined();
    expect([...ring]).toEqual([]);
  });

  it('should behave as an array with push and shift, whatever the order of calls', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const ring = new RingBuffer<number>();
        const model: number[] = [];
        for (const take of steps) {
          const [given, expected] = take(ring, model);
          expect(given).toBe(expected);
          expect(ring).toHaveLength(model.length);
        }
        expect([...ring]).toEqual(model);
      }),
    );
  });

  it('should keep the order when it grows while its head stands in the middle', () => {
    const ring = new RingBuffer<number>();
    for (let n = 0; n < 3; n++) ring.push(n);
    ring.shift();
    ring.shift();
    for (let n = 3; n < 20; n++) ring.push(n);
    expect([...ring]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(ring.at(0)).toBe(2);
    expect(ring.at(17)).toBe(19);
    expect(ring.at(18)).toBeUndefined();
  });

  it('should take undefined for a value like any other', () => {
    const ring = new RingBuffer<number | undefined>();
    ring.push(undefined);
    ring.push(1);
    expect(ring).toHaveLength(2);
    expect([ring.shift(), ring.length, ring.shift(), ring.length]).toEqual([undefined, 1, 1, 0]);
  });
});
