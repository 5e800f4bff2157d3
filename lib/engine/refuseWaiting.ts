import { jobError } from '../job/JobError.js';
import { quietRefusal } from '../prelude/refusal.js';
import { currentAttempt } from './ambient.js';
import type { HandlerContext } from './HandlerContext.js';

/** Whether the handler of an attempt, or a promise that it tracks, is at work: its job cannot end before. */
export const holdsJob = ({ run, isAtWork, rare }: HandlerContext): boolean =>
  !run.parts.life.isOver && (isAtWork || (rare.tracking ?? 0) > 0);

/** A run, and the attempt that has started it, if one has. */
export interface Started {
  readonly parent: HandlerContext | undefined;
  readonly parts: { readonly options: { readonly detached: boolean } };
}

/** Whether the handler that has started a run may wait for its end. */
export const isAwaited = ({ parent, parts }: Started): boolean =>
  parent !== undefined && !parts.options.detached && holdsJob(parent);

/** Whether a run is started in a job that goes on: that may wait for it. */
export const isInside = (starter: HandlerContext | undefined): boolean => starter !== undefined && !starter.run.parts.life.isOver;

/** Whether a job is one of those that somebody would wait for. */
export type WaitedFor = (run: { readonly job?: object | undefined; readonly parts: { readonly engine: object } }) => boolean;

/** The attempt at work here, the one whose handler started its job, and so on. */
function* lineage(): Generator<HandlerContext> {
  for (let attempt: HandlerContext | undefined = currentAttempt(); attempt !== undefined; attempt = parentOf(attempt))
    yield attempt;
}

// Nobody is known to wait for a detached run.
const parentOf = ({ run }: HandlerContext): HandlerContext | undefined => (run.parts.options.detached ? undefined : run.parent);

/**
 * Refuses (`WOULD_DEADLOCK`) a wait for the end of a job inside one of its own handlers: it would wait for itself.
 * Without async context only the code of a handler before its first `await` is seen.
 */
export const refuseWaiting = (call: string, waitsFor: WaitedFor): void => {
  for (const attempt of lineage()) {
    const { run } = attempt;
    if (holdsJob(attempt) && waitsFor(run)) throw jobError('WOULD_DEADLOCK', { jobId: run.parts.ledger.data.jobId, call });
  }
};

/** The same for what answers with a promise: that rejects, and a call which nobody awaits harms nobody (D34). */
export const unlessWaiting = <T>(call: string, waitsFor: WaitedFor, answer: () => Promise<T>): Promise<T> => {
  try {
    refuseWaiting(call, waitsFor);
  } catch (error) {
    return quietRefusal(error);
  }
  return answer();
};
