import { actorOf, checkResult, floorOf, flowOf, peers } from './executions.js';

const oneByOne =
  (executeOf) =>
  ({ executions }, tally) => {
    const execute = executeOf(({ n }) => {
      tally.count++;
      tally.sum += n;
    });
    return async () => {
      for (let n = 0; n < executions; n++) checkResult(await execute({ n }));
    };
  };

/** @type {import('../types.js').Workload} */
export default {
  id: 'W8',
  title: 'executions of a one-routine flow, one after the other',
  goal: '≤ 20 × floor (stretch 10)',
  cases: [{ name: 'executions', size: { executions: 100_000 }, smoke: { executions: 20 }, goal: { atMost: 20, stretch: 10 } }],
  tasks: ({ executions }) => executions,
  expected: ({ executions }) => ({ count: executions, sum: (executions * (executions - 1)) / 2 }),
  floor: oneByOne(floorOf),
  peers: Object.fromEntries(
    Object.entries({ ...peers, XState: actorOf }).map(([name, executeOf]) => [name, oneByOne(executeOf)]),
  ),
  ours: (size, tally, options) => oneByOne(flowOf(options))(size, tally),
};
