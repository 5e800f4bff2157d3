import type { Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { slotIn } from '../flow/placeIn.js';
import type { AnySlot, Slot } from '../flow/Slot.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobParts } from './JobParts.js';
import { routinesOf } from './routinesOf.js';
import { payloadsOf } from './payloadsOf.js';

/**
 * What one slot of a job takes in: a payload for each task, as its handler gets it (mapped, read by the codec, merged) but
 * in a copy of its own. A task that is retried is told once; one whose payload does not get as far as the handler is not.
 *
 * Hot, without replay: from the subscription on, and nothing before it. Unsubscribing only stops watching. Emits with the
 * record `takenIn`, right before the handler is called. Completes with the job, whatever its status (at once if it
 * has ended), and never errors.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `BAD_OPTION`
 */
export function slotView(job: JobParts, slot: string): Observable<Data>;
export function slotView<A extends object>(job: JobParts, slot: string | Slot<A>): Observable<A>;
export function slotView(job: JobParts, slot: string | AnySlot): Observable<object> {
  const { routineId, name } = slotIn(routinesOf(job), slot);
  const isOne = (record: JobRecord): record is TakenIn =>
    record.type === 'takenIn' && record.slot === name && record.routineId === routineId;
  return payloadsOf(job, isOne);
}

type TakenIn = Extract<JobRecord, { type: 'takenIn' }>;
