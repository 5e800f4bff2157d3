import { asyncFloor } from '../engines/floor.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { asyncEngines, over, overEach } from '../engines/over.js';
import { burstTally } from './burst.js';

const liveHeap = () => {
  globalThis.gc();
  globalThis.gc(); // the first may leave what it has just made unreachable
  return process.memoryUsage().heapUsed;
};

const heldBy = (fill) => {
  const before = liveHeap();
  fill();
  return liveHeap() - before;
};

/** What the payloads alone take, as their user made them: that is not the queue's. */
const payloads = (messages) => {
  const kept = new Array(messages).fill(undefined);
  const bytes = heldBy(() => {
    for (let n = 0; n < messages; n++) kept[n] = { n };
  });
  return kept.length === messages ? bytes : NaN;
};

/** Bytes that stay on the heap for each of the tasks that `push` queues, beyond its payload. */
const bytesPerTask = (messages, push) => {
  const own = payloads(messages);
  const all = heldBy(() => {
    for (let n = 0; n < messages; n++) push({ n });
  });
  return (all - own) / messages;
};

/** @type {import('../types.js').Routines} */
const hoard = ({ messages }, { push, tally, end }) => {
  let bytes = 0;
  const handler = async ({ n }) => {
    await undefined;
    tally.sum += n;
    if (++tally.count === messages) end(bytes);
  };
  return () => {
    bytes = bytesPerTask(messages, (data) => push(handler, data));
  };
};

const hoardFlow = ({ messages, ...size }, tally, options) => {
  let bytes = 0;
  const flow = flowFor(size, options);
  add(flow, 'source', 'trigger', (_, ctx) => {
    bytes = bytesPerTask(messages, (data) => ctx.emit('output', data));
  });
  add(flow, 'worker', 'input', async ({ n }) => {
    await undefined;
    tally.count++;
    tally.sum += n;
  });
  flow.connect('source', 'output', 'worker', 'input');
  return async () => {
    await complete(flow, 'source');
    return bytes;
  };
};

/** @type {import('../types.js').Workload} */
export default {
  id: 'W5m',
  title: 'live heap per queued task, its payload left out; 100k tasks',
  goal: '≤ 120 B (stretch 60)',
  cases: [
    { name: 'heap', size: { messages: 100_000, workers: 16 }, smoke: { messages: 100 }, goal: { atMost: 120, stretch: 60 } },
  ],
  tasks: ({ messages }) => messages,
  expected: burstTally,
  unit: 'B',
  over: 'nothing',
  floor: over(asyncFloor, hoard),
  peers: overEach(asyncEngines, hoard),
  ours: hoardFlow,
};
