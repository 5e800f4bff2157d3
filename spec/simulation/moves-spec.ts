import fc from 'fast-check';
import { disturbances, type Disturbing, fewer, jobs, patience, type World, worlds } from '../support/arbitrary.js';
import { predict } from '../support/model.js';
import { ANY, expectSame, holds, instant, missingFrom, sorted, TIMED, timeoutMs, undisturbed, workers } from './holds.js';
import { checkLaws, storyOf } from './laws.js';
import { playVirtually, type Stage } from './stage.js';

const ALL: readonly Disturbing[] = ['pause', 'resume', 'move', 'leave', 'carry', 'cancel'];

/** Anything but a cancel, and at last one resume for the job that still stands. */
const goingOn = (kinds: readonly Disturbing[]) =>
  disturbances(kinds).map((all) => [...all, { at: 10_000, kind: 'resume' as const }]);

/** Calm worlds, whose activations depend on no order, with retries that wait. */
const calm = (emitMode: World['emitMode']): fc.Arbitrary<World> => {
  const disturbed = jobs(1, { disturbances: goingOn(['pause', 'resume', 'move', 'leave', 'carry']) });
  return worlds({ kinds: ANY, busy: true, calm: true, tracks: true, delays: true, workers, jobs: disturbed, emitMode });
};

const emits = { do: 'emit', event: 'o', add: 0, keys: 0, byRoutine: false } as const;
const fails = { do: 'throw', every: 1, rest: 0, upTo: 1, range: false } as const;

/** What ran, and what of that was to run again, since its job was written down in the middle of it. */
const ran = ({ watched: [job] }: Stage) => ({
  log: job?.log ?? [],
  again: job?.taken?.behind.filter(({ again }) => again === 'must').map(({ line }) => line) ?? [],
});

const runsTheSameAndWhatWasAtWork = async (world: World): Promise<void> => {
  const stage = await playVirtually(world);
  const [whole] = predict(undisturbed(world)).accounts;
  const { log, again } = ran(stage);
  expectSame(sorted(log), sorted([...(whole?.log ?? []), ...again]));
  checkLaws(stage);
};

const runsAtLeastTheSame = async (world: World): Promise<void> => {
  const stage = await playVirtually(world);
  const [whole] = predict(undisturbed(world)).accounts;
  expect(missingFrom(ran(stage).log, whole?.log ?? [])).toEqual([]);
  checkLaws(stage);
};

const PLAIN = {
  ...({
    unhandledErrors: 'stop',
    emitMode: 'immediate',
    isolation: 'shallow',
    asyncContext: 'auto',
    workers: 1,
    streams: [],
  } as const),
  ...{ policy: { strategy: 'stop', maxRetries: 0, delayMs: 0, backoff: 1, picky: false } as const },
};

const JOB = { n: 12, cap: undefined, startAt: 0, timeoutMs: 300_000 };

const IDLE = { merge: 'override', kind: 'sync', codec: undefined, limit: undefined, split: 2, steps: [] } as const;

/** A routine is at work for the first time when its job leaves; where that goes on, it fails before the routine's task is done again. */
const failsBeforeItIsDoneAgain: World = {
  ...PLAIN,
  routines: [
    {
      policy: undefined,
      slots: {
        trigger: { ...IDLE, steps: [{ do: 'emit', event: 'p', add: 6, keys: 0, byRoutine: false }] },
        side: {
          ...{ ...IDLE, codec: 'strict', split: 4 },
          steps: [
            { do: 'defer', event: 'p', add: 0, keys: 0, byRoutine: false },
            { do: 'emit', event: 'o', add: 0, keys: 0, byRoutine: false },
          ],
        },
      },
    },
    { policy: undefined, slots: { trigger: IDLE, side: { ...IDLE, kind: 'observable', steps: [{ do: 'wait', ms: 0 }] } } },
  ],
  links: [
    { from: 0, event: 'o', to: 1, slot: 'side', renames: undefined },
    { from: 0, event: 'p', to: 0, slot: 'side', renames: undefined },
  ],
  jobs: [{ ...JOB, fuel: 3, disturbances: [{ at: 0.000_07, kind: 'move' }] }],
};

/** Four retries come due in the ms to which their job, written down, rounds them; each attempt ends in a microtask. */
const dueInOneMs: World = {
  ...PLAIN,
  routines: [
    {
      policy: undefined,
      slots: {
        trigger: { merge: 'override', kind: 'sync', split: 2, steps: [emits] },
        side: { merge: 'override', kind: 'promise', split: 4, steps: [emits, fails] },
      },
    },
  ],
  links: [
    { from: 0, event: 'o', to: 0, slot: 'side', renames: undefined },
    { from: 0, event: 'o', to: 0, slot: 'trigger', renames: undefined },
  ],
  policy: { strategy: 'retry', maxRetries: 1, delayMs: 4, backoff: 1, picky: false },
  jobs: [{ ...JOB, fuel: 11, n: 0, disturbances: [{ at: 0.000_07, kind: 'leave' }] }],
};

const withoutPausePoints = ({ accounts, turns }: Pick<ReturnType<typeof storyOf>, 'accounts' | 'turns'>) => ({
  accounts: accounts.map((account) => account && { ...account, pausePoints: 0 }),
  turns,
});

const goesOnAsIfNothing = async (world: World): Promise<void> => {
  const stage = await playVirtually(world);
  expectSame(withoutPausePoints(storyOf(stage)), predict(undisturbed(world)));
  checkLaws(stage);
};

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('random flows whose jobs are written down and taken up elsewhere', () => {
  it(
    'should do exactly what the model says, over all flows, with 1 to 8 workers (S81, S86, D2, D8, D13, D19–D24)',
    () => {
      const cap = fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined });
      const parts = { timeoutMs, cap, disturbances: disturbances(ALL) };
      const options = { kinds: TIMED, drastic: true, workers, jobs: jobs(1, parts) };
      return holds(options, undefined, { examples: [[failsBeforeItIsDoneAgain]] });
    },
    patience,
  );

  it(
    'should do exactly what the model says in its order, with one worker and promises among its work (S80, S81, D20)',
    () => {
      const disturbed = jobs(1, { disturbances: disturbances(ALL) });
      return holds({ kinds: ANY, drastic: true, jobs: disturbed }, undefined, { examples: [[dueInOneMs]] });
    },
    patience,
  );

  it(
    'should disturb no other job when one of several goes elsewhere (G66, G70, D15)',
    () => {
      // One that is let run on would take turns from those that stay.
      const kinds = ALL.filter((kind) => kind !== 'leave');
      const parts = { startAt: fc.oneof(fc.constant(0), instant(15)), disturbances: disturbances(kinds) };
      return holds({ kinds: TIMED, workers, jobs: jobs(3, parts) }, undefined, { numRuns: fewer });
    },
    patience,
  );

  it(
    "should run what an undisturbed run does, and again only what was at work, in emitMode 'commit', also with promises left behind (D5, D13, D20)",
    () => fc.assert(fc.asyncProperty(calm('commit'), runsTheSameAndWhatWasAtWork), { numRuns: fewer }),
    patience,
  );

  it(
    "should run at least what an undisturbed run does, in emitMode 'immediate' (D13, D20)",
    () => fc.assert(fc.asyncProperty(calm('immediate'), runsAtLeastTheSame), { numRuns: fewer }),
    patience,
  );

  it(
    'should come to the same, in the same order, when it is only written down while it is paused, with one worker (S81)',
    () => {
      const disturbed = jobs(1, { disturbances: goingOn(['pause', 'pause', 'resume', 'carry', 'carry']) });
      return holds({ kinds: ANY, delays: false, jobs: disturbed }, goesOnAsIfNothing, { numRuns: fewer });
    },
    patience,
  );
});
