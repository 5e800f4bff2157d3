import { filter, map, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import type { AnyEvent, Event } from '../flow/Event.js';
import { eventIn, type Parts } from '../flow/placeIn.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobRun } from './JobRun.js';
import type { Node } from './Plan.js';

/**
 * What one event of a job emits: a payload each, in order, kept apart from the job as the flow's `isolation` says.
 *
 * Hot, without replay: from the subscription on, and nothing before it. Unsubscribing only stops watching. Emits with the
 * record `emitted`: when no handler is on the stack, in the turn of the handler that emitted. Completes with the job,
 * whatever its status (at once where it has ended), and never errors.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `BAD_OPTION`
 */
export function eventView(run: JobRun, event: string): Observable<Data>;
export function eventView<A extends object>(run: JobRun, event: string | Event<A>): Observable<A>;
export function eventView(run: JobRun, event: string | AnyEvent): Observable<object> {
  const { routineId, name } = eventIn(partsOf(run), event);
  return run.views.record$().pipe(
    filter((record): record is Emitted => record.type === 'emitted' && record.event === name && record.routineId === routineId),
    // Others may hold the same record, and `freeze` would freeze it.
    map(({ data }) => run.plan.isolate({ ...data })),
  );
}

type Emitted = Extract<JobRecord, { type: 'emitted' }>;

/** The routines of a run, as its plan has them. */
export const partsOf = ({ plan, data }: JobRun): Parts<Node> => ({
  flowId: data.flowId,
  byId: plan.nodes,
  routineOf: ({ routine }) => routine,
});
