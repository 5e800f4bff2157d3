import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fewer, jobs, patience, type World, worlds } from '../support/arbitrary.js';
import { type Account, predict } from '../support/model.js';
import { ANY, holds, workers } from './holds.js';
import { checkLaws, storyOf } from './laws.js';
import { playReally } from './stage.js';

const sorted = (words: readonly string[]): readonly string[] => [...words].sort();

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

/** Whether every value of a list is in another one, at least as often. */
const isPartOf = (part: readonly string[], whole: readonly string[]): boolean => {
  const left = [...whole];
  return part.every((value) => left.includes(value) && left.splice(left.indexOf(value), 1).length === 1);
};

type From = 'handler' | 'outside';

const endsInTheMiddle = async (world: World, at: number, from: From): Promise<void> => {
  const stage = await playReally(world, (ctx, count) => {
    if (count !== at) return;
    if (from === 'handler') ctx.cancel('enough');
    else void Promise.resolve().then(() => ctx.flow.cancel({ reason: 'enough' }));
  });
  const [whole, account] = [predict(world).accounts[0], storyOf(stage).accounts[0]];
  assert(whole !== undefined && account !== undefined);
  assert(isPartOf(account.log, whole.log), `not of the whole: ${account.log.join(' | ')}`);
  const expected = whole.log.length < at ? ['completed'] : from === 'handler' ? ['cancelled'] : ['cancelled', 'completed'];
  expect(expected).toContain(account.status);
  if (account.status === 'completed') expect(account.log).toHaveLength(whole.log.length);
  checkLaws(stage);
};

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('random flows in real time', () => {
  it(
    'should make the same activations and come to the same state with 1 to 8 workers and promises among them (S12, S37, S39, S60)',
    () => holds({ kinds: ANY, calm: true, workers, jobs: jobs(3) }, comesToTheSame),
    patience,
  );

  it(
    'should start nothing after a cancel at any step, from inside or from outside (S90, S91, D2, D5)',
    () => {
      const calm = worlds({ kinds: ANY, calm: true, workers });
      const from = fc.constantFrom<From>('handler', 'outside');
      return fc.assert(fc.asyncProperty(calm, fc.integer({ min: 1, max: 30 }), from, endsInTheMiddle), { numRuns: fewer });
    },
    patience,
  );
});
