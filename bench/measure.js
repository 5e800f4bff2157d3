import { setImmediate as turn } from 'node:timers/promises';

/** A run whose handlers left something else behind than they should: fatal, whoever it was. */
export class WrongResult extends Error {}

/** A run that stands still before its end. */
export class NeverEnds extends Error {}

const LOOK_MS = 250;
const STILL_LOOKS = 4;
const IDLE = 0.05;

/** Rejects once nothing has been counted and the event loop has been idle for a second. */
const stillness = (tally) => {
  let stop = () => {};
  const still = new Promise((_, reject) => {
    let looks = 0;
    let [count, loop] = [tally.count, performance.eventLoopUtilization()];
    const timer = setInterval(() => {
      const { utilization } = performance.eventLoopUtilization(performance.eventLoopUtilization(), loop);
      looks = utilization < IDLE && tally.count === count ? looks + 1 : 0;
      [count, loop] = [tally.count, performance.eventLoopUtilization()];
      if (looks === STILL_LOOKS) reject(new NeverEnds(`stands still after ${count} counted`));
    }, LOOK_MS);
    stop = () => clearInterval(timer);
  });
  return { still, stop };
};

const compare = (tally, expected) => {
  for (const [what, wanted] of Object.entries(expected))
    if (tally[what] !== wanted) throw new WrongResult(`${what} is ${tally[what]}, not ${wanted}`);
};

/**
 * Sets a contender up, and gives the function that measures one round of it: runs it until `minMs` have passed, checks
 * every run, and gives the time per task in ns, or the value that the run measured itself.
 */
export const contender = ({ prepare, size, options, tasks, expected, minMs }) => {
  const tally = { count: 0, sum: 0 };
  const run = prepare(size, tally, options);

  const once = async () => {
    tally.count = tally.sum = 0;
    const { still, stop } = stillness(tally);
    try {
      const before = performance.now();
      const value = await Promise.race([run(), still]);
      const elapsed = performance.now() - before;
      await turn(); // what comes too late, or twice, is still counted
      compare(tally, expected);
      return { value, elapsed };
    } finally {
      stop();
    }
  };

  return async () => {
    if (minMs > 0) globalThis.gc(); // each round starts with a clean heap
    let [runs, total] = [0, 0];
    do {
      const { value, elapsed } = await once();
      if (value !== undefined) return value;
      runs++;
      total += elapsed;
    } while (total < minMs);
    return (total * 1e6) / (runs * tasks);
  };
};
