import { OpenTasks } from '../../lib/job/OpenTasks.js';
import type { SlotActivationTask } from '../../lib/job/JobRecord.js';
import { type RemainingTask, taskIdOf } from '../../lib/job/RemainingWork.js';
import type { Connection } from '../../lib/index.js';

const CONNECTION: Connection = { sourceId: 's', sourceEvent: 'o', targetId: 't', targetSlot: 'i', mapping: undefined };

/** A task as a record shows it. */
const told = (order: number, more: Partial<SlotActivationTask> = {}): SlotActivationTask => ({
  taskId: taskIdOf('job', order, 0),
  routineId: 't',
  slot: 'i',
  data: { n: order },
  attempt: 1,
  retryCount: (more.attempt ?? 1) - 1,
  ...more,
});

/** A task as a job from elsewhere has it left. */
const left = (order: number, more: Partial<RemainingTask> = {}): RemainingTask => ({
  order,
  place: 0,
  routineId: 't',
  slot: 'i',
  data: { n: order },
  merged: false,
  attempt: 1,
  dueAt: undefined,
  connection: undefined,
  route: undefined,
  ...more,
});

const tasksWith = (...rest: readonly RemainingTask[]): OpenTasks =>
  new OpenTasks('job', rest, ({ order, place }) => taskIdOf('job', order, place));

const orders = (tasks: readonly RemainingTask[]): readonly number[] => tasks.map(({ order }) => order);

/** A job that begins with tasks that wait. */
const waiting = (...numbers: readonly number[]): OpenTasks => {
  const tasks = tasksWith();
  for (const order of numbers) tasks.queued(told(order));
  return tasks;
};

describe('OpenTasks', () => {
  it('should know what waits, and in which order it will run', () => {
    const tasks = waiting(2, 1);
    tasks.delayed(told(4, { dueAt: new Date(20), attempt: 2 }));
    tasks.delayed(told(3, { dueAt: new Date(10), attempt: 2 }));
    expect([orders(tasks.pending), tasks.waiting, tasks.size]).toEqual([[2, 1, 3, 4], 2, 4]);
  });

  it('should begin with what a job has left', () => {
    const tasks = tasksWith(left(2), left(1, { dueAt: new Date(5) }));
    expect([orders(tasks.all), tasks.waiting, tasks.size]).toEqual([[2, 1], 1, 2]);
  });

  it('should show what is at work before what waits, in the order of its numbers', () => {
    const tasks = waiting(1, 2, 3);
    tasks.started(told(3));
    tasks.started(told(2));
    expect([orders(tasks.all), orders(tasks.pending), tasks.size]).toEqual([[2, 3, 1], [1], 3]);
  });

  it('should tell the numbers and the connection of a task, and its place if a connection has brought it', () => {
    const tasks = tasksWith();
    tasks.queued(told(3, { taskId: 'job:3.2', connection: CONNECTION }));
    tasks.queued(told(4));
    expect(tasks.all).toMatchObject([
      { order: 3, place: 2, route: 2, connection: CONNECTION },
      { order: 4, place: 0, route: undefined },
    ]);
  });

  it.each(['completed', 'failed', 'error_continued', 'skipped', 'dropped'] as const)(
    'should forget an attempt that has ended: %s',
    (outcome) => {
      const tasks = waiting(1);
      tasks.started(told(1));
      expect(tasks.settled(told(1), outcome)).toBe(true);
      expect([tasks.all, tasks.size]).toEqual([[], 0]);
    },
  );

  describe('a task that was dropped for want of room', () => {
    it('should not have been at work: it waited', () => {
      const tasks = waiting(1, 2);
      expect(tasks.settled(told(1), 'dropped')).toBe(false);
      expect(orders(tasks.all)).toEqual([2]);
    });

    it('should not have been at work: it was never queued', () => {
      const tasks = waiting(1);
      expect(tasks.settled(told(2), 'dropped')).toBe(false);
      expect(orders(tasks.all)).toEqual([1]);
    });
  });

  describe('a retry', () => {
    it('should be neither at work nor waiting until it is told of, and keep what its slot has taken in', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.takenIn('job:1.0', { merged: 1 });
      tasks.settled(told(1), 'retry');
      expect([tasks.all, tasks.size]).toEqual([[], 0]);
      tasks.delayed(told(1, { attempt: 2, data: { merged: 1 }, dueAt: new Date(9) }));
      expect(tasks.all).toMatchObject([{ attempt: 2, merged: true, data: { merged: 1 }, dueAt: new Date(9) }]);
      tasks.queued(told(1, { attempt: 2, data: { merged: 1 } }));
      expect(tasks.all).toMatchObject([{ attempt: 2, merged: true, dueAt: undefined }]);
    });

    it('should not be touched by what the attempt before it has left behind', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.tracked('job:1.0', 1, 1);
      tasks.settled(told(1), 'retry');
      tasks.started(told(1, { attempt: 2 }));
      tasks.tracked('job:1.0', 1, -1);
      expect(tasks.all).toMatchObject([{ attempt: 2 }]);
      tasks.settled(told(1, { attempt: 2 }), 'completed');
      expect(tasks.all).toEqual([]);
    });
  });

  describe('a task that tracks promises', () => {
    it('should be left to do until the last of them has settled, if its handler has ended well', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.tracked('job:1.0', 1, 1);
      tasks.tracked('job:1.0', 1, 1);
      tasks.settled(told(1), 'completed');
      tasks.tracked('job:1.0', 1, -1);
      expect(orders(tasks.all)).toEqual([1]);
      tasks.tracked('job:1.0', 1, -1);
      expect(tasks.all).toEqual([]);
    });

    it('should be left to do as long as its handler is at work', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.tracked('job:1.0', 1, 1);
      tasks.tracked('job:1.0', 1, -1);
      expect(orders(tasks.all)).toEqual([1]);
    });

    it('should not run again once its failure counts, although its handler is at work', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.failed('job:1.0');
      expect([tasks.all, tasks.size]).toEqual([[], 0]);
      expect(tasks.settled(told(1), 'failed')).toBe(true);
    });

    it('should stay done if it tracks a promise later', () => {
      const tasks = waiting(1);
      tasks.started(told(1));
      tasks.settled(told(1), 'completed');
      tasks.tracked('job:1.0', 1, 1);
      expect(tasks.all).toEqual([]);
    });
  });

  it('should put what waits behind the deferred events', () => {
    const tasks = waiting(1, 2);
    tasks.setAside();
    tasks.queued(told(3));
    expect([orders(tasks.pending), tasks.waiting, tasks.size]).toEqual([[3, 1, 2], 1, 3]);
    tasks.takeBack();
    expect([orders(tasks.pending), tasks.waiting]).toEqual([[3, 1, 2], 3]);
  });

  it('should forget all at the end', () => {
    const tasks = waiting(1, 2, 3);
    tasks.started(told(1));
    tasks.delayed(told(4));
    tasks.setAside();
    tasks.clear();
    expect([tasks.all, tasks.size]).toEqual([[], 0]);
  });
});
