import { Subject } from 'rxjs';
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
    const { observers } = this;
    // A loop with an index is half as many bytes of bytecode, and so is inlined where the other is not.
    // eslint-disable-next-line @typescript-eslint/prefer-for-of
    for (let at = 0; at < observers.length; at++) observers[at]?.next(task);
  }
}

/** Where the connections of a plan flow into the task stream of their flow, which does not know the plan. */
export class Into<R> extends Hop<Task<R>> {
  constructor(private readonly task$: TaskStream<R>) {
    super();
  }

  override next(task: Task<R>): void {
    this.task$.next(task);
  }
}
