import assert from 'node:assert/strict';
import type { JobRecord, SlotActivationTask } from '../../lib/index.js';
import { type JobPlan, SLOTS, type World } from '../support/arbitrary.js';
import { accountOf, glimpsesOf, type Show, type Watched } from './stage.js';

/** What holds of every run, whatever the world: of what its watchers see, and of the numbers that are kept. */
export const checkLaws = (stage: Show): void => {
  const tracks = stage.world.routines.some(({ slots }) =>
    SLOTS.some((slot) => slots[slot].steps.some((step) => step.do === 'track')),
  );
  for (const each of stage.segments) {
    checkTasks(each);
    checkEnd(each);
    checkCounts(each, tracks);
    checkTransitions(each);
    if (each.taken !== undefined) checkHistory(each);
    if (each === stage.watched[each.place]) checkRepeats(each);
    const { cap } = stage.world.jobs[each.place] as JobPlan;
    const peak = peakOf(each.records);
    assert(peak <= (cap ?? stage.world.workers), `${peak} tasks of one job at once`);
    assert.equal(each.late, 0, 'handlers were called after the end');
  }
  assert(stage.peak <= limitOf(stage.world), `${stage.peak} handlers at once`);
};

const limitOf = ({ workers, jobs }: World): number => Math.max(workers, ...jobs.map(({ cap }) => cap ?? 0));

const isTask = (record: JobRecord) =>
  record.type === 'taskQueued' || record.type === 'taskStarted' || record.type === 'taskSettled' ? record : undefined;

/**
 * A task is queued, started and settled, each once and in this order; what was emitted is told before what it queues or puts off, and what
 * was put off is queued later.
 */
const checkTasks = ({ records, taken }: Watched): void => {
  const stages = new Map<string, string>(taken?.queued.map((key) => [key, 'taskQueued']));
  const late = new Set(taken?.late);
  let announced = 'started';
  for (const record of records) {
    if (record.type === 'emitted') announced = `${record.routineId}.${record.event}`;
    if (record.type === 'taskDelayed' || record.type === 'taskQueued') {
      const key = nameOf(record);
      if (!late.has(key)) checkAnnounced(record, announced);
      if (record.type === 'taskDelayed') late.add(key);
    }
    const task = isTask(record);
    if (task === undefined) continue;
    const key = nameOf(task);
    assert.equal(stages.get(key), BEFORE[task.type], `${task.type} of ${key}`);
    stages.set(key, task.type);
  }
};

const nameOf = ({ taskId, attempt }: SlotActivationTask): string => `${taskId}#${attempt}`;

const checkAnnounced = (task: SlotActivationTask, announced: string): void => {
  const { connection: from, attempt } = task;
  if (attempt === 1 && from !== undefined)
    assert.equal(announced, `${from.sourceId}.${from.sourceEvent}`, `${nameOf(task)} comes of the latest emission`);
};

const BEFORE = { taskQueued: undefined, taskStarted: 'taskQueued', taskSettled: 'taskStarted' } as const;

const NO_PROGRESS = { done: 0 };

const count = (records: readonly JobRecord[], test: (record: JobRecord) => boolean): number => records.filter(test).length;

/** The end is told once and last, with nothing at work; and a job is complete exactly when it is at rest. */
const checkEnd = ({ job, records, progress, taken }: Watched): void => {
  const [queued, started, settled] = (['taskQueued', 'taskStarted', 'taskSettled'] as const).map((type) =>
    count(records, (record) => record.type === type),
  ) as [number, number, number];
  if (job.status === 'paused') {
    assert.equal(started, settled, 'a paused job is quiet');
    assert.equal(
      count(records, ({ type }) => type === 'ended'),
      0,
    );
    return;
  }
  assert.equal(records[0]?.type, taken === undefined ? 'started' : 'resumed');
  assert.equal(
    count(records, ({ type }) => type === 'ended'),
    1,
    'ended is told once',
  );
  assert.equal(records.at(-1)?.type, 'ended', 'ended is told last');
  assert.equal(started, settled, 'nothing is at work at the end');
  const { done, ...last } = progress.at(-1) ?? NO_PROGRESS;
  assert.deepEqual(last, { queued: 0, active: 0, status: job.status, pausing: false });
  const ends = count(records, (record) => record.type === 'taskSettled' && record.outcome !== 'retry');
  if (taken === undefined) assert.equal(done, ends, 'as many are told as done as have ended');
  assert.equal(job.state.pendingTasks.length, 0, 'nothing waits at the end');
  if (job.status === 'completed') assert.equal(queued + (taken?.queued.length ?? 0), settled, 'everything is done at the end');
};

/** Records, metrics and history tell the same. */
const checkCounts = ({ job: { state }, records, taken }: Watched, tracks: boolean): void => {
  for (const routineId of Object.keys(state.routineStates)) {
    const before = taken?.metrics[routineId];
    const told = (outcome: string): number =>
      count(records, (record) => record.type === 'taskSettled' && record.routineId === routineId && record.outcome === outcome);
    const metrics = state.metrics.routine(routineId);
    const since = (counter: Counter): number => (metrics?.[counter] ?? 0) - (before?.[counter] ?? 0);
    assert.deepEqual(
      [since('retried'), since('dropped')],
      [told('retry'), told('dropped')],
      `retried and dropped of ${routineId}`,
    );
    const ends = [told('completed'), told('skipped'), told('failed') + told('error_continued')];
    // A promise that is left behind may fail when its task has long been told as completed.
    if (!tracks) assert.deepEqual([since('completed'), since('skipped'), since('failed')], ends, `ends of ${routineId}`);
    assert.equal(
      since('total'),
      ends.reduce((sum, each) => sum + each),
      `all ends of ${routineId}`,
    );
    const emitted = sumOf(metrics?.emitted);
    const told$ = count(records, (record) => record.type === 'emitted' && record.routineId === routineId);
    assert.equal(emitted - sumOf(before?.emitted), told$, 'emissions in metrics and records');
    const kept = state.history(routineId).filter(({ eventName }) => eventName === 'o' || eventName === 'p').length;
    assert.equal(kept, emitted, 'emissions in the history');
  }
};

type Counter = 'total' | 'completed' | 'skipped' | 'failed' | 'retried' | 'dropped';

const sumOf = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

/** Over all stretches of a job: an attempt runs once, and once more for each time that it was written down in the middle. */
const checkRepeats = (watched: Watched): void => {
  const all = glimpsesOf(watched);
  const seen = countOf(all.map(keyOf));
  const behind = watched.taken?.behind ?? [];
  const [must, may] = (['must', 'may'] as const).map((again) =>
    countOf(behind.filter((each) => each.again === again).map(keyOf)),
  );
  for (const [key, times] of seen) {
    const least = 1 + (must?.get(key) ?? 0);
    const most = least + (may?.get(key) ?? 0);
    assert(times <= most, `${key} ran ${times} times, at most ${most} are right`);
    if (watched.job.status === 'completed') assert(times >= least, `${key} ran ${times} times, at least ${least} are right`);
  }
};

const keyOf = ({ key }: { readonly key: string }): string => key;

export const countOf = (keys: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

/** A history has no gap and tells nothing twice, also over several flows. */
const checkHistory = ({ job }: Watched): void => {
  const orders = job.snapshot().history.map(({ order }) => order);
  assert.deepEqual(orders, [...orders.keys()], 'the numbers of the history');
};

const NEXT: Readonly<Record<string, readonly string[]>> = {
  pending: ['running'],
  running: ['running', 'paused', 'completed', 'failed', 'cancelled'],
  paused: ['paused', 'running', 'cancelled'],
};

/** The status goes only where it may. */
const checkTransitions = ({ progress }: Watched): void => {
  for (const [at, { status }] of progress.entries()) {
    const next = progress[at + 1];
    if (next !== undefined) assert(NEXT[status]?.includes(next.status), `${status} → ${next.status}`);
  }
};

const peakOf = (records: readonly JobRecord[]): number => {
  let [atWork, peak] = [0, 0];
  for (const { type } of records) {
    if (type === 'taskStarted') peak = Math.max(peak, ++atWork);
    else if (type === 'taskSettled') atWork--;
  }
  return peak;
};

/** What the engine made of a world, to set beside the model's story. */
export const storyOf = ({ watched, turns }: Show) => ({
  accounts: watched.map((each) => each && accountOf(each)),
  turns,
});
