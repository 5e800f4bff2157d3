// All the glue there is between routilux and Angular: a job as signals, and a job that ends with whoever owns it. Both are
// called where `inject` may be: in a field or the constructor of a component or service.
import { DestroyRef, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import type { Job } from 'routilux';
import { map, startWith } from 'rxjs';

/**
 * Watching never owns: when the injector is destroyed the signals stand still, and the job goes on. A job tells its status
 * and progress at once, hence `requireSync`, and no signal is ever undefined. The outputs come from its state, which has those
 * from before the subscription as well.
 */
export const watchJob = (job: Job) => ({
  status: toSignal(job.status$, { requireSync: true }),
  progress: toSignal(job.progress$, { requireSync: true }),
  outputs: toSignal(
    job.output$.pipe(
      startWith(undefined),
      map(() => job.state.outputLog),
    ),
    { requireSync: true },
  ),
});

export type JobSignals = ReturnType<typeof watchJob>;

/** The opposite: the job is cancelled with the injector. To abort is no mistake where the job has ended, as `job.cancel()` is. */
export const ownJob = (start: (signal: AbortSignal) => Job) => {
  const owner = new AbortController();
  const cancel = (reason: string) => owner.abort(reason);
  inject(DestroyRef).onDestroy(() => cancel('destroyed'));
  return { job: start(owner.signal), cancel };
};
