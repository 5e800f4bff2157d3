import { from, mergeMap, of, Subject } from 'rxjs';

const inner = (result) => (result instanceof Promise ? from(result) : of(result));

const mergeMapped = (workers) => {
  const task$ = new Subject();
  task$.pipe(mergeMap(({ handler, data }) => inner(handler(data)), workers)).subscribe();
  return (handler, data) => task$.next({ handler, data });
};

/**
 * What one writes first: a Subject of tasks and `mergeMap` with the number of workers. The first tasks are pushed by a
 * task, as in a flow.
 *
 * @type {(workers: number) => import('../types.js').Engine}
 */
export const naive = (workers) => {
  const push = mergeMapped(workers);
  return { push, run: (feed) => push(feed) };
};

/**
 * The same, pushed to from outside: a synchronous task is then over before the next is pushed, so nothing ever waits.
 *
 * @type {(workers: number) => import('../types.js').Engine}
 */
export const naiveFromOutside = (workers) => ({ push: mergeMapped(workers), run: (feed) => feed() });
