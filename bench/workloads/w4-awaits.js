import { asyncBurst, burstTally } from './burst.js';

/** @type {import('../types.js').Workload} */
export default {
  id: 'W4',
  title: '200k tasks, one `await` each, 16 workers',
  goal: "≤ 3 × floor with asyncContext: 'off', ≤ 5 × with 'auto'",
  cases: [{ name: 'awaits', size: { messages: 200_000, workers: 16 }, smoke: { messages: 200 }, goal: { atMost: 5 } }],
  tasks: ({ messages }) => messages,
  expected: burstTally,
  ...asyncBurst(() => undefined),
  variants: { "asyncContext: 'off'": { options: { asyncContext: 'off' }, goal: { atMost: 3 } } },
};
