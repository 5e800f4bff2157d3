import assert from 'node:assert/strict';
import type { JobRecord } from '../../lib/index.js';
import type { JobPlan, World } from '../support/arbitrary.js';
import { accountOf, type Show, type Watched } from './stage.js';

/** What holds of every run, whatever the world: of what its watchers see, and of the numbers that are kept. */
export const checkLaws = (stage: Show): void => {
  const watched = stage.watched.filter((each) => each !== undefined);
  for (const each of watched) {
    checkTasks(each.records);
    checkEnd(each);
    checkCounts(each);
    checkTransitions(each);
    const { cap } = stage.world.jobs[Number(each.job.id.slice(1))] as JobPlan;
    const peak = peakOf(each.records);
    assert(peak <= (cap ?? stage.world.workers), `${peak} tasks of one job at once`);
    assert.equal(each.late, 0, 'handlers were called after the end');
  }
  assert(stage.peak <= limitOf(stage.world), `${stage.peak} handlers at once`);
};

const limitOf = ({ workers, jobs }: World): number => Math.max(workers, ...jobs.map(({ cap }) => cap ?? 0));

const isTask = (record: JobRecord) =>
  record.type === 'taskQueued' || record.type === 'taskStarted' || record.type === 'taskSettled' ? record : undefined;

/** A task is queued, started and settled, each once and in this order; what was emitted is told before what it queues. */
const checkTasks = (records: readonly JobRecord[]): void => {
  const stages = new Map<string, string>();
  let announced = 'started';
  for (const record of records) {
    const task = isTask(record);
    if (task === undefined) {
      announced = record.type === 'emitted' ? `${record.routineId}.${record.event}` : announced;
      continue;
    }
    const key = `${task.taskId}#${task.attempt}`;
    assert.equal(stages.get(key), BEFORE[task.type], `${task.type} of ${key}`);
    stages.set(key, task.type);
    const { connection: from } = task;
    if (task.type === 'taskQueued' && task.attempt === 1 && from !== undefined) {
      assert.equal(announced, `${from.sourceId}.${from.sourceEvent}`, `${key} is queued by the latest emission`);
    }
  }
};

const BEFORE = { taskQueued: undefined, taskStarted: 'taskQueued', taskSettled: 'taskStarted' } as const;

const count = (records: readonly JobRecord[], test: (record: JobRecord) => boolean): number => records.filter(test).length;

/** The end is told once and last, with nothing at work; and a job is complete exactly when it is at rest. */
const checkEnd = ({ job, records, progress }: Watched): void => {
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
  assert.equal(records[0]?.type, 'started');
  assert.equal(
    count(records, ({ type }) => type === 'ended'),
    1,
    'ended is told once',
  );
  assert.equal(records.at(-1)?.type, 'ended', 'ended is told last');
  assert.equal(started, settled, 'nothing is at work at the end');
  assert.deepEqual(progress.at(-1), { queued: 0, active: 0, status: job.status });
  assert.equal(job.state.pendingTasks.length, 0, 'nothing waits at the end');
  if (job.status === 'completed') assert.equal(queued, settled, 'everything is done at the end');
};

/** Records, metrics and history tell the same. */
const checkCounts = ({ job: { state }, records }: Watched): void => {
  for (const routineId of Object.keys(state.routineStates)) {
    const told = (outcome: string): number =>
      count(records, (record) => record.type === 'taskSettled' && record.routineId === routineId && record.outcome === outcome);
    const metrics = state.metrics.routine(routineId);
    assert.deepEqual(
      { ...metrics, failed: metrics?.failed },
      {
        ...metrics,
        ...{ completed: told('completed'), skipped: told('skipped'), retried: told('retry'), dropped: told('dropped') },
        failed: told('failed') + told('error_continued'),
      },
    );
    const emitted = Object.values(metrics?.emitted ?? {}).reduce((sum, each) => sum + each, 0);
    const told$ = count(records, (record) => record.type === 'emitted' && record.routineId === routineId);
    assert.equal(emitted, told$, 'emissions in metrics and records');
    const kept = state.history(routineId).filter(({ eventName }) => eventName === 'o' || eventName === 'p').length;
    assert.equal(kept, emitted, 'emissions in the history');
  }
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
