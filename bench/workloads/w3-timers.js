import { asyncBurst, burstTally } from './burst.js';

const TIMER_MS = 5;
const WORKERS = 50;

/** @type {import('../types.js').Workload} */
export default {
  id: 'W3',
  title: '2000 tasks of a 5 ms timer, 50 workers; compared with the ideal, 200 ms',
  goal: '≤ 1.1 × ideal',
  cases: [{ name: 'timers', size: { messages: 2_000, workers: WORKERS }, smoke: { messages: 100 }, goal: { atMost: 1.1 } }],
  tasks: ({ messages }) => messages,
  expected: burstTally,
  over: (TIMER_MS * 1e6) / WORKERS,
  ...asyncBurst(() => new Promise((resolve) => setTimeout(resolve, TIMER_MS))),
};
