import { before, contendersOf, isPeer } from './contenders.js';
import { Measurer } from './Measurer.js';

/** No peer takes more than this of the time of a case; it then has fewer rounds. */
const PEER_BUDGET_MS = 20_000;
const OURS_CAP_MS = 300_000;

/** Whoever must come through did not, or somebody's result is wrong. */
export class BenchFailure extends Error {}

const median = (samples) => {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const summary = ({ samples, outcome }) =>
  samples.length === 0
    ? { status: outcome.status, why: outcome.why }
    : { status: 'ok', median: median(samples), min: Math.min(...samples), max: Math.max(...samples), samples };

/**
 * Measures one case: every contender in a process of its own, one round of each in turn. The first round of each is warm-up.
 *
 * @returns {Promise<Record<string, object>>} name → median, least, greatest and all samples, or why there are none
 */
export const measureCase = async (workload, at, { rounds, capMs, onRound }) => {
  const each = workload.cases[at];
  const runners = [...contendersOf(workload, each).keys()].map((name) => ({
    name,
    peer: isPeer(workload, each, name),
    measurer: new Measurer(name === 'before' ? { ROUTILUX_DIST: before() } : {}),
    samples: [],
    spent: 0,
    outcome: { status: 'ok' },
  }));

  const turn = async (runner, round) => {
    const { name, peer, measurer } = runner;
    const began = performance.now();
    runner.outcome = await measurer.round({ key: name, id: workload.id, at, name }, peer ? capMs : OURS_CAP_MS);
    runner.spent += performance.now() - began;
    const { status, value, why } = runner.outcome;
    if (status === 'ok' && round > 0) runner.samples.push(value);
    if (status === 'wrong' || (status !== 'ok' && !peer))
      throw new BenchFailure(`${workload.id} ${each.name}, ${name}: ${status} (${why})`);
  };

  const goesOn = ({ peer, outcome, samples, spent }) =>
    outcome.status === 'ok' && !(peer && samples.length > 0 && spent > PEER_BUDGET_MS);

  try {
    for (let round = 0; round <= rounds; round++) {
      onRound(round);
      for (const runner of runners) if (goesOn(runner)) await turn(runner, round);
    }
    return Object.fromEntries(runners.map((runner) => [runner.name, summary(runner)]));
  } finally {
    for (const { measurer } of runners) measurer.close();
  }
};
