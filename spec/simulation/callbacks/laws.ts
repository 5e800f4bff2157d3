import assert from 'node:assert/strict';
import { type Flow, JobState } from '../../../lib/index.js';
import { isFinal } from '../../../lib/job/JobStatus.js';
import { turn } from '../../support/virtualTime.js';
import { counted, flowOn } from './flow.js';
import { Ground, type Shot } from './Ground.js';
import type { Watched } from './Watched.js';

/** What must hold when a mess is over, whatever was done in it. */
export const checkGround = async (ground: Ground): Promise<void> => {
  for (const watched of ground.jobs) checkEnd(watched);
  if (ground.faults.length > 0) throw ground.faults[0];
  assert.equal(ground.unanswered, 0, `${ground.unanswered} calls were not answered`);
  assert.equal(ground.clock.timers.size, 0, `${ground.clock.timers.size} timers still run`);
  assert.equal(ground.open, 0, `${ground.open} streams are still open`);
  for (const flow of ground.flows) await checkWorkers(flow, ground);
  for (const shot of fewOf(ground.shots)) await checkShot(shot, ground);
};

// ── jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A job has ended, once, with nothing left over. */
const checkEnd = (watched: Watched): void => {
  const { id, status } = watched.job;
  assert.ok(isFinal(status), `${id} hangs: it is ${status}`);
  watched.noteEnd();
  watched.read();
  if (watched.wasOver) return;
  checkRecords(watched);
  checkStatuses(watched);
};

const checkRecords = (watched: Watched): void => {
  const { records, job } = watched;
  const ends = records.filter(({ type }) => type === 'ended');
  assert.equal(ends.length, 1, `${job.id} has ended ${ends.length} times`);
  assert.equal(records.at(-1), ends[0], `${job.id} tells of something after its end`);
  assert.equal((ends[0] as { status?: unknown }).status, job.status, `${job.id} is told to have another end`);
  checkTasks(watched);
};

const checkStatuses = ({ job: { id, status }, statuses, completions, isAwaited, dones }: Watched): void => {
  assert.deepEqual(statuses.filter(isFinal), [status], `${id} had the statuses ${statuses.join()}`);
  assert.equal(completions, 1, `the statuses of ${id} completed ${completions} times`);
  assert.equal(dones, isAwaited ? 1 : 0, `done of ${id} resolved ${dones} times`);
};

/** What has started has settled, and nothing settles twice. */
const checkTasks = ({ job, records }: Watched): void => {
  const atWork = new Set<string>();
  const settled = new Set<string>();
  for (const record of records) {
    if (record.type === 'taskStarted') {
      assert.ok(!atWork.has(record.taskId) && !settled.has(record.taskId), `${record.taskId} has started twice`);
      atWork.add(record.taskId);
    } else if (record.type === 'taskSettled') {
      const { taskId, outcome } = record;
      assert.ok(!settled.has(taskId), `${taskId} has settled twice`);
      assert.ok(atWork.delete(taskId) || outcome === 'dropped', `${taskId} has settled, and never started`);
      if (outcome !== 'retry') settled.add(taskId);
    }
  }
  assert.equal(atWork.size, 0, `${[...atWork].join()} of ${job.id} has never settled`);
};

// ── workers ───────────────────────────────────────────────────────────────────────────────────────────────────────

const CALM_JOBS = 20;

/** As many workers as there are to be, and all of them free. */
const checkWorkers = async (flow: Flow, { shut, clock, mess }: Ground): Promise<void> => {
  assert.deepEqual(flow.jobs, [], 'the flow still holds jobs');
  if (shut.has(flow) || mess.acts.some(({ does }) => does === 'shutdown')) return;
  counted.active = counted.peak = 0;
  const jobs = Array.from({ length: CALM_JOBS }, () => flow.start('census'));
  for (let left = 200; left > 0 && flow.jobs.length > 0; left--) {
    clock.step(clock.time.frame);
    await turn();
  }
  const bad = jobs.filter(({ status }) => status !== 'completed');
  assert.equal(bad.length, 0, `${bad.length} of ${CALM_JOBS} calm jobs are ${bad[0]?.status ?? ''}`);
  assert.equal(counted.peak, flow.maxWorkers, `${counted.peak} workers, not ${flow.maxWorkers}`);
};

// ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The first, the last, and one between. */
const fewOf = (shots: readonly Shot[]): readonly Shot[] => [
  ...new Set([0, shots.length >> 1, shots.length - 1].flatMap((at) => shots[at] ?? [])),
];

interface Seen {
  readonly open: ReadonlySet<string>;
  readonly settled: ReadonlySet<string>;
}

/** What the records tell up to the first mark of a shot, or the second. */
const seenAt = ({ watched: { first, records }, number }: Shot, edge: 0 | 1): Seen => {
  const open = new Set(first);
  const settled = new Set<string>();
  let left = edge;
  for (const record of records) {
    if (record.type === 'warning' && record.message === `mark ${number}` && left-- === 0) return { open, settled };
    if (record.type === 'taskQueued' || record.type === 'taskStarted') open.add(record.taskId);
    if (record.type === 'taskSettled' && record.outcome !== 'retry' && open.delete(record.taskId)) settled.add(record.taskId);
  }
  return assert.fail(`mark ${number} was not told`);
};

/** The tasks that run if a job is taken up, on calm ground, from what was written. */
const ranFrom = async (shot: Shot, { mess }: Ground): Promise<ReadonlySet<string>> => {
  const calm = new Ground(mess, true);
  const flow = flowOn(calm);
  const state = JobState.fromJSON(JSON.stringify(shot.written));
  const job = flow.resume(state, { remap: {}, timeoutMs: Infinity, maxQueued: Infinity });
  const ran = new Set<string>();
  job.record$.subscribe((record) => {
    if (record.type === 'taskStarted') ran.add(record.taskId);
  });
  await calm.settle();
  assert.ok(isFinal(job.status), `${job.id} hangs where it was taken up: it is ${job.status}`);
  return ran;
};

/** What had not settled when a job was written down runs where it is taken up, and what had settled does not. */
const checkShot = async (shot: Shot, ground: Ground): Promise<void> => {
  const [before, after] = [seenAt(shot, 0), seenAt(shot, 1)];
  const ran = await ranFrom(shot, ground);
  const open = [...before.open].filter((id) => after.open.has(id) && !ground.rejected.has(id));
  const lost = [...open, ...(shot.asked === undefined ? [] : [shot.asked])].filter((id) => !ran.has(id));
  const again = [...before.settled].filter((id) => ran.has(id) && !ground.tracked.has(id));
  assert.deepEqual({ lost, again }, { lost: [], again: [] });
};
