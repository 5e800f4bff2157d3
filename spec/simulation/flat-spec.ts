import type { Context, Data } from '../../lib/index.js';
import { flowOf } from '../support/flows.js';

const HOPS = 1_000_000;

/** How deep the stack is here. */
const depth = (): number => {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  return stack.split('\n').length;
};

describe('a million synchronous hops', () => {
  it('should complete on a flat stack (S15, SC015, SC016, X)', async () => {
    const depths: number[] = [];
    let calls = 0;
    const hop = ({ n }: Data, ctx: Context): void => {
      if (calls++ % 100_000 === 10) depths.push(depth());
      if ((n as number) < HOPS) ctx.emit('o', { n: (n as number) + 1 });
    };
    const state = await flowOf({ s: { slots: { trigger: hop } } }, ['s.o -> s.trigger']).execute('s', { n: 1 });
    expect(state.status).toBe('completed');
    expect(calls).toBe(HOPS);
    expect(state.metrics.routine('s')).toMatchObject({ total: HOPS, completed: HOPS, emitted: { o: HOPS - 1 } });
    expect(state.metrics.flow().droppedRecords).toBe(HOPS - state.history().length);
    // The first stretch runs in a microtask, the later ones in macrotasks of their own: a few frames apart.
    expect(Math.max(...depths) - Math.min(...depths)).toBeLessThan(20);
    expect(depths).toHaveLength(HOPS / 100_000);
  });
});
