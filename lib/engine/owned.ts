import { Observable } from 'rxjs';
import type { JobRecord } from '../job/JobRecord.js';
import { inContext } from './ambient.js';
import { isFinal, type JobStatus } from '../job/JobStatus.js';

/** A job that belongs to whoever subscribes. */
interface Owned {
  readonly status: JobStatus;
  readonly record$: Observable<JobRecord>;
  cancel(reason: string): Promise<unknown>;
}

/** A job as a cold stream of its records: subscribing starts it, unsubscribing cancels it. */
export const owned = (start: () => Owned): Observable<JobRecord> =>
  new Observable((observer) => {
    const job = start();
    const records = job.record$.subscribe(inContext(observer));
    return () => {
      records.unsubscribe();
      abandon(job);
    };
  });

/** Whoever owned the job is gone. */
export const abandon = (job: Pick<Owned, 'status' | 'cancel'>): void => {
  if (!isFinal(job.status)) void job.cancel('unsubscribed');
};
