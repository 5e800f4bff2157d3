import type { RoutineStatus } from '../../lib/index.js';
import * as fold from '../../lib/job/fold.js';
import { JobData } from '../../lib/job/JobData.js';
import { RoutineData } from '../../lib/job/RoutineData.js';

const routineOf = (): RoutineData => new RoutineData('r', ['i'], ['o']);

describe('RoutineData', () => {
  it('should be running while a task of it is at work, whatever came before (G51, D7)', () => {
    const routine = routineOf();
    fold.taken(new JobData('job', 'f', 0, 0), routine);
    expect(routine.status).toBe('running');
    fold.endSet(routine, 'failed');
    expect(routine.status).toBe('running');
    fold.settled(routine, 'failed', 1);
    expect(routine.status).toBe('failed');
  });

  it.each<[RoutineStatus, RoutineStatus, RoutineStatus]>([
    ['completed', 'completed', 'completed'],
    ['completed', 'skipped', 'skipped'],
    ['skipped', 'completed', 'skipped'],
    ['completed', 'error_continued', 'error_continued'],
    ['error_continued', 'completed', 'error_continued'],
    ['error_continued', 'failed', 'failed'],
    ['failed', 'completed', 'failed'],
  ])('should not let a success hide an error: %s, then %s, is %s (G51)', (first, second, expected) => {
    const routine = routineOf();
    fold.endSet(routine, first);
    fold.endSet(routine, second);
    expect(routine.status).toBe(expected);
  });

  it.each<[string, boolean, (routine: RoutineData) => void]>([
    ['nothing of it is known', false, () => undefined],
    ['its tasks only waited', false, (routine) => fold.slotWaited(routine, 0, 3)],
    ['a task of it is at work', true, (routine) => fold.taken(new JobData('job', 'f', 0, 0), routine)],
    ['a task of it has ended', true, (routine) => fold.endSet(routine, 'skipped')],
    ['it has only emitted', true, (routine) => Object.assign(routine, { emitted: [1] })],
    ['it waits for a retry', true, (routine) => Object.assign(routine, { retried: 1 })],
  ])('should know whether it has run: %s (D7)', (_, hasRun, happen) => {
    const routine = routineOf();
    happen(routine);
    expect(routine.hasRun).toBe(hasRun);
  });

  it('should show the keys of the routine with those of the engine beside them (G53)', () => {
    const routine = routineOf();
    fold.stateSet(routine, { n: 3 });
    fold.endSet(routine, 'completed');
    expect(routine.view()).toStrictEqual({ n: 3, status: 'completed', retryCount: 0 });
  });

  it('should show error, time of the error and execution time where they apply (G31, G34)', () => {
    const routine = routineOf();
    fold.timed(routine, 12);
    fold.failed(routine, 'error_continued', 2, 'broken', 7);
    expect(routine.view()).toStrictEqual({
      status: 'error_continued',
      retryCount: 2,
      executionTimeMs: 12,
      error: 'broken',
      errorTime: new Date(7),
    });
  });

  it('should not let the keys of a routine stand for those of the engine (G53)', () => {
    const routine = routineOf();
    fold.stateSet(routine, { status: 'mine', retryCount: 99 });
    fold.endSet(routine, 'completed');
    expect(routine.view()).toEqual({ status: 'completed', retryCount: 0 });
  });

  it('should give a copy at every depth (SC041)', () => {
    const routine = routineOf();
    fold.stateSet(routine, { inner: { n: 1 } });
    (routine.view()['inner'] as { n: unknown }).n = 'changed';
    expect(routine.view()['inner']).toEqual({ n: 1 });
  });
});
