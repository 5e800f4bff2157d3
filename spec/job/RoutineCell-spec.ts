import type { RoutineStatus } from '../../lib/index.js';
import * as fold from '../../lib/job/fold.js';
import { JobData } from '../../lib/job/JobData.js';
import { RoutineCell } from '../../lib/job/RoutineCell.js';

const cellOf = (): RoutineCell => new RoutineCell('r', ['i'], ['o']);

describe('RoutineCell', () => {
  it('should be running while a task of it is at work, whatever came before (G51, D7)', () => {
    const cell = cellOf();
    fold.taken(new JobData('job', 'f', 0, 0), cell);
    expect(cell.status).toBe('running');
    fold.ended(cell, 'failed');
    expect(cell.status).toBe('running');
    fold.left(cell);
    expect(cell.status).toBe('failed');
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
    const cell = cellOf();
    fold.ended(cell, first);
    fold.ended(cell, second);
    expect(cell.status).toBe(expected);
  });

  it('should show the keys of the routine with those of the engine beside them (G53)', () => {
    const cell = cellOf();
    fold.stateSet(cell, { n: 3 });
    fold.ended(cell, 'completed');
    expect(cell.view()).toStrictEqual({ n: 3, status: 'completed', retryCount: 0 });
  });

  it('should show error, time of the error and execution time where they apply (G31, G34)', () => {
    const cell = cellOf();
    fold.timed(cell, 12);
    fold.failed(cell, 'error_continued', 2, 'broken', 7);
    expect(cell.view()).toStrictEqual({
      status: 'error_continued',
      retryCount: 2,
      executionTimeMs: 12,
      error: 'broken',
      errorTime: new Date(7),
    });
  });

  it('should not let the keys of a routine stand for those of the engine (G53)', () => {
    const cell = cellOf();
    fold.stateSet(cell, { status: 'mine', retryCount: 99 });
    fold.ended(cell, 'completed');
    expect(cell.view()).toEqual({ status: 'completed', retryCount: 0 });
  });

  it('should give a copy at every depth (SC041)', () => {
    const cell = cellOf();
    fold.stateSet(cell, { inner: { n: 1 } });
    (cell.view()['inner'] as { n: unknown }).n = 'changed';
    expect(cell.view()['inner']).toEqual({ n: 1 });
  });
});
