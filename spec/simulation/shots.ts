import fc from 'fast-check';
import { type World, type WorldOptions, worlds } from '../support/arbitrary.js';
import type { Glimpse } from './Activation.js';
import { expectSame, instant } from './holds.js';
import { storyOf } from './laws.js';
import { isAlive, playVirtually, type Spot, type StageOptions, type Tamper, type Watched } from './stage.js';

/** A job, written down in the middle of something. */
export interface Shot {
  readonly spot: Spot;
  readonly json: string;
  readonly at: number;
  /** The handler calls up to there. */
  readonly behind: readonly Glimpse[];
}

/** A world, and where its job is written down. */
export interface Scene {
  readonly world: World;
  /** Which kind of spot, and which of that kind, both as a fraction of all. */
  readonly picks: readonly (readonly [kind: number, place: number])[];
  readonly instants: readonly number[];
  /** How long it lies about before it is taken up, in ms. */
  readonly later: number;
}

const MANY = 100_000;
// Without bias, or most would be the first or the last.
const fraction = fc.noBias(fc.nat(MANY - 1)).map((n) => n / MANY);

export const scenes = (options: WorldOptions): fc.Arbitrary<Scene> =>
  fc.record({
    world: worlds(options),
    picks: fc.array(fc.tuple(fraction, fraction), { minLength: 4, maxLength: 8, size: 'max' }),
    instants: fc.array(fc.noBias(instant(40)), { minLength: 2, maxLength: 8, size: 'max' }),
    later: fc.oneof(fc.constant(0), fc.nat(60)),
  });

type Seen = Map<Spot, number>;

/** Plays the job of a scene, calls back at each spot where it has not ended, and tells what became of it. */
const watch = async ({ world, instants }: Scene, onSpot: NonNullable<StageOptions['onSpot']>) => {
  const isOpen = ({ job }: Watched): boolean => job.status === 'pending' || isAlive(job);
  const stage = await playVirtually(world, { instants, onSpot: (...at) => isOpen(at[1]) && onSpot(...at) });
  return storyOf(stage);
};

const next = (seen: Seen, spot: Spot): number => {
  const nth = seen.get(spot) ?? 0;
  seen.set(spot, nth + 1);
  return nth;
};

const chosen = ({ picks }: Scene, seen: Seen): ReadonlySet<string> => {
  const kinds = [...seen];
  return new Set(
    picks.map(([kind, place]) => {
      const [spot, count] = kinds[Math.floor(kind * kinds.length)] ?? ['started', 1];
      return `${spot} ${Math.floor(place * count)}`;
    }),
  );
};

/** Writes the job of a scene down at its spots, in one run; that goes on as if nothing had been done to it. */
export const shoot = async (scene: Scene, tamper?: Tamper): Promise<readonly Shot[]> => {
  const seen: Seen = new Map();
  const again: Seen = new Map();
  const undisturbed = await watch(scene, (spot) => next(seen, spot));
  const wanted = chosen(scene, seen);
  const shots: Shot[] = [];
  const story = await watch(scene, (spot, watched, at) => {
    if (!wanted.has(`${spot} ${next(again, spot)}`)) return;
    const written = watched.job.snapshot();
    shots.push({ spot, at, json: JSON.stringify(tamper?.(written, watched) ?? written), behind: behindOf(watched) });
  });
  expectSame(story, undisturbed);
  return shots;
};

/** In the middle of things nobody can tell whether the engine has heard of an end; unless it has told it itself. */
export const behindOf = ({ activations, records }: Watched): readonly Glimpse[] => {
  const told = new Set(records.map((record) => (record.type === 'taskSettled' ? `${record.taskId}#${record.attempt}` : '')));
  const unsure = ({ again, over, key }: Glimpse): boolean => again === 'not' && !over && !told.has(key);
  return activations
    .map((activation) => activation.glimpse())
    .map((glimpse) => (unsure(glimpse) ? { ...glimpse, again: 'may' } : glimpse));
};
