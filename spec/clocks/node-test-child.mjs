// node node-test-child.mjs <moment>: the mock timers of node:test on the built package.
import { mock } from 'node:test';
import { moments } from './journey.mjs';

const realImmediate = setImmediate;
const turn = () => new Promise((resolve) => realImmediate(resolve));
const fakes = {
  on: () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] }),
  off: () => mock.timers.reset(),
  // They fire in one go, without a turn in between.
  advance: async (ms) => {
    await turn();
    mock.timers.tick(ms);
    await turn();
  },
};
await moments[process.argv[2]]({ load: () => import('routilux'), fakes });
