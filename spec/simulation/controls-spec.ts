import { disturbances, jobs, type World, type WorldOptions } from '../support/arbitrary.js';
import type { Faults } from '../support/model.js';
import type { JobRecord } from '../../lib/index.js';
import { rejection } from '../support/thrown.js';
import { brokenLaw, holds, playsAsPredicted, TIMED, workers } from './holds.js';
import { checkLaws } from './laws.js';
import { playVirtually, type Stage } from './stage.js';
import { TAMPERED as LOST } from './tamper.js';

const moved = jobs(1, { disturbances: disturbances(['move', 'pause', 'resume']) });

const FAULTS: readonly [string, Faults, WorldOptions][] = [
  ['takes the newest task first', { take: (queue) => queue.pop() }, {}],
  ['loses every seventh delivery', { delivers: (deliveries) => deliveries % 7 !== 0 }, {}],
  ['counts a retry twice', { triesPerRetry: 2 }, {}],
  ['forgets what a slot holds', { forgetsMerges: true }, {}],
  ['forgets what was at work when a job was written down', { atWork: () => [] }, { jobs: moved }],
  ['lets the job that came last go first', { nextJob: (ring) => ring.pop() }, { jobs: jobs(4) }],
];

/** One job: two routines, three tasks, one of which failed and was continued. */
const played = (): Promise<Stage> =>
  playVirtually({
    ...{
      workers: 1,
      policy: undefined,
      unhandledErrors: 'record',
      emitMode: 'immediate',
      isolation: 'shallow',
      asyncContext: 'off',
    },
    routines: [
      {
        policy: undefined,
        slots: {
          trigger: { merge: 'override', kind: 'sync', split: 1, steps: [emit, emit] },
          side: { merge: 'override', kind: 'sync', split: 1, steps: [{ do: 'throw', every: 1, rest: 0, upTo: 9, range: false }] },
        },
      },
    ],
    links: [{ from: 0, event: 'o', to: 0, slot: 'side', renames: undefined }],
    jobs: [{ fuel: 9, n: 1, startAt: 0, cap: undefined, timeoutMs: 1_000, disturbances: [] }],
  });

const emit = { do: 'emit', event: 'o', add: 1, keys: 0, byRoutine: false } as const;

type Tamper = (records: JobRecord[]) => void;

const find = (records: JobRecord[], type: JobRecord['type']): number => records.findIndex((record) => record.type === type);
const without =
  (type: JobRecord['type']): Tamper =>
  (records) =>
    void records.splice(find(records, type), 1);
const twice =
  (type: JobRecord['type']): Tamper =>
  (records) =>
    void records.splice(find(records, type), 0, records[find(records, type)] as JobRecord);

const TAMPERED: readonly [string, Tamper][] = [
  ['a settled task is missing', without('taskSettled')],
  ['a started task is missing', without('taskStarted')],
  ['a queued task is missing', without('taskQueued')],
  ['an emission is missing', without('emitted')],
  ['a task settles twice', twice('taskSettled')],
  ['a task starts twice', twice('taskStarted')],
  ['the end is told twice', twice('ended')],
  ['the end is not told', without('ended')],
  ['something is told after the end', (records) => void records.push(records[1] as JobRecord)],
  [
    'the emission is told after its task',
    (records) => void records.splice(find(records, 'emitted') + 1, 0, ...records.splice(find(records, 'emitted'), 1)),
  ],
];

const hasOneMore = async (world: World): Promise<void> => {
  const { flow, watched, segments, turns, peak } = await playVirtually({ ...world, workers: world.workers + 1 });
  checkLaws({ flow, watched, segments, turns, peak, world });
};

describe('what the properties would notice', () => {
  it.each(FAULTS)('should fail where the model %s', async (_, faults, options) => {
    const property = holds({ kinds: TIMED, ...options }, playsAsPredicted(faults), { endOnFailure: true });
    await expect(property).rejects.toThrow(/Property failed after \d+ tests\s+{ seed: -?\d+, path: /);
  });

  it.each(LOST)('should fail where a job is written down and %s', async (_, tamper) => {
    const options = { kinds: TIMED, busy: true, workers, jobs: moved };
    expect(await brokenLaw(holds(options, playsAsPredicted({}, { tamper }), { endOnFailure: true }))).toMatch(/^law: /);
  });

  it('should fail where the engine has a worker more than it may have', async () => {
    const property = holds({ kinds: TIMED, workers, jobs: jobs(3) }, hasOneMore, { endOnFailure: true });
    const { cause } = (await rejection(property)) as Error;
    expect(cause).toHaveProperty('message', expect.stringMatching(/\d tasks of one job at once|\d handlers at once/));
  });

  it('should find nothing wrong with a run as it is', async () => {
    const stage = await played();
    expect(() => {
      checkLaws(stage);
    }).not.toThrow();
  });

  it.each(TAMPERED)('should break a law where %s', async (_, tamper) => {
    const stage = await played();
    tamper(stage.watched[0]?.records ?? []);
    expect(() => {
      checkLaws(stage);
    }).toThrow();
  });
});
