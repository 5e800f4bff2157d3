import { syncFloor } from '../engines/floor.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { over, overEach, syncEngines } from '../engines/over.js';
import { actor, send } from '../engines/xstate.js';

/** @type {import('../types.js').Routines} */
export const chain = ({ routines, messages }, { push, tally, end }) => {
  let next = ({ n }) => {
    tally.sum += n;
    if (++tally.count === messages) end();
  };
  for (let left = routines - 1; left > 0; left--) {
    const target = next;
    next = ({ n }) => push(target, { n: n + 1 });
  }
  return () => {
    for (let n = 0; n < messages; n++) push(next, { n });
  };
};

/** A source that emits all messages at once, and the chain behind it. */
export const chainFlow = ({ routines, messages, ...size }, tally, options) => {
  const flow = flowFor(size, options);
  add(flow, 'source', 'trigger', (_, ctx) => {
    for (let n = 0; n < messages; n++) ctx.emit('output', { n });
  });
  let last = 'source';
  const link = (id, handler) => {
    add(flow, id, 'input', handler);
    flow.connect(last, 'output', id, 'input');
    last = id;
  };
  for (let at = 1; at < routines; at++) link(`stage ${at}`, ({ n }, ctx) => ctx.emit('output', { n: n + 1 }));
  link('sink', ({ n }) => {
    tally.count++;
    tally.sum += n;
  });
  return flow;
};

const actors = ({ routines, messages }, tally) => {
  let next = actor((n) => {
    tally.count++;
    tally.sum += n;
  });
  for (let left = routines - 1; left > 0; left--) {
    const target = next;
    next = actor((n) => send(target, n + 1));
  }
  return () => {
    for (let n = 0; n < messages; n++) send(next, n);
  };
};

export const chainTasks = ({ routines, messages }) => routines * messages;

export const chainTally = ({ routines, messages }) => ({
  count: messages,
  sum: (messages * (messages - 1)) / 2 + messages * (routines - 1),
});

/** @type {import('../types.js').Workload} */
export default {
  id: 'W1',
  title: 'chain of 10 routines, 100k messages emitted at once, synchronous handlers, 1 worker',
  goal: '≤ 15 × floor (stretch 8); history unbounded ≤ 3 × default',
  cases: [
    { name: 'chain', size: { routines: 10, messages: 100_000 }, smoke: { messages: 20 }, goal: { atMost: 15, stretch: 8 } },
  ],
  tasks: chainTasks,
  expected: chainTally,
  floor: over(syncFloor, chain),
  peers: { ...overEach(syncEngines, chain), XState: actors },
  ours: (size, tally, options) => {
    const flow = chainFlow(size, tally, options);
    return () => complete(flow, 'source');
  },
  variants: { 'history ∞': { options: { history: Infinity }, against: 'default', goal: { atMost: 3 } } },
};
