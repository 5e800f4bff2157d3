import type { Flow, Handler } from '../../lib/index.js';
import { clocks } from '../support/clocks.js';
import { emitting, flowOf } from '../support/flows.js';

const numbered = (count: number): Handler => emitting(...Array.from({ length: count }, (_, n) => ({ n })));

/** Counts tasks that are slow, by the clock, between two turns of the event loop. */
const counting = () => {
  const time = clocks();
  let [since, most, calls, isWatching] = [0, 0, 0, true];
  const turned = (): void => {
    since = 0;
    if (isWatching) setImmediate(turned);
  };
  return {
    slow: (): void => {
      calls++;
      most = Math.max(most, ++since);
      time.forward(20);
    },
    /** The most of them in one turn, and how many there were. */
    during: async (work: () => Promise<unknown>): Promise<{ most: number; calls: number }> => {
      setImmediate(turned);
      await work();
      isWatching = false;
      return { most, calls };
    },
  };
};

describe('slices (D32)', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** `s` emits some payloads to `t`. */
  const spreading = (count: number, i: Handler): Flow =>
    flowOf({ s: { slots: { trigger: numbered(count) } }, t: { slots: { i } } }, ['s.o -> t.i']);

  it.each<[string, (slow: () => void) => Promise<unknown>]>([
    ['a fan-out', (slow) => spreading(40, slow).execute('s')],
    [
      'a chain',
      (slow) => {
        const hop: Handler = ({ n = 0 }, ctx) => {
          slow();
          if (Number(n) < 39) ctx.emit('o', { n: Number(n) + 1 });
        };
        return flowOf({ s: { slots: { trigger: hop } } }, ['s.o -> s.trigger']).execute('s');
      },
    ],
    [
      'many jobs of one flow',
      (slow) => {
        const flow = flowOf({ s: { slots: { trigger: slow } } });
        return Promise.all(Array.from({ length: 40 }, () => flow.execute('s')));
      },
    ],
    [
      'many flows',
      (slow) => Promise.all(Array.from({ length: 40 }, () => flowOf({ s: { slots: { trigger: slow } } }).execute('s'))),
    ],
    [
      'many flows with several tasks each',
      (slow) => Promise.all(Array.from({ length: 8 }, () => spreading(5, slow).execute('s'))),
    ],
  ])('should let the event loop turn after two tasks of 20 ms at most: %s', async (_, run) => {
    const { slow, during } = counting();
    const { most, calls } = await during(() => run(slow));
    expect(calls).toBe(40);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('should let it turn after eight tasks of 20 ms at most where thousands of quick ones came before', async () => {
    const { slow, during } = counting();
    const flow = spreading(5_040, ({ n }) => {
      if (Number(n) >= 5_000) slow();
    });
    const { most, calls } = await during(() => flow.execute('s'));
    expect(calls).toBe(40);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('should see a stretch without a turn: the measure is not blind', async () => {
    const { slow, during } = counting();
    const { most } = await during(() => {
      for (let n = 0; n < 40; n++) slow();
      return Promise.resolve();
    });
    expect(most).toBe(40);
  });
});
