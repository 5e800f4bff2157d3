import { syncFloor } from '../engines/floor.js';
import { over } from '../engines/over.js';
import { selfFlow, selfTally } from './w6-self.js';

const MB = 1024 * 1024;
const MAX_FRAMES = 100;

/** Frames on the stack right now; an engine that recurses has thousands. */
const checkStack = () => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  const frames = new Error().stack.split('\n').length - 1;
  Error.stackTraceLimit = stackTraceLimit;
  if (frames > MAX_FRAMES) throw new Error(`the stack is ${frames} frames deep`);
};

const residentMB = () => {
  globalThis.gc();
  return process.memoryUsage.rss() / MB;
};

/** The slope of a line through the samples, by least squares. */
const slope = (samples) => {
  const meanX = (samples.length - 1) / 2;
  const meanY = samples.reduce((sum, y) => sum + y, 0) / samples.length;
  const [top, bottom] = samples.reduce(([t, b], y, x) => [t + (x - meanX) * (y - meanY), b + (x - meanX) ** 2], [0, 0]);
  return top / bottom;
};

/** Looks at stack and memory ten times on the way; gives the growth in MB per tenth, which is a million. The first two are warm-up. */
const watch = (tasks) => {
  const samples = [];
  return {
    seen: (n) => {
      if (n % (tasks / 10) !== 0) return;
      checkStack();
      samples.push(residentMB());
    },
    growth: () => slope(samples.splice(0).slice(2)),
  };
};

/** @type {import('../types.js').Routines} */
const watchedSelf = ({ tasks }, { push, tally, end }) => {
  const { seen, growth } = watch(tasks);
  const handler = ({ n }) => {
    tally.sum += n;
    seen(n);
    if (++tally.count === tasks) end(growth());
    else push(handler, { n: n + 1 });
  };
  return () => push(handler, { n: 1 });
};

/** @type {import('../types.js').Workload} */
export default {
  id: 'W6m',
  title: '10M self-emits in one job: growth of resident memory per million tasks; the stack is checked ten times on the way',
  goal: '< 1 MB per million after warm-up, flat stack',
  cases: [{ name: 'growth', size: { tasks: 10_000_000 }, smoke: { tasks: 1_000 }, goal: { atMost: 1 } }],
  tasks: ({ tasks }) => tasks,
  expected: selfTally,
  unit: 'MB',
  over: 'nothing',
  floor: over(syncFloor, watchedSelf),
  peers: {},
  ours: (size, tally, options) => {
    const { seen, growth } = watch(size.tasks);
    const run = selfFlow(size, tally, options, seen);
    return async () => {
      await run();
      return growth();
    };
  },
};
