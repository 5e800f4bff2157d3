import { checkResult, floorOf, flowOf, peers } from './executions.js';

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The time from the end of the handler until its caller goes on: the median over all executions, in µs. */
const resuming =
  (executeOf) =>
  ({ executions }, tally) => {
    let ended = 0;
    const execute = executeOf(({ n }) => {
      tally.count++;
      tally.sum += n;
      ended = performance.now();
    });
    return async () => {
      const delays = new Float64Array(executions);
      for (let n = 0; n < executions; n++) {
        const state = await execute({ n });
        delays[n] = performance.now() - ended;
        checkResult(state);
      }
      return median(delays) * 1_000;
    };
  };

/** @type {import('../types.js').Workload} */
export default {
  id: 'W7',
  title: 'end of the last handler → the caller resumes (a reading of the clock is in every figure)',
  goal: '≤ 15 × floor',
  cases: [{ name: 'resume', size: { executions: 20_000 }, smoke: { executions: 20 }, goal: { atMost: 15 } }],
  tasks: ({ executions }) => executions,
  expected: ({ executions }) => ({ count: executions, sum: (executions * (executions - 1)) / 2 }),
  unit: 'µs',
  floor: resuming(floorOf),
  peers: Object.fromEntries(Object.entries(peers).map(([name, executeOf]) => [name, resuming(executeOf)])),
  ours: (size, tally, options) => resuming(flowOf(options))(size, tally),
};
