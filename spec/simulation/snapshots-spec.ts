import fc from 'fast-check';
import { JobState } from '../../lib/index.js';
import { fewer, jobs, patience, runs, type WorldOptions } from '../support/arbitrary.js';
import { predict } from '../support/model.js';
import { ANY, brokenLaw, expectSame, missingFrom, sorted, TIMED, timeoutMs, workers } from './holds.js';
import { checkLaws } from './laws.js';
import { type Scene, scenes, shoot, type Shot } from './shots.js';
import { playOn, type Spot, type Stage, type Tamper } from './stage.js';
import { TAMPERED } from './tamper.js';

/** Whether a job that was taken up has done its part; what the whole job is to do is told, too. */
type Law = (whole: readonly string[], shot: Shot, stage: Stage) => void;

const linesOf = ({ watched: [job] }: Stage): readonly string[] => job?.activations.map(({ line }) => line) ?? [];

/** What was done before, without what is done again. */
const doneBefore = ({ behind }: Shot, { watched: [job] }: Stage): readonly string[] => {
  const again = new Set(job?.activations.map(({ key }) => key));
  return behind.filter(({ key }) => !again.has(key)).map(({ line }) => line);
};

const endsCompleted: Law = (_, __, { watched: [job] }) => {
  expect(job?.job.status).toBe('completed');
};

const endsSomehow: Law = (_, __, { watched: [job] }) => {
  expect(['completed', 'failed', 'cancelled']).toContain(job?.job.status);
};

const doesTheRest: Law = (whole, shot, stage) => {
  endsCompleted(whole, shot, stage);
  expectSame(sorted([...doneBefore(shot, stage), ...linesOf(stage)]), sorted(whole));
};

const doesAtLeastTheRest: Law = (whole, shot, stage) => {
  endsCompleted(whole, shot, stage);
  expect(missingFrom([...doneBefore(shot, stage), ...linesOf(stage)], whole)).toEqual([]);
};

const seen = new Map<Spot, number>();

const restores =
  (law: Law, tamper?: Tamper) =>
  async (scene: Scene): Promise<void> => {
    const whole = predict(scene.world).accounts[0]?.log ?? [];
    for (const shot of await shoot(scene, tamper)) {
      expect(JSON.stringify(JobState.fromJSON(shot.json))).toBe(shot.json);
      const stage = await playOn(scene.world, shot.json, shot.at + scene.later, shot.behind);
      checkLaws(stage);
      law(whole, shot, stage);
      seen.set(shot.spot, (seen.get(shot.spot) ?? 0) + 1);
    }
  };

/** Scenes in which what an attempt does counts only when it, and all that it has left behind, succeeds. */
const committing = (options: WorldOptions): fc.Arbitrary<Scene> => scenes({ ...options, tracks: true, emitMode: 'commit' });

const fuel = fc.integer({ min: 10, max: 40 });
const CALM: WorldOptions = { kinds: ANY, busy: true, calm: true, delays: true, workers, jobs: jobs(1, { fuel }) };

const holds = (arbitrary: fc.Arbitrary<Scene>, law: Law, tamper?: Tamper): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, restores(law, tamper)), { numRuns: Math.ceil(fewer / 2) });

// ROUTILUX_LONG makes it 1,250 worlds each in place of 125; each job is written down several times.
describe('jobs written down in the middle of anything', () => {
  it(
    "should be driven to their end, each doing exactly the rest, in emitMode 'commit', also where promises are left behind (D5, D13, D23)",
    () => holds(committing(CALM), doesTheRest),
    patience,
  );

  it(
    'should be driven to their end, each doing at least the rest, also where promises are left behind (D5, D13, D23)',
    () => holds(scenes({ ...CALM, kinds: TIMED }), doesAtLeastTheRest),
    patience,
  );

  it(
    'should be driven to some end, with no finished task done again, also where tasks fail, stop and cancel (D2, D23)',
    () => holds(scenes({ kinds: TIMED, busy: true, drastic: true, workers, jobs: jobs(1, { fuel, timeoutMs }) }), endsSomehow),
    patience,
  );

  it('should have been written down at more instants than there are runs of a property, of every kind', () => {
    const spots = [
      'started',
      'handler',
      'tracked',
      'merge',
      'codec',
      'filter',
      'random',
      'record',
      'output',
      'progress',
      'instant',
    ];
    expect([...seen.keys()].sort()).toEqual(spots.sort());
    expect([...seen.values()].reduce((sum, each) => sum + each)).toBeGreaterThan(runs);
  });
});

describe('what these properties would notice', () => {
  it.each(TAMPERED)('should fail where %s', async (_, tamper) => {
    expect(await brokenLaw(holds(committing(CALM), doesTheRest, tamper))).toMatch(/^law: /);
  });
});
