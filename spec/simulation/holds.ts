import fc from 'fast-check';
import { type Kind, runs, type World, type WorldOptions, worlds } from '../support/arbitrary.js';
import { type Faults, predict } from '../support/model.js';
import { checkLaws, storyOf } from './laws.js';
import { playVirtually } from './stage.js';

export const ANY: readonly Kind[] = ['sync', 'observable', 'stream', 'promise'];
/** Without promises: they settle in microtasks, at no instant of virtual time, so only with one worker is their place sure. */
export const TIMED: readonly Kind[] = ['sync', 'observable', 'stream'];

export const workers = fc.integer({ min: 1, max: 8 });

/** An instant from 0 to `max` ms that falls on no other thing. */
export const instant = (max: number, fraction = 0.000_3): fc.Arbitrary<number> => fc.nat(max).map((at) => at + fraction);

/** Half the time a limit that no job reaches. */
export const timeoutMs = fc.oneof({ weight: 1, arbitrary: fc.constant(300_000) }, { weight: 1, arbitrary: instant(40, 0.000_4) });

/** As `toEqual`, which is slow, but only asked for what has changed. */
export const expectSame = (seen: unknown, expected: unknown): void => {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) expect(seen).toEqual(expected);
};

/** The engine and the model tell the same story, and every law holds. */
export const playsAsPredicted =
  (faults?: Faults) =>
  async (world: World): Promise<void> => {
    const stage = await playVirtually(world);
    expectSame(storyOf(stage), predict(world, faults));
    checkLaws(stage);
  };

/** Tries a property on random worlds; what fails is told with its seed and path, and made as small as it can be. */
export const holds = (
  options: WorldOptions,
  property: (world: World) => Promise<void> = playsAsPredicted(),
  parameters: fc.Parameters<[World]> = {},
): Promise<void> => fc.assert(fc.asyncProperty(worlds(options), property), { numRuns: runs, ...parameters });
