import fc from 'fast-check';
import type { Origin } from '../../lib/engine/Emission.js';
import type { Connection } from '../../lib/plan/Plan.js';
import { Task } from '../../lib/engine/Task.js';
import { TaskQueue } from '../../lib/engine/TaskQueue.js';

type Deed = readonly ['push' | 'take', number] | readonly ['drop', number] | readonly ['clear' | 'takeAll', 0];

// Up to three chunks of 512 tasks.
const many = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1_300 }));
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('push' as const), many) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('take' as const), many) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('drop' as const), fc.nat()) },
  { weight: 1, arbitrary: fc.constantFrom(['clear', 0] as const, ['takeAll', 0] as const) },
);

interface Waiting {
  readonly connection: Connection;
  readonly origin: Origin<unknown>;
}

let made = 0;
const task = (): Waiting => ({ connection: { nth: made++ } as Connection, origin: {} as Origin<unknown> });

/** The queue, and the array that most would take for it. */
class Twins {
  readonly queue = new TaskQueue<unknown>();
  readonly plain: Waiting[] = [];

  push(count: number): void {
    for (let left = count; left > 0; left--) {
      const each = task();
      this.queue.push(each.connection, each.origin);
      this.plain.push(each);
    }
  }

  take(count: number): void {
    for (let left = Math.min(count, this.plain.length); left > 0; left--) {
      const { first } = this.queue;
      expect({ connection: first, origin: this.queue.take() }).toEqual(this.plain.shift());
    }
  }

  drop(nth: number): void {
    const [dropped] = this.plain.splice(nth % Math.max(this.plain.length, 1), 1);
    if (dropped !== undefined) this.queue.drop(new Task(dropped.origin, dropped.connection));
  }

  clear(): void {
    this.plain.length = 0;
    this.queue.clear();
  }

  takeAll(): void {
    expect(this.queue.takeAll()).toEqual(this.plain);
    this.plain.length = 0;
  }

  check(): void {
    expect(this.queue.length).toBe(this.plain.length);
    expect(this.queue.tasks().map(({ connection }) => connection.nth)).toEqual(
      this.plain.map(({ connection }) => connection.nth),
    );
  }
}

describe('TaskQueue, against its twin', () => {
  it('should be an array from which the first is shifted, whatever is put in, taken and dropped', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
        const twins = new Twins();
        for (const [what, count] of deeds) {
          twins[what](count);
          twins.check();
        }
      }),
      { numRuns: 200 },
    );
  });
});
