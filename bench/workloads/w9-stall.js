import { setTimeout as sleep } from 'node:timers/promises';
import { syncFloor } from '../engines/floor.js';
import { naiveFromOutside } from '../engines/naive.js';
import { over, overEach, syncEngines } from '../engines/over.js';
import { self, selfActor, selfFlow, selfTally } from './w6-self.js';

const BEAT_MS = 1;
const SLICE_MS = 5;

/** A timer that beats every millisecond and remembers by how much its latest beat was late. */
const heartbeat = () => {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - BEAT_MS);
    last = now;
  }, BEAT_MS);
  return async () => {
    await sleep(5 * BEAT_MS);
    clearInterval(timer);
    return longest;
  };
};

const stallOf = (prepare) => (size, tally, options) => {
  const run = prepare(size, tally, options);
  return async () => {
    const longest = heartbeat();
    await sleep(5 * BEAT_MS);
    await run();
    return longest();
  };
};

/** Re-emission stops the naive one, so its tasks come from outside. */
const singles = ({ tasks }, { push, tally, end }) => {
  const handler = ({ n }) => {
    tally.sum += n;
    if (++tally.count === tasks) end();
  };
  return () => {
    for (let n = 1; n <= tasks; n++) push(handler, { n });
  };
};

const peers = { ...overEach(syncEngines, self), 'naive RxJS': over(naiveFromOutside, singles), XState: selfActor };

/** @type {import('../types.js').Workload} */
export default {
  id: 'W9',
  title: 'longest stall of the event loop while 1M synchronous tasks run (self-emits), by a timer of 1 ms',
  goal: '≤ 2 slices of 5 ms',
  cases: [{ name: 'stall', size: { tasks: 1_000_000 }, smoke: { tasks: 100 }, goal: { atMost: 2 * SLICE_MS } }],
  tasks: ({ tasks }) => tasks,
  expected: selfTally,
  unit: 'ms',
  over: 'nothing',
  floor: stallOf(over(syncFloor, self)),
  peers: Object.fromEntries(Object.entries(peers).map(([name, prepare]) => [name, stallOf(prepare)])),
  ours: stallOf(selfFlow),
};
