import fc from 'fast-check';
import { applyFact } from '../../lib/job/applyStep.js';
import { JobImage } from '../../lib/job/JobImage.js';
import { type JobRecord, type JobSnapshot, JobState } from '../../lib/index.js';
import { readJob } from '../../lib/wire/readJob.js';
import {
  disturbances,
  type Disturbing,
  jobs,
  limits,
  patience,
  runs,
  type World,
  type WorldOptions,
  worlds,
} from '../support/arbitrary.js';
import { ANY, brokenLaw, instant, TIMED, timeoutMs, workers } from './holds.js';
import { playVirtually, type Watched } from './stage.js';

type Drop = (record: JobRecord) => boolean;

const none: Drop = () => false;

/** Whether a task ends that had not begun: no job of these worlds drops one that waits in any other way. */
const isShed: Drop = (record) => record.type === 'taskSettled' && record.outcome === 'dropped' && record.error === undefined;

const bySlot = <T extends { readonly slot: string }>(slots: readonly T[]): readonly T[] =>
  [...slots].sort((a, b) => a.slot.localeCompare(b.slot));

type Task = JobSnapshot['pendingTasks'][number];

/** Retries that are due in the same ms, as a date tells it, stand in no order. */
const inOrder = (tasks: readonly Task[]): readonly Task[] => [
  ...tasks.filter(({ dueAt }) => dueAt === undefined),
  ...tasks
    .filter(({ dueAt }) => dueAt !== undefined)
    .sort((a, b) => `${a.dueAt} ${a.taskId}`.localeCompare(`${b.dueAt} ${b.taskId}`)),
];

/**
 * What the snapshot of a job says; the slots of a routine stand in no order, nor do connections, and of the time that is left see
 * below.
 */
const said = ({ connections, ...snapshot }: JobSnapshot): unknown => ({
  ...snapshot,
  pendingTasks: inOrder(snapshot.pendingTasks).map((task) => ({ ...task, connection: connections[task.connection ?? NaN] })),
  routineStates: snapshot.routineStates.map((state) => ({
    ...state,
    slots: bySlot(state.slots),
    highWater: state.highWater && bySlot(state.highWater),
  })),
  run: snapshot.run && { ...snapshot.run, leftMs: undefined },
});

const leftMs = ({ run }: JobSnapshot): number => (run === undefined ? 0 : Number(run.leftMs));

/** Records carry whole ms, and each stretch of a job may be told one short or long; while the job runs its clock does. */
const expectSameTime = (folded: JobSnapshot, { job, records }: Watched): void => {
  if (job.status === 'running') return;
  const stretches = 1 + records.filter(({ type }) => type === 'resumed' || type === 'unparked').length;
  expect(Math.abs(leftMs(folded) - leftMs(job.snapshot()))).toBeLessThan(stretches);
};

/** The job that its records make of what it was at first. */
const folded = (seed: JobSnapshot, records: readonly JobRecord[], drop: Drop): JobSnapshot => {
  const job = new JobImage(readJob(JSON.stringify(seed)));
  records.filter((record) => !drop(record)).reduce(applyFact, job);
  return new JobState(job.data).toJSON();
};

const expectSameState = (seed: JobSnapshot, watched: Watched, drop: Drop): void => {
  const { job, records } = watched;
  const made = folded(seed, records, drop);
  expect(said(made)).toEqual(said(job.snapshot()));
  expectSameTime(made, watched);
};

interface Scene {
  readonly world: World;
  readonly instants: readonly number[];
}

/** Plays a world: at each instant, and at the end, the records of each job add up to its state, from where it was started or taken up. */
const addsUp =
  (drop: Drop = none) =>
  async ({ world, instants }: Scene): Promise<void> => {
    const seeds = new Map<Watched, JobSnapshot>();
    const check = (watched: Watched): void => {
      const seed = seeds.get(watched);
      if (seed !== undefined) expectSameState(seed, watched, drop);
    };
    const stage = await playVirtually(world, {
      instants,
      onSpot: (spot, watched) => {
        if (spot === 'started') seeds.set(watched, watched.job.snapshot());
        else if (spot === 'instant') check(watched);
      },
    });
    stage.segments.forEach(check);
  };

const scenes = (options: WorldOptions): fc.Arbitrary<Scene> =>
  fc.record({
    world: worlds(options),
    instants: fc.array(fc.noBias(instant(40)), { minLength: 1, maxLength: 5, size: 'max' }),
  });

const holds = (options: WorldOptions, drop?: Drop, parameters: fc.Parameters<[Scene]> = {}): Promise<void> =>
  fc.assert(fc.asyncProperty(scenes(options), addsUp(drop)), { numRuns: Math.ceil(runs / 4), ...parameters });

const DISTURBING: readonly Disturbing[] = ['pause', 'resume', 'move', 'leave', 'carry', 'cancel'];

const ROUGH: WorldOptions = {
  kinds: TIMED,
  drastic: true,
  workers,
  jobs: jobs(2, { timeoutMs, disturbances: disturbances(DISTURBING) }),
};
const WHOLE: WorldOptions = { ...ROUGH, kinds: ANY, emitMode: 'commit', tracks: true };
const STREAMING: WorldOptions = { ...ROUGH, streams: true };
const ASKING: WorldOptions = { ...ROUGH, asks: true, tracks: true };
const LIMITED: WorldOptions = {
  ...ROUGH,
  limits: true,
  jobs: jobs(2, { timeoutMs, disturbances: disturbances(DISTURBING), limit: fc.option(limits, { nil: undefined }) }),
};

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('the records of a job', () => {
  it(
    'should add up to its state, from its start, and from a snapshot if it was moved, whatever becomes of it',
    () => holds(ROUGH),
    patience,
  );

  it("should do so too with emitMode 'commit' and promises left behind", () => holds(WHOLE), patience);

  it('should do so too if only so many tasks may wait, with every overflow', () => holds(LIMITED), patience);

  it('should do so too if handlers ask questions', () => holds(ASKING), patience);

  it('should do so too if routines keep streams, some of which fail', () => holds(STREAMING), patience);

  it.each<JobRecord['type']>([
    'started',
    'routineSeen',
    'emitted',
    'taskQueued',
    'taskDelayed',
    'taskStarted',
    'takenIn',
    'timed',
    'taskSettled',
    'failureNoted',
    'kept',
    'tracked',
    'untracked',
    'stateSet',
    'sharedSet',
    'sharedLogged',
    'output',
    'deferred',
    'deferredEmitted',
    'paused',
    'resumed',
    'parked',
    'unparked',
    'ended',
  ])(
    'should not do so without %s',
    async (type) => {
      const control = holds(WHOLE, (record) => record.type === type, { seed: 1, endOnFailure: true, numRuns: 1_000 });
      expect(await brokenLaw(control)).not.toBe('');
    },
    patience,
  );

  it.each<JobRecord['type']>(['waiting', 'answered', 'expired'])(
    'should not do so without %s, if handlers ask questions',
    async (type) => {
      const control = holds(ASKING, (record) => record.type === type, { seed: 1, endOnFailure: true, numRuns: 1_000 });
      expect(await brokenLaw(control)).not.toBe('');
    },
    patience,
  );

  it(
    'should not do so without operatorCompleted, if routines keep streams',
    async () => {
      const control = holds(STREAMING, ({ type }) => type === 'operatorCompleted', {
        seed: 1,
        endOnFailure: true,
        numRuns: 1_000,
      });
      expect(await brokenLaw(control)).not.toBe('');
    },
    patience,
  );

  it.each<[string, Drop]>([
    ['highWater', ({ type }) => type === 'highWater'],
    ['the record of a task for which there was no room', isShed],
  ])(
    'should not do so without %s, if only so many tasks may wait',
    async (_, drop) => {
      const control = holds(LIMITED, drop, { seed: 1, endOnFailure: true, numRuns: 1_000 });
      expect(await brokenLaw(control)).not.toBe('');
    },
    patience,
  );
});
