import { defer, filter, map, type Observable } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { slotIn } from '../flow/placeIn.js';
import type { AnySlot, Slot } from '../flow/Slot.js';
import type { JobRecord } from '../job/JobRecord.js';
import { arrive } from './activate.js';
import type { Attempt } from './Attempt.js';
import { partsOf } from './eventView.js';
import type { JobRun } from './JobRun.js';

/**
 * What one slot of a job takes in: a payload for each task, as its handler gets it (mapped, read by the codec, merged) but
 * in a copy of its own. A task that is retried is told once; one whose payload does not get as far as the handler is not.
 *
 * Hot, without replay: from the subscription on, and nothing before it. Unsubscribing only stops watching. Emits with the
 * record `taskStarted`, right before the handler is called. Completes with the job, whatever its status (at once where it
 * has ended), and never errors.
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_SLOT`, `BAD_OPTION`
 */
export function slotView(run: JobRun, slot: string): Observable<Data>;
export function slotView<A extends object>(run: JobRun, slot: string | Slot<A>): Observable<A>;
export function slotView(run: JobRun, slot: string | AnySlot): Observable<object> {
  const { routineId, name } = slotIn(partsOf(run), slot);
  return defer(() =>
    run.views.record$().pipe(
      filter((record): record is Step => 'taskId' in record && record.slot === name && record.routineId === routineId),
      map(reading(run)),
      filter((data) => data !== undefined),
    ),
  );
}

type Step = Extract<JobRecord, { taskId: string }>;

/** What a record of this slot tells of its payload, if it is time to tell it. */
const reading = (run: JobRun): ((step: Step) => Data | undefined) => {
  /** Tasks that have begun, and whose payload is not known yet. */
  const unknown = new Set<string>();
  const begin = ({ taskId }: Step): Data | undefined => {
    const taken = takeIn(run, taskId);
    if (taken === undefined) unknown.add(taskId);
    return taken;
  };
  return (step) => {
    if (step.type === 'taskStarted' && step.attempt === 1) return begin(step);
    // What is told of a task that has succeeded is what its handler got.
    if (step.type !== 'taskSettled' || step.outcome === 'retry' || !unknown.delete(step.taskId)) return undefined;
    return step.outcome === 'completed' ? run.plan.isolate({ ...step.data }) : undefined;
  };
};

/**
 * The start of a task is told right before its handler is called, so the payload is taken in here, and the handler finds it
 * taken. Where the record comes late, the task may have settled already. What the user's mapping, codec or merge throws is
 * thrown again, and answered, where the handler is called.
 */
const takeIn = (run: JobRun, taskId: string): Data | undefined => {
  for (const attempt of run.engine.attemptsOf(run)) if (attempt.taskId === taskId) return payloadOf(attempt);
  return undefined;
};

const payloadOf = (attempt: Attempt): Data | undefined => {
  const { route, origin } = attempt;
  try {
    attempt.input ??= arrive(route, origin.data, attempt);
    return route.target.handOut(attempt.input);
  } catch {
    return undefined;
  }
};
