import { concatMap, type Observable, take, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { JobRecord } from '../../lib/index.js';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

export interface Marbles extends RunHelpers {
  /** The virtual clock of this spec: give it to the flow. */
  readonly scheduler: TestScheduler;
}

/**
 * The callback of an `it` that lives in virtual time: one frame is one ms. What an expectation says is checked when the
 * callback has returned, or at `flush()`.
 *
 * @example
 * it('should run a chain', marbles(({ cold, expectObservable, scheduler }) => {
 *   const flow = flowOf({ ... }, [...], { scheduler });
 *   expectObservable(starts(flow.run$('a'))).toBe('a--b--|');
 * }));
 */
export const marbles = (body: (helpers: Marbles) => void) => (): void => {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  scheduler.run((helpers) => {
    body({ ...helpers, scheduler });
  });
};

/** Emits in the frames 2, 5, 8, …; its end is far away, and there so that a spec whose subject forgets to unsubscribe fails and does not hang. */
export const endless$ = timer(2, 3).pipe(take(1_000));

/** The routine of each task as it starts: routines named by one letter draw a diagram. */
export const starts = (record$: Observable<JobRecord>): Observable<string> => routinesOf(record$, 'taskStarted');

/** The routine of each task as it ends. */
export const ends = (record$: Observable<JobRecord>): Observable<string> => routinesOf(record$, 'taskSettled');

const routinesOf = (record$: Observable<JobRecord>, type: 'taskStarted' | 'taskSettled'): Observable<string> =>
  record$.pipe(concatMap((record) => (record.type === type && 'routineId' in record ? [record.routineId] : [])));
