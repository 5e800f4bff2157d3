import { Subscription } from 'rxjs';
import type { JobRun } from '../engine/JobRun.js';
import type { Inlet } from '../engine/Plan.js';
import { partsOf } from '../engine/eventView.js';
import { slotIn } from '../flow/placeIn.js';
import type { AnySlot, Slot } from '../flow/Slot.js';
import { jobError } from '../job/JobError.js';
import { type Job, runOf } from '../Job.js';
import { payloadOf } from './payloadOf.js';
import { checkSource, read, type Source } from './read.js';

/**
 * Brings a stream from outside into a slot of a job: each value is a task of the slot, with the value as its payload (one that is
 * no plain object under `value`). It keeps the job open while it lasts; unsubscribing lets go of the source, and the job then
 * ends when it is at rest. Where the job ends first, the source is let go of. An error of the source is a failure of that slot,
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
  const run = runOf(job);
  const inlet = inletOf(run, slot);
  checkSource(source);
  if (run.over)
    throw jobError('EMIT_AFTER_END', { jobId: job.id, routineId: inlet.node.id, call: 'feed', status: run.data.status });
  const feeding = new Subscription();
  feeding.add(
    read(run, source, {
      routes: inlet.direct,
      give: (value) => {
        run.bring(inlet, payloadOf(value));
      },
      fail: (error, told) => {
        run.intake.failAt(inlet, error, told);
        feeding.unsubscribe();
      },
      end: () => {
        feeding.unsubscribe();
      },
    }),
  );
  return feeding;
}

const inletOf = (run: JobRun, slot: string | AnySlot): Inlet => {
  const { routineId, name } = slotIn(partsOf(run), slot);
  return run.plan.nodes.get(routineId)?.slots.get(name) as Inlet;
};
