import { disturbances, fewer, jobs, patience, type World } from '../support/arbitrary.js';
import { predict } from '../support/model.js';
import { ANY, expectSame, holds, TIMED, timeoutMs, undisturbed, workers } from './holds.js';
import { checkLaws, storyOf } from './laws.js';
import { playVirtually } from './stage.js';

const withoutPausePoints = ({ accounts, turns }: Pick<ReturnType<typeof storyOf>, 'accounts' | 'turns'>) => ({
  accounts: accounts.map((account) => account && { ...account, pausePoints: 0 }),
  turns,
});

const playsOnAsIfNothing = async (world: World): Promise<void> => {
  const stage = await playVirtually(world);
  expectSame(withoutPausePoints(storyOf(stage)), predict(undisturbed(world)));
  checkLaws(stage);
};

/** Pauses and resumes in any order, also twice the same, and at last one resume for the job that still stands. */
const interrupted = disturbances(['pause', 'resume']).map((all) => [...all, { at: 10_000, kind: 'resume' as const }]);

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('random flows with pauses', () => {
  it(
    'should pause, resume and cancel as the model says, also while pausing and with deferred events (S76–S81, D19–D23)',
    () => holds({ kinds: TIMED, drastic: true, workers, jobs: jobs(1, { timeoutMs, disturbances: disturbances() }) }),
    patience,
  );

  it(
    'should come to the same, in the same order, as without any pause, with one worker (S80, S81, S83)',
    () =>
      holds({ kinds: ANY, delays: false, jobs: jobs(1, { disturbances: interrupted }) }, playsOnAsIfNothing, { numRuns: fewer }),
    patience,
  );
});
