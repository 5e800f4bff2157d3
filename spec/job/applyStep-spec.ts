import { of, scan, toArray } from 'rxjs';
import { JobState } from '../../lib/index.js';
import { applyFact } from '../../lib/job/applyStep.js';
import { JobImage } from '../../lib/job/JobImage.js';
import type { JobRecord, JobRecordBody } from '../../lib/job/JobRecord.js';
import { type RemainingWork, type RemainingTask, WrittenWork } from '../../lib/job/RemainingWork.js';
import { jobIn } from '../support/ledgers.js';

/** A job that has not begun, with tasks to do. */
const seed = (tasks: readonly RemainingTask[] = [], rest: Partial<RemainingWork> = {}): JobImage => {
  const data = jobIn('pending');
  data.source = new WrittenWork({
    structure: '',
    entryRoutineId: 's',
    begun: false,
    cap: 1,
    timeoutMs: 100,
    leftMs: 100,
    limit: { maxQueued: Infinity, overflow: 'block' },
    order: 1,
    tasks,
    ...rest,
  });
  return new JobImage(data);
};

const at = (ms: number, body: JobRecordBody): JobRecord => ({ jobId: 'job', timestamp: new Date(ms), ...body });

const foldedFrom = (job: JobImage, ...records: readonly JobRecord[]): JobImage => records.reduce(applyFact, job);

const folded = (...records: readonly JobRecord[]): JobImage => foldedFrom(seed(), ...records);

const TASK = { taskId: 'job:1.0', routineId: 't', slot: 'i', data: { n: 1 }, attempt: 1, retryCount: 0 };
const SEEN = at(0, { type: 'routineSeen', routineId: 't', slots: ['i', 'j'], events: ['o'] });
const STARTED = at(10, { type: 'started', entryRoutineId: 's', entryParams: { n: 1 } });

describe('applyFact', () => {
  it('should bring a job on in place, so that a scan of its records shows it at each of them', () => {
    const job = seed();
    let jobs: JobImage[] = [];
    of(STARTED, SEEN)
      .pipe(scan(applyFact, job), toArray())
      .subscribe((all) => (jobs = all));
    expect(jobs).toEqual([job, job]);
    expect(jobs[0]).toBe(job);
  });

  it('should begin: with a status, a history, and a clock that runs', () => {
    const { data, ...job } = folded(STARTED);
    expect([data.status, data.updatedAt, data.history.records().length]).toEqual(['running', 10, 1]);
    expect(job).toBeDefined();
    expect(data.source?.remaining()).toMatchObject({ begun: true, leftMs: 100 });
  });

  it('should count the time that a job runs, and not that in which it stands', () => {
    const job = folded(STARTED, at(40, { type: 'paused', pendingTasks: 0 }));
    expect([job.data.status, job.remaining().leftMs]).toEqual(['paused', 70]);
    foldedFrom(job, at(90, { type: 'resumed' }), at(100, { type: 'ended', status: 'completed' }));
    expect([job.data.status, job.remaining().leftMs]).toEqual(['completed', 60]);
  });

  it('should never have less than no time left', () => {
    expect(folded(STARTED, at(500, { type: 'paused', pendingTasks: 0 })).remaining().leftMs).toBe(0);
  });

  it('should note a pause with what the job was doing', () => {
    const job = folded(
      STARTED,
      SEEN,
      at(20, { type: 'taskStarted', ...TASK }),
      at(30, { type: 'paused', reason: 'r', pendingTasks: 2 }),
    );
    expect(job.data.pausePoints).toEqual([
      { timestamp: new Date(30), reason: 'r', checkpoint: undefined, currentRoutineId: 't', pendingTasks: 2 },
    ]);
  });

  describe('a task that was dropped', () => {
    it.each([
      ['never queued', []],
      ['waiting', [at(11, { type: 'taskQueued', ...TASK })]],
    ])('should count as dropped, and not as one that has left: %s', (_, before) => {
      const { data, tasks } = folded(STARTED, SEEN, ...before, at(12, { type: 'taskSettled', outcome: 'dropped', ...TASK }));
      expect(data.routines.get('t')).toMatchObject({ active: 0, dropped: 1, end: 'pending' });
      expect([data.dropped, tasks.size]).toEqual([1, 0]);
    });

    it('should count once if it was at work when the job ended', () => {
      const { data } = folded(
        STARTED,
        SEEN,
        at(11, { type: 'taskQueued', ...TASK }),
        at(12, { type: 'taskStarted', ...TASK }),
        at(13, { type: 'taskSettled', outcome: 'dropped', ...TASK }),
        at(13, {
          ...{ type: 'failureNoted', taskId: TASK.taskId, routineId: 't', outcome: 'dropped', message: 'over' },
          ...{ retryCount: 0, hadSucceeded: false },
        }),
        at(13, { type: 'ended', status: 'cancelled', reason: 'enough' }),
      );
      expect(data.routines.get('t')).toMatchObject({ active: 0, dropped: 1, end: 'failed', error: 'over', errorTime: 13 });
      expect([data.dropped, data.reason]).toEqual([1, 'enough']);
    });
  });

  it('should drop all that is left with an end that is no completion', () => {
    const queued = [1, 2].map((order) => at(11, { type: 'taskQueued', ...TASK, taskId: `job:${order}.0` }));
    const job = folded(STARTED, SEEN, ...queued, at(12, { type: 'ended', status: 'failed', error: new Error('no') as never }));
    expect([job.data.dropped, job.data.error, job.tasks.size]).toEqual([2, new Error('no'), 0]);
  });

  it('should take a stream that failed for a failed task that nobody has seen', () => {
    const { data, tasks } = folded(
      STARTED,
      SEEN,
      at(12, {
        ...{ type: 'failureNoted', taskId: 'job:7.0', routineId: 't', outcome: 'error_continued', message: 'broken' },
        ...{ retryCount: 0, hadSucceeded: false },
      }),
    );
    expect(data.routines.get('t')).toMatchObject({ active: 0, failed: 1, end: 'error_continued', error: 'broken' });
    expect([data.dropped, tasks.size]).toEqual([0, 0]);
  });

  it('should take a stream that ended for a success, which hides no error', () => {
    expect(folded(SEEN, at(1, { type: 'operatorCompleted', routineId: 't' })).data.routines.get('t')).toMatchObject({
      end: 'completed',
    });
    const failed = at(1, {
      ...{ type: 'failureNoted', taskId: 'job:7.0', routineId: 't', outcome: 'skipped', message: 'broken' },
      ...{ retryCount: 0, hadSucceeded: false },
    });
    const both = folded(SEEN, failed, at(2, { type: 'operatorCompleted', routineId: 't' }));
    expect(both.data.routines.get('t')).toMatchObject({ end: 'skipped', completed: 0 });
  });

  it('should keep in a slot what it holds, and for the task what its handler got', () => {
    const taken = { type: 'takenIn', taskId: TASK.taskId, routineId: 't', slot: 'i' } as const;
    const begun = [STARTED, SEEN, at(11, { type: 'taskQueued', ...TASK }), at(12, { type: 'taskStarted', ...TASK })];
    const same = folded(...begun, at(12, { ...taken, data: { n: [1] } }));
    expect([same.data.routines.get('t')?.held[0], same.tasks.all[0]?.data]).toEqual([{ n: [1] }, { n: [1] }]);
    const more = folded(...begun, at(12, { ...taken, data: { n: [1] }, held: { n: [1], old: [2] } }));
    expect([more.data.routines.get('t')?.held[0], more.tasks.all[0]]).toMatchObject([
      { n: [1], old: [2] },
      { data: { n: [1] }, merged: true },
    ]);
  });

  it('should find a place for a slot of which it has not heard', () => {
    const { data } = folded(
      at(1, { type: 'takenIn', taskId: 'job:1.0', routineId: 'u', slot: 'late', data: { n: 1 } }),
      at(1, { type: 'highWater', routineId: 'u', slot: 'later', waiting: 2 }),
    );
    expect(data.routines.get('u')).toMatchObject({ slotNames: ['late', 'later'], highWater: [0, 2] });
    expect(data.routines.get('u')?.held[0]).toEqual({ n: 1 });
  });

  it('should put slots and events of a routine from elsewhere in the places that it has here', () => {
    const held = at(1, { type: 'takenIn', taskId: 'job:1.0', routineId: 't', slot: 'j', data: { n: 1 } });
    const { data } = folded(held, SEEN);
    expect([data.routines.get('t')?.slotNames, data.routines.get('t')?.held]).toEqual([
      ['i', 'j'],
      [undefined, { n: 1 }],
    ]);
  });

  it('should number emissions and what is kept, in the order in which they come', () => {
    const job = folded(
      STARTED,
      SEEN,
      at(11, { type: 'emitted', routineId: 't', event: 'o', data: {} }),
      at(12, { type: 'kept', routineId: 't', eventName: 'error', data: {}, order: 2 }),
      at(13, { type: 'emitted', routineId: 't', event: 'o', data: {} }),
    );
    expect([job.order, job.remaining().order, job.data.routines.get('t')?.emitted]).toEqual([4, 4, [2]]);
  });

  it.each<[string, JobRecordBody]>([
    ['queued', { type: 'taskQueued', ...TASK, taskId: 'job:4.0' }],
    ['dropped for want of room', { type: 'taskSettled', outcome: 'dropped', ...TASK, taskId: 'job:4.0' }],
    [
      'failed',
      {
        ...{ type: 'failureNoted', taskId: 'job:4.0', routineId: 't', outcome: 'skipped', message: 'no' },
        ...{ retryCount: 0, hadSucceeded: false },
      },
    ],
  ])('should give the number of what a stream has brought to nothing else: %s', (_, body) => {
    const job = folded(STARTED, SEEN, at(11, body));
    expect(job.remaining().order).toBe(5);
    foldedFrom(job, at(12, { type: 'taskQueued', ...TASK, taskId: 'job:2.0' }));
    expect(job.remaining().order).toBe(5);
  });

  it('should let deferred events pass before what waits', () => {
    const deferred = at(11, { type: 'deferred', routineId: 's', event: 'o', data: {} });
    const queued = (order: number, ms: number): JobRecord => at(ms, { type: 'taskQueued', ...TASK, taskId: `job:${order}.0` });
    const job = folded(
      STARTED,
      SEEN,
      queued(1, 11),
      deferred,
      at(12, { type: 'paused', pendingTasks: 1 }),
      at(13, { type: 'resumed' }),
    );
    foldedFrom(job, queued(2, 13), at(13, { type: 'deferredEmitted', count: 1 }));
    expect([job.waiting().map(({ order }) => order), job.data.deferred, job.data.highWater]).toEqual([[2, 1], [], 2]);
  });

  it('should let a warning change nothing', () => {
    const job = folded(STARTED);
    const before = new JobState(job.data).toJSON();
    foldedFrom(job, at(11, { type: 'warning', message: 'm' }));
    expect(new JobState(job.data).toJSON()).toEqual(before);
  });
});
