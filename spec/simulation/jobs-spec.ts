import assert from 'node:assert/strict';
import fc from 'fast-check';
import { disturbances, fewer, jobs, patience, type World } from '../support/arbitrary.js';
import { predict } from '../support/model.js';
import { ANY, expectSame, holds, instant, TIMED, timeoutMs, workers } from './holds.js';
import { checkLaws, storyOf } from './laws.js';
import { playVirtually } from './stage.js';

const cap = fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined });
const startAt = fc.oneof(fc.constant(0), instant(15));

/** Each job alone in the flow. */
const alone = (world: World) => world.jobs.flatMap((job) => predict({ ...world, jobs: [{ ...job, startAt: 0 }] }).accounts);

const playsEachAsAlone = async (world: World): Promise<void> => {
  const stage = await playVirtually(world);
  expectSame(storyOf(stage).accounts, alone(world));
  checkLaws(stage);
};

const countsUpTo = (turns: readonly number[], end: number): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const job of turns.slice(0, end)) counts.set(job, (counts.get(job) ?? 0) + 1);
  return counts;
};

/** As long as two jobs both have work, neither is more than one turn ahead of the other. */
const takesFairTurns = async (world: World): Promise<void> => {
  const { turns } = await playVirtually(world);
  const still = (job: number, from: number): boolean => turns.includes(job, from);
  turns.forEach((_, at) => {
    const counts = countsUpTo(turns, at);
    const waiting = world.jobs.flatMap((__, job) => (still(job, at) ? [counts.get(job) ?? 0] : []));
    assert(Math.max(...waiting) - Math.min(...waiting) <= 1, `after ${at} turns: ${waiting.join(', ')}`);
  });
};

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('several jobs of one flow', () => {
  it(
    'should take turns as the model says, each with an account of its own (S05, S50, G66, D14, D15)',
    () => {
      const parts = { cap, startAt, timeoutMs, disturbances: disturbances() };
      return holds({ kinds: TIMED, drastic: true, workers, jobs: jobs(4, parts) });
    },
    patience,
  );

  it(
    'should each come to what it comes to alone, in the same order, when each has one worker (S10, S51, S53, G67)',
    () => {
      const own = { cap: fc.constant(1), startAt };
      return holds({ kinds: TIMED, delays: false, tracks: false, workers, jobs: jobs(4, own) }, playsEachAsAlone, {
        numRuns: fewer,
      });
    },
    patience,
  );

  it(
    'should each come to what it comes to alone when they share one worker and promises are among their work (G67)',
    () => holds({ kinds: ANY, delays: false, jobs: jobs(3) }, playsEachAsAlone, { numRuns: fewer }),
    patience,
  );

  it(
    'should never be more than a turn ahead of each other while both have work (D15)',
    () => holds({ kinds: ['sync'], delays: false, tracks: false, jobs: jobs(4) }, takesFairTurns, { numRuns: fewer }),
    patience,
  );
});
