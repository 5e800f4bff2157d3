import { asyncBurst, burstTally, syncBurst } from './burst.js';

const SIZES = { '10k': 10_000, '100k': 100_000, '1M': 1_000_000 };

const casesOf = (mode, workers, contenders) =>
  Object.entries(SIZES).map(([name, messages]) => ({
    name: `${mode}, ${name}`,
    size: { messages, workers },
    smoke: { messages: 100 },
    goal: { atMost: 3 },
    ...contenders,
  }));

const growth = (mode) => ({
  label: `${mode}: cost at 1M over cost at 10k`,
  goal: { atMost: 1.5 },
  of: ({ cost }) => cost(`${mode}, 1M`) / cost(`${mode}, 10k`),
});

/** @type {import('../types.js').Workload} */
export default {
  id: 'W5',
  title: 'N tasks queued before any runs: synchronous (1 worker) and async (one `await` each, 16 workers)',
  goal: '≤ 3 × floor at every N; cost per task at 1M ≤ 1.5 × that at 10k',
  cases: [
    ...casesOf('sync', 1, syncBurst()),
    ...casesOf(
      'async',
      16,
      asyncBurst(() => undefined),
    ),
  ],
  tasks: ({ messages }) => messages,
  expected: burstTally,
  ...syncBurst(),
  // What the async context costs is Node's: as in W4, the same is measured without it.
  variants: { "asyncContext: 'off'": { options: { asyncContext: 'off' }, goal: { atMost: 3 } } },
  derived: [growth('sync'), growth('async')],
};
