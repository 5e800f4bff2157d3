import { mergeMap, type Observable } from 'rxjs';
import { gate, type Toggle } from './gate.js';
import { idle } from './idle.js';
import type { HandlerContext } from './HandlerContext.js';
import type { JobRun } from './JobRun.js';
import { mergeEndless } from './mergeEndless.js';
import { settle } from './settle.js';
import type { Task } from './Task.js';
import type { Turns } from './Turns.js';
import type { Worker } from './Worker.js';
import type { WorkerPool } from './WorkerPool.js';

/** What flows into the pipeline of a flow, and who works in it. */
export interface Parts {
  /** The single merged task stream: the connections of every plan, entries, due retries, feeds, deferred events, tasks taken up. */
  readonly task$: Observable<Task<JobRun>>;
  /** The gates of jobs as they open and close. */
  readonly toggle$: Observable<Toggle<JobRun>>;
  /** Jobs of which something has ended without an attempt: a tracked promise, a feed, a task that was dropped. */
  readonly released$: Observable<JobRun>;
  readonly turns: Turns<JobRun>;
  readonly pool: WorkerPool<HandlerContext, JobRun>;
}

/**
 * A flow at work, top to bottom: every task of every job passes here. Subscribed to once, when the flow is made; out come the
 * jobs that are at rest.
 *
 * The first half runs on the emitter's stack and ends where a job takes its place among the turns; the second half runs in the
 * drain. So `emit` never runs a handler.
 */
// prettier-ignore
export const pipeline = ({ task$, toggle$, released$, turns, pool }: Parts): Observable<JobRun> =>
  task$.pipe(                                                    // Task     the single merged task stream
    gate(toggle$),                                               // JobRun   buffered toggling: behind a closed gate a job's tasks wait in its queue
    pool.hire(turns),                                            // Worker   one more, if something may start and nobody is idle
    pool.sized((size) => mergeMap((worker: Hired) => worker.attempt$, size)), // Attempt  the thread pool: each inner observable is a worker
    settle(),                                                    // JobRun   outcome, retry, failure: caught inside, so nothing errors here
    (run$) => mergeEndless(run$, released$),                     // JobRun   something has ended without an attempt
    idle(),                                                      // JobRun   queue empty and zero in flight: the job is at rest
  );

type Hired = Worker<HandlerContext>;
