import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import { Hop } from './Hop.js';

/** A job as its gate sees it. */
export interface Gated<T> {
  /** Whether its tasks pass; written by the gate alone. */
  isOpen: boolean;
  /** Whether it is announced already. */
  readonly inRing: boolean;
  /** Keeps a task in the queue of the job. */
  keep(task: T): void;
  /** Puts what waits into the queue anew, after what was deferred. */
  requeue(): void;
}

/** The gate of a job opens or closes. */
export interface Toggle<R> {
  readonly run: R;
  readonly open: boolean;
}

interface Bound<R> {
  readonly origin: { readonly run: R };
}

class GateSubscriber<T extends Bound<R>, R extends Gated<T>> extends Hop<T> {
  constructor(private readonly run$: Observer<R>) {
    super();
  }

  override next(task: T): void {
    const { run } = task.origin;
    run.keep(task);
    if (run.isOpen && !run.inRing) this.run$.next(run);
  }
}

class ToggleSubscriber<R extends Gated<never>> extends Hop<Toggle<R>> {
  constructor(private readonly run$: Observer<R>) {
    super();
  }

  override next({ run, open }: Toggle<R>): void {
    // What was deferred passes while the gate is closed still, so that the job is announced once, when all of it waits.
    if (open && !run.isOpen) run.requeue();
    run.isOpen = open;
    if (open) this.run$.next(run);
  }
}

/**
 * Buffered toggling: every task waits in the queue of its job, and a job is announced when its gate is open and something came,
 * or when its gate opens.
 *
 * ```text
 * task      --a--b-----c--d------
 * toggle    o-------x--------o---   o = opens, x = closes
 * run       r-r--r-----------r---
 * queue       a  ab    abc  abcd    a job that is announced takes from its queue what it may start
 * ```
 *
 * As `windowToggle` beside `bufferToggle`, but what waits is in the open: a pause writes it down, limits bound it. (Those two
 * cost 127 ns per task.)
 */
export const gate =
  <T extends Bound<R>, R extends Gated<T>>(toggle$: Observable<Toggle<R>>): OperatorFunction<T, R> =>
  (task$) =>
    new Observable((run$) => {
      run$.add(toggle$.subscribe(new ToggleSubscriber(run$)));
      return task$.subscribe(new GateSubscriber<T, R>(run$));
    });
