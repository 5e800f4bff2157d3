import { mergeMap, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import { gate, type Gated, type Toggle } from './gate.js';
import { idle, type Resting } from './idle.js';
import { mergeEndless } from './mergeEndless.js';
import { settle, type Settling } from './settle.js';
import type { Turn, Turns } from './Turns.js';
import type { Worker } from './Worker.js';
import type { Pooled, WorkerPool } from './WorkerPool.js';

/** A job, as the operators of the pipeline see it. */
type Job<T, A, R> = Gated<T> & Turn<R> & Settling<A> & Resting;

/** What flows into the pipeline of a flow, and who works in it: tasks T, attempts A and jobs R. */
export interface Parts<T, A extends Pooled<A, R>, R extends Turn<R>> {
  /** The single merged task stream: the connections of every plan, entries, due retries, feeds, deferred events, tasks taken up. */
  readonly task$: Observable<T>;
  /** The gates of jobs as they open and close. */
  readonly toggle$: Observable<Toggle<R>>;
  /** Jobs of which something has ended without an attempt: a tracked promise, a feed, a task that was dropped. */
  readonly released$: Observable<R>;
  readonly turns: Turns<R>;
  readonly pool: Pick<WorkerPool<A, R>, 'hire' | 'sized'>;
  /** What happens between a job and its rest: nothing, or what has come of its attempts is stored. */
  readonly stored: MonoTypeOperatorFunction<R>;
}

/**
 * A flow at work, top to bottom: every task of every job passes here. Subscribed to once, when the flow is made; out come the
 * jobs that are at rest.
 *
 * The first half runs on the emitter's stack and ends when a job takes its place among the turns; the second half runs in the
 * drain. So `emit` never runs a handler.
 */
// prettier-ignore
export const pipeline = <T extends { origin: { run: R } }, A extends Pooled<A, R>, R extends Job<T, A, R>>(
  { task$, toggle$, released$, turns, pool, stored }: Parts<T, A, R>,
): Observable<R> =>
  task$.pipe(                                                    // Task     the single merged task stream
    gate(toggle$),                                               // Job      buffered toggling: behind a closed gate a job's tasks wait in its queue
    pool.hire(turns),                                            // Worker   one more, if something may start and nobody is idle
    pool.sized((size) => mergeMap((worker: Worker<A>) => worker.attempt$, size)), // Attempt  the thread pool: each inner observable is a worker
    settle(),                                                    // Job      outcome, retry, failure: caught inside, so nothing errors here
    stored,                                                      // Job      durable jobs alone: in groups, while the group before is being stored
    (run$) => mergeEndless(run$, released$),                     // Job      something has ended without an attempt
    idle(),                                                      // Job      queue empty and zero in flight: the job is at rest
  );
