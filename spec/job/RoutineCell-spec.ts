import type { RoutineStatus } from '../../lib/index.js';
import { endWith, noteError, RoutineCell } from '../../lib/job/RoutineCell.js';

const cellOf = (): RoutineCell => new RoutineCell('r', ['i'], ['o']);

describe('RoutineCell', () => {
  it('should be running while a task of it is at work, whatever came before (G51, D7)', () => {
    const cell = cellOf();
    cell.active = 1;
    expect(cell.status).toBe('running');
    endWith('failed', cell);
    expect(cell.status).toBe('running');
    cell.active = 0;
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
    endWith(first, cell);
    endWith(second, cell);
    expect(cell.status).toBe(expected);
  });

  it('should show the keys of the routine with those of the engine beside them (G53)', () => {
    const cell = cellOf();
    cell.own = { n: 3 };
    endWith('completed', cell);
    expect(cell.view()).toStrictEqual({ n: 3, status: 'completed', retryCount: 0 });
  });

  it('should show error, time of the error and execution time where they apply (G31, G34)', () => {
    const cell = cellOf();
    endWith('error_continued', cell);
    noteError('broken', 7, cell);
    cell.executionTimeMs = 12;
    cell.retryCount = 2;
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
    cell.own = { status: 'mine', retryCount: 99 };
    endWith('completed', cell);
    expect(cell.view()).toEqual({ status: 'completed', retryCount: 0 });
  });

  it('should give a copy at every depth (SC041)', () => {
    const cell = cellOf();
    cell.own = { inner: { n: 1 } };
    (cell.view()['inner'] as { n: unknown }).n = 'changed';
    expect(cell.view()['inner']).toEqual({ n: 1 });
  });
});
