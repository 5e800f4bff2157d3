import fc from 'fast-check';
import {
  type Act,
  type Deed,
  DEEDS,
  type Kind,
  KINDS,
  type Mess,
  type Site,
  SITES,
  type SlotPlan,
  type Step,
  STEPS,
} from './Mess.js';

const of = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(count: number, each: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(each, { minLength: count, maxLength: count });
const upTo = <T>(maxLength: number, each: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(each, { minLength: 1, maxLength, size: 'max' });

const sites: fc.Arbitrary<Site> = of(...SITES);
/** Of these there is one in most messes. */
const usual: fc.Arbitrary<Site> = of<Site>('handler', 'afterAwait', 'update', 'merge', 'payload', 'teardown', 'record', 'status');

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: of<Deed>(...DEEDS.filter((deed) => !deed.startsWith('shutdown'))) },
  {
    weight: 4,
    arbitrary: of<Deed>('cancelOwn', 'cancel', 'cancelOne', 'snapshot', 'snapshot', 'move', 'pauseOwn', 'emit', 'throw'),
  },
  { weight: 1, arbitrary: of<Deed>('shutdown', 'shutdownNow') },
);

const steps: fc.Arbitrary<Step> = of<Step>(...STEPS, 'emit', 'emit', 'emit', 'update', 'track', 'listen');

/**
 * A mess in which callbacks, deeds, kinds and steps are chosen from a few of each: so that what it takes to break something
 * comes together in one mess more often.
 */
interface Swarm extends Omit<Mess, 'slots' | 'acts'> {
  readonly deeds: readonly Deed[];
  readonly kinds: readonly Kind[];
  readonly steps: readonly Step[];
  readonly slots: readonly (Omit<SlotPlan, 'kind' | 'steps'> & { readonly kind: number; readonly steps: readonly number[] })[];
  readonly acts: readonly (Omit<Act, 'does'> & { readonly does: number })[];
}

const swarms: fc.Arbitrary<Swarm> = fc.record({
  workers: fc.integer({ min: 1, max: 4 }),
  jobs: fc.integer({ min: 1, max: 3 }),
  emitMode: of('immediate', 'commit'),
  isolation: of('shallow', 'freeze', 'clone'),
  asyncContext: of('auto', 'off'),
  unhandledErrors: of('stop', 'record'),
  isVirtual: fc.boolean(),
  timeoutMs: of(Infinity, Infinity, 30, 3),
  overflow: of(undefined, undefined, undefined, undefined, undefined, 'block', 'error', 'dropOldest', 'dropNewest'),
  strategy: of(undefined, 'stop', 'continue', 'continue', 'skip', 'retry', 'retry', 'retry'),
  delayMs: of(0, 2),
  metrics: fc.boolean(),
  history: of(1_000, 1_000, 3),
  pausedLimit: of(1_000, 1_000, 1),
  operator: of(undefined, undefined, 'replay', 'lost', 'late'),
  source: of(undefined, undefined, 'iterator', 'async', 'observable'),
  sites: fc.tuple(usual, usual, sites, sites, sites),
  deeds: some(4, deeds),
  kinds: some(2, of(...KINDS)),
  steps: some(4, steps),
  slots: some(
    4,
    fc.record({
      merge: of('override', 'append', 'own'),
      codec: fc.boolean(),
      maxQueued: of(undefined, undefined, 1, 2),
      kind: fc.nat(1),
      steps: upTo(6, fc.nat(3)),
    }),
  ),
  acts: upTo(24, fc.record({ skip: fc.nat(4), does: fc.nat(3), who: of(0, 0, 0, 1, 2, 3) })),
});

const toMess = ({ deeds: all, kinds, steps: few, slots, acts, ...mess }: Swarm): Mess => ({
  ...mess,
  slots: slots.map((slot) => ({
    ...slot,
    kind: kinds[slot.kind] as Kind,
    steps: slot.steps.map((step) => few[step] as Step),
  })),
  acts: acts.map((act) => ({ ...act, does: all[act.does] as Deed })),
});

/** Random messes. */
export const messes: fc.Arbitrary<Mess> = swarms.map(toMess);
