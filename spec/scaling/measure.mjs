// How the cost of an operation grows with its size, by CPU time: another process on the machine takes none of ours away.

/** Below this a measure, in ms, says more about the machine than about the operation. */
const LEAST = 15;

/** What an operation on four times the size may cost at most (D46): four times as much, and something for a machine with other work. */
const BOUND = 6;

const FIRST = 64;

/** No operation is tried on more parts than this, and four times as many. */
const MOST = 2 ** 14;

/** Nor at sizes at which all of it takes longer than this, in ms, with what comes before and after. */
const LONGEST = 250;

/** What is dead is of no interest. What the first collection finds dead is swept beside the work, unless a second one has to wait for that. */
const collect = () => {
  globalThis.gc();
  globalThis.gc();
};

/** The CPU time of some work in ms, that of the collector and the compiler as well. */
const timed = async (work) => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

/** So many costs of an operation in ms: what it measures, without what comes before and after. */
const costsOf = async (operation, n, count, prepare = collect) => {
  const costs = [];
  const once = async (work) => {
    prepare();
    costs.push(await timed(work));
  };
  // What changes nothing needs to be prepared only once.
  const again = async (work) => {
    while (costs.length < count) await once(work);
  };
  while (costs.length < count) await operation.run(n, Object.assign(once, { again }));
  return costs;
};

/** The lowest: whatever disturbs a measure, on a machine with other work, only adds. */
const costOf = async (operation, n, rounds) => Math.min(...(await costsOf(operation, n, rounds)));

/** Whether it costs too little to be measured at a size, if only once it is warm, and twice the size can be prepared soon enough. */
const isCheap = async (operation, n) => {
  for (let run = 0; run < 3; run++) {
    const before = performance.now();
    const [cost] = await costsOf(operation, n, 1, () => undefined);
    if (performance.now() - before > LONGEST) return false;
    if (cost < LEAST) return true;
  }
  return false;
};

const sizeOf = async (operation) => {
  const { first = FIRST, most = MOST } = operation;
  let n = Math.min(first, most);
  while (2 * n <= most && (await isCheap(operation, n))) n *= 2;
  return n;
};

const scalingAt = async (operation, n, rounds) => {
  const ms = await costOf(operation, n, rounds);
  return { name: operation.name, n, ms, ratio: (await costOf(operation, 4 * n, rounds)) / ms };
};

/**
 * How much more an operation costs at four times its size. What costs nearly nothing at the largest size costs no more than that. A
 * ratio over the bound is measured again, at larger and larger sizes, and the lowest counts: noise only adds, and where code gets warm, tables
 * leave the cache, or objects their youth, there is a step; what is quadratic is so at every size.
 */
export const scalingOf = async (operation) => {
  const { most = MOST } = operation;
  const n = await sizeOf(operation);
  let found = await scalingAt(operation, n, 2);
  if (found.ms * found.ratio < LEAST) return { ...found, ratio: 1 };
  for (let times = 1; times <= 4 && found.ratio > BOUND; times *= 2) {
    const next = await scalingAt(operation, Math.min(times * n, most), 4);
    if (next.ratio < found.ratio) found = next;
  }
  return found;
};
