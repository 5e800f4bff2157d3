import { syncFloor } from '../engines/floor.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { over, overEach, syncEngines } from '../engines/over.js';
import { actor, send } from '../engines/xstate.js';

/** @type {import('../types.js').Routines} */
const fan = ({ width, messages }, { push, tally, end }) => {
  const sink = ({ n }) => {
    tally.sum += n;
    if (++tally.count === messages * width) end();
  };
  const middles = Array.from(
    { length: width },
    () =>
      ({ n }) =>
        push(sink, { n }),
  );
  const spread = ({ n }) => {
    const data = { n };
    for (const middle of middles) push(middle, data);
  };
  return () => {
    for (let n = 0; n < messages; n++) push(spread, { n });
  };
};

const fanFlow = ({ width, messages, ...size }, tally, options) => {
  const flow = flowFor(size, options);
  const pass = ({ n }, ctx) => ctx.emit('output', { n });
  add(flow, 'source', 'trigger', (_, ctx) => {
    for (let n = 0; n < messages; n++) ctx.emit('output', { n });
  });
  add(flow, 'spread', 'input', pass);
  flow.connect('source', 'output', 'spread', 'input');
  add(flow, 'sink', 'input', ({ n }) => {
    tally.count++;
    tally.sum += n;
  });
  for (let at = 0; at < width; at++) {
    add(flow, `middle ${at}`, 'input', ({ n }, ctx) => ctx.emit('output', { n }));
    flow.connect('spread', 'output', `middle ${at}`, 'input');
    flow.connect(`middle ${at}`, 'output', 'sink', 'input');
  }
  return flow;
};

const actors = ({ width, messages }, tally) => {
  const sink = actor((n) => {
    tally.count++;
    tally.sum += n;
  });
  const middles = Array.from({ length: width }, () => actor((n) => send(sink, n)));
  const spread = actor((n) => {
    for (const middle of middles) send(middle, n);
  });
  return () => {
    for (let n = 0; n < messages; n++) send(spread, n);
  };
};

/** @type {import('../types.js').Workload} */
export default {
  id: 'W2',
  title: '1 → 100 → 1, 2k messages, synchronous handlers, 1 worker',
  goal: '≤ 10 × floor (stretch 8)',
  cases: [{ name: 'fan', size: { width: 100, messages: 2_000 }, smoke: { messages: 3 }, goal: { atMost: 10, stretch: 8 } }],
  tasks: ({ width, messages }) => messages * (1 + 2 * width),
  expected: ({ width, messages }) => ({ count: messages * width, sum: (width * messages * (messages - 1)) / 2 }),
  floor: over(syncFloor, fan),
  peers: { ...overEach(syncEngines, fan), XState: actors },
  ours: (size, tally, options) => {
    const flow = fanFlow(size, tally, options);
    return () => complete(flow, 'source');
  },
};
