import { filter, map, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { isolates } from '../prelude/isolate.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobParts } from './JobParts.js';
import { viewsOf } from './Views.js';

type WithPayload = Extract<JobRecord, { readonly data: Data }>;

/** The payloads of some records of a job, kept apart from it as the flow's `isolation` says. */
export const payloadsOf = (job: JobParts, isOne: (record: JobRecord) => record is WithPayload): Observable<Data> =>
  viewsOf(job)
    .record$()
    .pipe(
      filter(isOne),
      // Others may hold the same record, and `freeze` would freeze it.
      map(({ data }) => (job.plan.settings.isolation === 'freeze' ? isolates.freeze({ ...data }) : job.plan.show(data))),
    );
