import { defer, filter, map, type Observable, startWith } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { routineAt } from '../flow/placeIn.js';
import type { JobParts } from './JobParts.js';
import { routinesOf } from './routinesOf.js';
import { viewsOf } from './Views.js';

/**
 * The state of one routine in a job: its own keys, and the engine's beside them (`status`, `error`, …); undefined before it
 * has run.
 *
 * The present one first, at the subscription, then a new one with each start and end of a task of it. Unsubscribing only stops
 * watching. Completes with the job, whatever its status (after the present one, if it has ended), and never errors.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`
 */
export const routineView = (job: JobParts, routineId: string): Observable<Data | undefined> => {
  routineAt(routinesOf(job), routineId);
  const now = (): Data | undefined => job.ledger.data.routineState(routineId);
  return defer(() =>
    viewsOf(job)
      .record$()
      .pipe(
        filter((record) => (record.type === 'taskStarted' || record.type === 'taskSettled') && record.routineId === routineId),
        map(now),
        startWith(now()),
      ),
  );
};
