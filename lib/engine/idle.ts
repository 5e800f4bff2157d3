import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import { Hop } from './Hop.js';

/** A job as `idle` sees it. */
export interface Resting {
  /** Whether something of it is queued or in flight; behind a closed gate, whether something is in flight. */
  readonly isBusy: boolean;
}

class IdleSubscriber<R extends Resting> extends Hop<R> {
  constructor(private readonly rest$: Observer<R>) {
    super();
  }

  override next(run: R): void {
    if (!run.isBusy) this.rest$.next(run);
  }
}

/**
 * Idle jobs: each time something of a job has ended, that job, if its queue is empty and nothing of it is in flight.
 *
 * ```text
 * run      --r--r--r--s--
 * queued     2  1  0  1
 * at rest  --------r-----
 * ```
 *
 * As `filter`, in one Subscriber. (`scan`, `distinctUntilChanged` and `filter` over a number of open tasks cost about 50 ns
 * per task, and an object.)
 */
export const idle =
  <R extends Resting>(): OperatorFunction<R, R> =>
  (run$) =>
    new Observable((rest$) => run$.subscribe(new IdleSubscriber(rest$)));
