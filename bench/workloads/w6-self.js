import { syncFloor } from '../engines/floor.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { over, overEach, syncEngines } from '../engines/over.js';
import { actor, send } from '../engines/xstate.js';

/**
 * A routine that emits to itself until it has had a number of tasks.
 *
 * @type {import('../types.js').Routines}
 */
export const self = ({ tasks }, { push, tally, end }) => {
  const handler = ({ n }) => {
    tally.sum += n;
    if (++tally.count === tasks) end();
    else push(handler, { n: n + 1 });
  };
  return () => push(handler, { n: 1 });
};

export const selfFlow = ({ tasks, ...size }, tally, options, seen = () => undefined) => {
  const flow = flowFor(size, options);
  add(flow, 'self', 'trigger', ({ n }, ctx) => {
    tally.sum += n;
    seen(n);
    if (++tally.count < tasks) ctx.emit('output', { n: n + 1 });
  });
  flow.connect('self', 'output', 'self', 'trigger');
  return () => complete(flow, 'self', { n: 1 });
};

export const selfActor = ({ tasks }, tally) => {
  const itself = actor((n) => {
    tally.sum += n;
    if (++tally.count < tasks) send(itself, n + 1);
  });
  return () => send(itself, 1);
};

export const selfTally = ({ tasks }) => ({ count: tasks, sum: (tasks * (tasks + 1)) / 2 });

const caseOf = (workers) => ({
  name: workers === 1 ? '1 worker' : `${workers} workers`,
  size: { tasks: 1_000_000, workers },
  smoke: { tasks: 100 },
  goal: { atMost: 10, stretch: 6 },
});

/** @type {import('../types.js').Workload} */
export default {
  id: 'W6',
  title: 'one routine re-emits to itself 1M times, synchronous',
  goal: '≤ 10 × floor (stretch 6)',
  cases: [caseOf(1), caseOf(16)],
  tasks: ({ tasks }) => tasks,
  expected: selfTally,
  floor: over(syncFloor, self),
  peers: { ...overEach(syncEngines, self), XState: selfActor },
  ours: selfFlow,
};
