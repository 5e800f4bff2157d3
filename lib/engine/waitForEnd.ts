import { EMPTY, firstValueFrom, ignoreElements, map, merge, mergeMap, type Observable, type SchedulerLike } from 'rxjs';
import { checkKnown, checkOption } from '../flow/checkOption.js';
import type { JobStatus } from '../job/JobStatus.js';
import { after } from '../prelude/later.js';
import { unfinished } from './unfinished.js';
import type { Progress } from './Views.js';

/** How to wait for the end of a job. */
export interface WaitOptions {
  /** How long to wait at most, in ms, from 0. @default Infinity */
  readonly timeoutMs?: number | undefined;
  /**
   * Told when the job has done something, at most once per stretch of work; last with `0, 0` and the final status. What it
   * throws, or its promise is rejected with, ends the wait; the job goes on. @default none
   */
  readonly onProgress?: ((queued: number, active: number, status: JobStatus) => void) | undefined;
}

/** @throws FlowError `BAD_OPTION` */
export const checkWait = (options: WaitOptions): WaitOptions => {
  const { timeoutMs = 0, onProgress } = checkKnown(options, { timeoutMs: true, onProgress: true });
  checkOption('timeoutMs', timeoutMs, typeof timeoutMs === 'number' && timeoutMs >= 0, 'ms from 0 up');
  checkOption('onProgress', onProgress, onProgress === undefined || typeof onProgress === 'function', 'a function');
  return options;
};

/** A job that somebody waits for. */
interface Awaited {
  /** Emits at the end. */
  readonly ended$: Observable<unknown>;
  readonly progress$: Observable<Progress>;
  readonly scheduler: SchedulerLike;
}

/**
 * Waits for the end of a job: true at the end, false if `timeoutMs` pass before.
 *
 * Rejects with FlowError `BAD_OPTION`, and with what `onProgress` throws.
 */
export const waitForEnd = async ({ ended$, progress$, scheduler }: Awaited, options: WaitOptions): Promise<boolean> => {
  const { timeoutMs = Infinity, onProgress } = checkWait(options);
  const told$ = onProgress === undefined ? EMPTY : telling(onProgress, progress$);
  const late$ = after(scheduler, timeoutMs).pipe(map(() => false));
  return firstValueFrom(merge(told$, ended$.pipe(map(() => true)), late$));
};

/** Tells of progress, and gives nothing but the error of whoever is told. */
const telling = (
  tell: (queued: number, active: number, status: JobStatus) => unknown,
  progress$: Observable<Progress>,
): Observable<never> =>
  progress$.pipe(
    mergeMap(({ queued, active, status }) => answerOf(tell(queued, active, status))),
    ignoreElements(),
  );

// It may be an async function: then its promise is ours to answer.
const answerOf = (answer: unknown): Observable<never> | Promise<unknown> => {
  const left = unfinished(answer);
  return left?.kind === 'promise' ? Promise.resolve(left.work) : EMPTY;
};
