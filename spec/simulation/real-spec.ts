import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fewer, jobs, patience, type World, worlds } from '../support/arbitrary.js';
import { type Account, predict } from '../support/model.js';
import { ANY, holds, missingFrom, sorted, workers } from './holds.js';
import { checkLaws, storyOf } from './laws.js';
import { behindOf } from './shots.js';
import { isAlive, playReally, type Stage } from './stage.js';

const counts = (emitMode: World['emitMode'], { status, count }: Record<string, unknown>): unknown =>
  emitMode === 'commit' ? status : { status, count };

/**
 * What is the same in whatever order a calm world is run. (Two attempts at once that count and then commit may lose a
 * count: each has read the number before the other's commit.)
 */
const unordered = ({ emitMode }: World, account: Account | undefined): unknown =>
  account && {
    ...{
      status: account.status,
      code: account.code,
      dropped: account.dropped,
      metrics: account.metrics,
      pending: account.pending,
    },
    ...{ log: sorted(account.log), outputs: sorted(account.outputs), history: sorted(account.history) },
    states: Object.entries(account.states).map(([id, state]) => [id, counts(emitMode, state as Record<string, unknown>)]),
  };

const comesToTheSame = async (world: World): Promise<void> => {
  const stage = await playReally(world);
  const [seen, expected] = [storyOf(stage).accounts, predict(world).accounts];
  expect(seen.map((account) => unordered(world, account))).toEqual(expected.map((account) => unordered(world, account)));
  checkLaws(stage);
};

const moveOn = (stage: Stage, isCancelled: boolean): void => {
  const [watched] = stage.watched;
  if (watched === undefined || !isAlive(watched.job)) return;
  stage.move(watched, behindOf(watched));
  if (isCancelled) void watched.job.cancel('moved');
};

/** Written down at any step and taken up elsewhere, with nothing lost; the old job is cancelled, or let run on. */
const goesOnElsewhere = async (world: World, at: number, isCancelled: boolean): Promise<void> => {
  const stage = await playReally(world, (_, count, playing) => {
    if (count === at && playing.segments.length === 1) void Promise.resolve().then(() => moveOn(playing, isCancelled));
  });
  const [whole, account] = [predict(world).accounts[0], storyOf(stage).accounts[0]];
  expect(account?.status).toBe('completed');
  expect(missingFrom(account?.log ?? [], whole?.log ?? [])).toEqual([]);
  if (world.emitMode === 'commit')
    expect(missingFrom([...(whole?.log ?? []), ...atWorkThen(stage)], account?.log ?? [])).toEqual([]);
  checkLaws(stage);
};

const atWorkThen = ({ watched: [job] }: Stage): readonly string[] =>
  (job?.taken?.behind ?? []).flatMap(({ again, line }) => (again === 'not' ? [] : [line]));

type From = 'handler' | 'outside';

const endsInTheMiddle = async (world: World, at: number, from: From): Promise<void> => {
  const stage = await playReally(world, (ctx, count) => {
    if (count !== at) return;
    if (from === 'handler') ctx.cancel('enough');
    else void Promise.resolve().then(() => ctx.flow.cancel({ reason: 'enough' }));
  });
  const [whole, account] = [predict(world).accounts[0], storyOf(stage).accounts[0]];
  assert(whole !== undefined && account !== undefined);
  expect(missingFrom(whole.log, account.log)).toEqual([]);
  const expected = whole.log.length < at ? ['completed'] : from === 'handler' ? ['cancelled'] : ['cancelled', 'completed'];
  expect(expected).toContain(account.status);
  if (account.status === 'completed') expect(account.log).toHaveLength(whole.log.length);
  checkLaws(stage);
};

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('random flows in real time', () => {
  it(
    'should make the same activations and come to the same state with 1 to 8 workers and promises among them (S12, S37, S39, S60)',
    () => holds({ kinds: ANY, calm: true, tracks: true, workers, jobs: jobs(3) }, comesToTheSame),
    patience,
  );

  it(
    "should do so in emitMode 'commit', too, where what is left behind emits and counts (D5, D13)",
    () => {
      const options = { kinds: ANY, calm: true, tracks: true, emitMode: 'commit', workers, jobs: jobs(3) } as const;
      return holds(options, comesToTheSame, { numRuns: fewer });
    },
    patience,
  );

  it(
    'should start nothing after a cancel at any step, from inside or from outside (S90, S91, D2, D5)',
    () => {
      const calm = worlds({ kinds: ANY, calm: true, tracks: true, workers });
      const from = fc.constantFrom<From>('handler', 'outside');
      return fc.assert(fc.asyncProperty(calm, fc.integer({ min: 1, max: 30 }), from, endsInTheMiddle), { numRuns: fewer });
    },
    patience,
  );

  it(
    "should do again only what was at work when it goes on elsewhere, in emitMode 'commit' (D5, D13, D23)",
    () => {
      const calm = worlds({ kinds: ANY, busy: true, calm: true, tracks: true, emitMode: 'commit', workers });
      return fc.assert(fc.asyncProperty(calm, fc.integer({ min: 1, max: 12 }), fc.boolean(), goesOnElsewhere), {
        numRuns: fewer,
      });
    },
    patience,
  );

  it(
    'should lose nothing when a job is written down at any step and goes on elsewhere, even if the old one runs on (D23)',
    () => {
      const calm = worlds({ kinds: ANY, busy: true, calm: true, tracks: true, workers });
      return fc.assert(fc.asyncProperty(calm, fc.integer({ min: 1, max: 12 }), fc.boolean(), goesOnElsewhere), {
        numRuns: fewer,
      });
    },
    patience,
  );
});
