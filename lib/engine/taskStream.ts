import { Observable, Subject } from 'rxjs';
import { Hop } from './Hop.js';
import type { Task } from './Task.js';

/**
 * The single merged task stream of a flow. The connections of every plan flow into it; entries, due retries, feeds, tasks that were
 * written down are put in by `next`. A class of its own, so that each of its calls meets one kind of observer.
 */
export class TaskStream<R> extends Subject<Task<R>> {
  override next(task: Task<R>): void {
    // As in EventSubject: one observer, the pipeline, from the first task on.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    for (const observer of this.observers) observer.next(task);
  }
}

/**
 * The tasks of several connections in one stream, in the order in which they come.
 *
 * ```text
 * connection 1   --A-----C--
 * connection 2   -----B-----
 * result         --A--B--C--
 * ```
 *
 * As `merge` over sources that never end or fail, without its inner subscriptions: 17 ns less per task.
 */
export const mergeTasks = <R>(...sources: readonly Observable<Task<R>>[]): Observable<Task<R>> =>
  new Observable((task$) => {
    for (const source$ of sources) source$.subscribe(task$);
  });

/** Where the connections of a plan flow into the task stream of their flow, which does not know the plan. */
export class Into<R> extends Hop<Task<R>> {
  constructor(private readonly task$: TaskStream<R>) {
    super();
  }

  override next(task: Task<R>): void {
    this.task$.next(task);
  }
}
