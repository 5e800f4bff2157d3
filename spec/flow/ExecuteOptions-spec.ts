import type { ExecuteOptions, Flow, FlowOptions, Handler } from '../../lib/index.js';
import { wantedFrom } from '../../lib/flow/ExecuteOptions.js';
import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import { emitting, flowOf, sleep } from '../support/flows.js';

const wanted = (options: ExecuteOptions, flow: FlowOptions = {}): ReturnType<typeof wantedFrom> =>
  wantedFrom(options, settingsFrom(flow));

describe('the options of a run', () => {
  it.each<[string, ExecuteOptions, FlowOptions, number]>([
    ["the flow's workers where it says nothing", {}, { maxWorkers: 3 }, 3],
    ['1 where it says sequential (S64)', { executionStrategy: 'sequential' }, { maxWorkers: 3 }, 1],
    ['1 where it says sequential, whatever the number', { executionStrategy: 'sequential', maxWorkers: 9 }, { maxWorkers: 3 }, 1],
    ["the flow's workers where both say concurrent (D14)", { executionStrategy: 'concurrent' }, { maxWorkers: 3 }, 3],
    ['5 where only it says concurrent (D14)', { executionStrategy: 'concurrent' }, {}, 5],
    ['its own number, which may be higher (D14, S64)', { executionStrategy: 'concurrent', maxWorkers: 9 }, { maxWorkers: 3 }, 9],
    ['its own number where that is all it says', { maxWorkers: 2 }, {}, 2],
    ['1 where that is its own number', { maxWorkers: 1 }, { maxWorkers: 3 }, 1],
  ])('should allow as many tasks at once as %s', (_, options, flow, cap) => {
    expect(wanted(options, flow).cap).toBe(cap);
  });

  it.each<[ExecuteOptions, FlowOptions, number]>([
    [{}, {}, 300_000],
    [{}, { executionTimeoutMs: 50 }, 50],
    [{ timeoutMs: 2_000 }, { executionTimeoutMs: 50 }, 2_000],
    [{ timeoutMs: Infinity }, { executionTimeoutMs: 50 }, Infinity],
    [{ timeoutMs: undefined }, { executionTimeoutMs: 50 }, 50],
  ])('should take the timeout of %p before that of %p: %p ms (S20, S29, S30)', (options, flow, timeoutMs) => {
    expect(wanted(options, flow).timeoutMs).toBe(timeoutMs);
  });

  it('should leave the flow as it was, and later runs too (S64)', async () => {
    let active = 0;
    let peak = 0;
    const work: Handler = async () => {
      peak = Math.max(peak, ++active);
      await sleep(2);
      active--;
    };
    const flow: Flow = flowOf({ s: { slots: { trigger: emitting({}, {}, {}, {}, {}, {}) } }, t: { slots: { i: work } } }, [
      's.o -> t.i',
    ]);
    const peakOf = async (options: ExecuteOptions): Promise<number> => {
      peak = 0;
      await flow.execute('s', {}, options);
      return peak;
    };
    expect(await peakOf({ executionStrategy: 'concurrent', maxWorkers: 3 })).toBe(3);
    expect([flow.executionStrategy, flow.maxWorkers]).toEqual(['sequential', 1]);
    expect(await peakOf({})).toBe(1);
  });
});
