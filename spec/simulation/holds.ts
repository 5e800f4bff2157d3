import fc from 'fast-check';
import { type Kind, runs, type World, type WorldOptions, worlds } from '../support/arbitrary.js';
import { type Faults, predict } from '../support/model.js';
import { checkLaws, storyOf } from './laws.js';
import { rejection } from '../support/thrown.js';
import { playVirtually, type StageOptions } from './stage.js';

export const ANY: readonly Kind[] = ['sync', 'observable', 'stream', 'promise'];
/** Without promises: they settle in microtasks, at no instant of virtual time, so only with one worker is their place sure. */
export const TIMED: readonly Kind[] = ['sync', 'observable', 'stream'];

export const workers = fc.integer({ min: 1, max: 8 });

/** An instant from 0 to `max` ms that falls on no other thing. */
export const instant = (max: number, fraction = 0.000_3): fc.Arbitrary<number> => fc.nat(max).map((at) => at + fraction);

/** Half the time a limit that no job reaches. */
export const timeoutMs = fc.oneof({ weight: 1, arbitrary: fc.constant(300_000) }, { weight: 1, arbitrary: instant(40, 0.000_4) });

export const undisturbed = (world: World): World => ({
  ...world,
  jobs: world.jobs.map((job) => ({ ...job, disturbances: [] })),
});

export const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();

/** What of the lines is not in the others, counting how often. */
export const missingFrom = (others: readonly string[], lines: readonly string[]): readonly string[] => {
  const left = [...others];
  return lines.filter((line) => !left.includes(line) || left.splice(left.indexOf(line), 1).length === 0);
};

/** As `toEqual`, which is slow, but only asked for what has changed. */
export const expectSame = (seen: unknown, expected: unknown): void => {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) expect(seen).toEqual(expected);
};

/** The engine and the model tell the same story, and every law holds. */
export const playsAsPredicted =
  (faults?: Faults, options?: StageOptions) =>
  async (world: World): Promise<void> => {
    const stage = await playVirtually(world, options);
    expectSame(storyOf(stage), predict(world, faults));
    checkLaws(stage);
  };

/** Tries a property on random worlds; what fails is told with its seed and path, and made as small as it can be. */
export const holds = (
  options: WorldOptions,
  property: (world: World) => Promise<void> = playsAsPredicted(),
  parameters: fc.Parameters<[World]> = {},
): Promise<void> => fc.assert(fc.asyncProperty(worlds(options), property), { numRuns: runs, ...parameters });

/** What a property that has to fail was seen to break: a law of ours, since any other error tells nothing. */
export const brokenLaw = async (property: Promise<void>): Promise<string> => {
  const { message, cause } = (await rejection(property)) as Error;
  expect(message).toMatch(/^Property failed after \d+ tests\s+{ seed: -?\d+, path: /);
  const isLaw = (cause as { code?: string }).code === 'ERR_ASSERTION' || 'matcherResult' in (cause as Error);
  return isLaw ? `law: ${(cause as Error).message}` : `no law: ${String(cause)}`;
};
