import type { Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import type { AnyEvent, Event } from '../flow/Event.js';
import { eventIn } from '../flow/placeIn.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobParts } from './JobParts.js';
import { payloadsOf } from './payloadsOf.js';
import { routinesOf } from './routinesOf.js';

/**
 * What one event of a job emits: a payload each, in order, kept apart from the job as the flow's `isolation` says.
 *
 * Hot, without replay: from the subscription on, and nothing before it. Unsubscribing only stops watching. Emits with the
 * record `emitted`: when no handler is on the stack, in the turn of the handler that emitted. Completes with the job,
 * whatever its status (at once if it has ended), and never errors.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `BAD_OPTION`
 */
export function eventView(job: JobParts, event: string): Observable<Data>;
export function eventView<A extends object>(job: JobParts, event: string | Event<A>): Observable<A>;
export function eventView(job: JobParts, event: string | AnyEvent): Observable<object> {
  const { routineId, name } = eventIn(routinesOf(job), event);
  const isOne = (record: JobRecord): record is Emitted =>
    record.type === 'emitted' && record.event === name && record.routineId === routineId;
  return payloadsOf(job, isOne);
}

type Emitted = Extract<JobRecord, { type: 'emitted' }>;
