import { syncFloor } from '../engines/floor.js';
import { naiveFromOutside } from '../engines/naive.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { over, overEach, syncEngines } from '../engines/over.js';
import { actor, send } from '../engines/xstate.js';
import { chain, chainTally, chainTasks } from './w1-chain.js';

/** @type {import('../types.js').Routines} */
const cycle = ({ routines, messages }, { push, tally, end }) => {
  let next = ({ n }) => {
    tally.sum += n;
    if (++tally.count === messages) end();
    else push(first, { n: tally.count });
  };
  for (let left = routines - 1; left > 0; left--) {
    const target = next;
    next = ({ n }) => push(target, { n: n + 1 });
  }
  const first = next;
  return () => push(first, { n: 0 });
};

const cycleFlow = ({ routines, messages, ...size }, tally, options) => {
  const flow = flowFor(size, options);
  const forward = ({ n = 0 }, ctx) => ctx.emit('output', { n: n + 1 });
  add(flow, 'stage 0', 'trigger', forward);
  let last = 'stage 0';
  const link = (id, handler) => {
    add(flow, id, 'input', handler);
    flow.connect(last, 'output', id, 'input');
    last = id;
  };
  for (let at = 1; at < routines - 1; at++) link(`stage ${at}`, forward);
  link('sink', ({ n }, ctx) => {
    tally.sum += n;
    if (++tally.count < messages) ctx.emit('output', { n: tally.count });
  });
  flow.connect('sink', 'output', 'stage 0', 'trigger');
  return flow;
};

const actors = ({ routines, messages }, tally) => {
  let next = actor((n) => {
    tally.sum += n;
    if (++tally.count < messages) send(first, tally.count);
  });
  for (let left = routines - 1; left > 0; left--) {
    const target = next;
    next = actor((n) => send(target, n + 1));
  }
  const first = next;
  return () => send(first, 0);
};

/** @type {import('../types.js').Workload} */
export default {
  id: 'W1s',
  title: 'the same chain, one message in flight: the last routine emits the next one to the first',
  goal: '≤ 10 × floor (stretch 6)',
  cases: [
    {
      name: 'one in flight',
      size: { routines: 10, messages: 100_000 },
      smoke: { messages: 20 },
      goal: { atMost: 10, stretch: 6 },
    },
  ],
  tasks: chainTasks,
  expected: chainTally,
  floor: over(syncFloor, cycle),
  peers: { ...overEach(syncEngines, cycle), 'naive RxJS': over(naiveFromOutside, chain), XState: actors },
  ours: (size, tally, options) => {
    const flow = cycleFlow(size, tally, options);
    return () => complete(flow, 'stage 0');
  },
};
