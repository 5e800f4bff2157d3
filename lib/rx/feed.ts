import { Subscription } from 'rxjs';
import { streamsOf } from '../engine/JobStreams.js';
import type { JobParts } from '../engine/JobParts.js';
import { routinesOf } from '../engine/routinesOf.js';
import { slotIn } from '../flow/placeIn.js';
import type { AnySlot, Slot } from '../flow/Slot.js';
import { jobError } from '../job/JobError.js';
import type { Slot as CompiledSlot } from '../plan/Plan.js';
import { type Job, behind } from '../Job.js';
import { payloadOf } from './payloadOf.js';
import { checkSource, read, type Source } from './read.js';
import { checkCopy } from '../flow/checkCopy.js';

/**
 * Brings a stream from outside into a slot of a job: each value is a task of the slot, with the value as its payload (one that is
 * no plain object under `value`). It keeps the job open while it lasts; unsubscribing leaves the source, and the job then
 * ends when it is at rest. If the job ends first, it leaves the source. An error of the source is a failure of that slot,
 * without a retry: the error handler of the routine decides.
 *
 * A source that can wait is read as `fromSource` reads; an observable cannot wait. A snapshot of the job does not hold the feed.
 *
 * @example
 * const job = flow.start('meter');
 * feed(job, 'meter.reading', fromEvent(sensor, 'reading'));
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `BAD_OPTION`; JobError `EMIT_AFTER_END`
 */
export function feed<A extends object>(job: Job, slot: Slot<A>, source: Source<A>): Subscription;
export function feed(job: Job, slot: string, source: Source<unknown>): Subscription;
export function feed(job: Job, slot: string | AnySlot, source: Source<unknown>): Subscription {
  const parts = behind(checkCopy(job));
  const to = slotOf(parts, slot);
  checkSource(source);
  if (parts.life.isOver)
    throw jobError('EMIT_AFTER_END', { jobId: job.id, routineId: to.routine.id, call: 'feed', status: parts.ledger.data.status });
  const feeding = new Subscription();
  feeding.add(
    read(parts, source, {
      connections: to.direct,
      give: (value) => {
        parts.emissions.bring(to, payloadOf(value));
      },
      fail: (error, told) => {
        streamsOf(parts).failAt(to, error, told);
        feeding.unsubscribe();
      },
      end: () => {
        feeding.unsubscribe();
      },
    }),
  );
  return feeding;
}

const slotOf = (parts: JobParts, slot: string | AnySlot): CompiledSlot => {
  const { routineId, name } = slotIn(routinesOf(parts), slot);
  return parts.plan.routines.get(routineId)?.slots.get(name) as CompiledSlot;
};
