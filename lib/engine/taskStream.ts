import { type Observable, Subject } from 'rxjs';
import type { Event, Plan } from '../plan/Plan.js';
import { connection } from './connection.js';
import type { Emission } from './Emission.js';
import { Hop } from './Hop.js';
import { mergeEndless } from './mergeEndless.js';
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
    // A loop with an index has half the bytecode, so V8 inlines it and not the other one.
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

/** What the connections of a plan bring: each is a pipe from its event, all merged into one. */
export const tasksOf = <R>({ routines }: Pick<Plan, 'routines'>): Observable<Task<R>> =>
  mergeEndless<Task<R>>(...[...routines.values()].flatMap(({ events }) => [...events.values()].flatMap(pipesFrom<R>)));

// The engine has made the Subject, and emits nothing else on it.
const pipesFrom = <R>({ emission$, connections }: Event): readonly Observable<Task<R>>[] =>
  connections.map((each) => (emission$ as Subject<Emission<R>>).pipe(connection(each)));
