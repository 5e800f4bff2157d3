import { naive } from './naive.js';
import { asyncQueueAsync, asyncQueueSync, fastqAsync, fastqSync, pQueue } from './peers.js';

/** The engines for handlers that are over when they return, and for handlers that give a promise. */
export const syncEngines = { 'naive RxJS': naive, fastq: fastqSync, 'async.queue': asyncQueueSync, 'p-queue': pQueue };
export const asyncEngines = { 'naive RxJS': naive, fastq: fastqAsync, 'async.queue': asyncQueueAsync, 'p-queue': pQueue };

/**
 * Routines on an engine: a contender. It ends when a handler says so, since not every engine knows.
 *
 * @param {(workers: number) => import('../types.js').Engine} engine
 * @param {import('../types.js').Routines} routines
 * @returns {import('../types.js').Prepare}
 */
export const over = (engine, routines) => (size, tally) => {
  let end = () => {};
  const { push, run } = engine(size.workers ?? 1);
  const feed = routines(size, { push, tally, end: (value) => end(value) });
  return () =>
    new Promise((resolve) => {
      end = resolve;
      run(feed);
    });
};

/** The same routines on each of several engines. */
export const overEach = (engines, routines) =>
  Object.fromEntries(Object.entries(engines).map(([name, engine]) => [name, over(engine, routines)]));
