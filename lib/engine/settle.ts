import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import { Hop } from './Hop.js';

/** A job as `settle` sees it. */
export interface Settling<A> {
  /** Applies what an attempt has come to, as one step. */
  settle(attempt: A): void;
  /** Told of a fault of the engine itself. */
  readonly parts: { readonly ledger: { warn(message: string, error: unknown): void } };
}

interface Bound<R> {
  readonly run: R;
}

class SettleSubscriber<A extends Bound<Settling<A>>> extends Hop<A> {
  constructor(private readonly run$: Observer<A['run']>) {
    super();
  }

  override next(attempt: A): void {
    const { run } = attempt;
    // `mergeMap` would take an error for the end of the pool, and so of every job of the flow.
    try {
      run.settle(attempt);
    } catch (error) {
      run.parts.ledger.warn('A task could not be settled; this is a fault of routilux', error);
    }
    this.run$.next(run);
  }
}

/**
 * Applies what each attempt has come to (outcome, emissions, retry, failure) to its job. Nothing errors here: a failure is a value.
 *
 * ```text
 * attempt   --A--B--
 * run       --r--s--   r = the job of A, after A was settled
 * ```
 */
export const settle =
  <A extends Bound<Settling<A>>>(): OperatorFunction<A, A['run']> =>
  (attempt$) =>
    new Observable((run$) => attempt$.subscribe(new SettleSubscriber<A>(run$)));
