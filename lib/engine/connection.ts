import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import type { Connection } from '../plan/Plan.js';
import { Hop } from './Hop.js';
import type { Emission } from './Emission.js';
import { Task } from './Task.js';

class ConnectionSubscriber<R> extends Hop<Emission<R>> {
  constructor(
    private readonly task$: Observer<Task<R>>,
    private readonly connection: Connection,
  ) {
    super();
  }

  override next(emission: Emission<R>): void {
    this.task$.next(new Task(emission, this.connection));
  }
}

/**
 * The pipe of a connection: each emission of its event as a task of its slot.
 *
 * ```text
 * emission   --a--b--
 * task       --A--B--   A = the task of this connection for a
 * ```
 *
 * As `map`, in one Subscriber: 4 ns per task instead of 16. The mapping of the user is applied when the slot takes the payload
 * in: here it would run on the stack of the emitter, and if it throws, no task would be there to fail.
 */
export const connection =
  <R>(to: Connection): OperatorFunction<Emission<R>, Task<R>> =>
  (emission$) =>
    new Observable((task$) => emission$.subscribe(new ConnectionSubscriber(task$, to)));
