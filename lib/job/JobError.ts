import { list } from '../flow/FlowError.js';
import { describeMismatch, type Mismatch } from '../flow/Codec.js';
import { describeError } from '../prelude/describeError.js';
import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';

// A type and not an interface: only that is assignable to the `details` record.
type Place = { readonly routineId: string; readonly slot: string };

type LateJob = {
  readonly jobId: string;
  readonly timeoutMs: number;
  /** A job that waited for its first worker. */
  readonly starving?: string | undefined;
  readonly loop?: { readonly routineId: string; readonly runs: number } | undefined;
};

const remedyOf = ({ starving, loop }: LateJob): string => {
  if (starving !== undefined)
    return `job '${starving}' waited for its first worker: if a handler has started it and waits for it, hand over its ctx, as in { parent: ctx }`;
  if (loop !== undefined)
    return `routine '${loop.routineId}' has run ${loop.runs} times, and its connections lead back to it: see to it that this loop has an end`;
  return 'raise executionTimeoutMs, or timeoutMs of this run';
};

/** Every way a job can go wrong, each with the sentence that names the offender and, if there is one, the remedy. */
const sentences = {
  TASK_FAILED: (d: Place & { jobId: string; attempts: number; reason: string }) =>
    `Routine '${d.routineId}' failed in slot '${d.slot}'${d.attempts > 1 ? ` after ${d.attempts} attempts` : ''}: ${d.reason}`,
  PAYLOAD_MISMATCH: (d: Place & { mismatches: readonly Mismatch[] }) =>
    `Slot '${d.slot}' of routine '${d.routineId}' got a payload that its codec refuses: ${d.mismatches.map((each) => describeMismatch('the payload', each)).join('; ')}`,
  BAD_MERGE: (d: Place & { got: string }) =>
    `The merge of slot '${d.slot}' of routine '${d.routineId}' gave ${d.got}; it has to give one plain object.`,
  BAD_MAPPING: (d: Place & { got: string }) =>
    `The mapping to slot '${d.slot}' of routine '${d.routineId}' gave ${d.got}; it has to give one plain object.`,
  BAD_DECODE: (d: Place & { got: string }) =>
    `The codec of slot '${d.slot}' of routine '${d.routineId}' gave ${d.got}; it has to give one plain object.`,
  TIMEOUT: (d: LateJob) => `Job '${d.jobId}' was still running at its timeout of ${d.timeoutMs} ms; ${remedyOf(d)}.`,
  CANCELLED: (d: { jobId: string; reason: string | undefined }) =>
    `Job '${d.jobId}' was cancelled${d.reason === undefined ? '' : `: ${d.reason}`}`,
  TASK_CANCELLED: (d: { taskId: string; reason: string | undefined }) =>
    `Task '${d.taskId}' was cancelled${d.reason === undefined ? '' : `: ${d.reason}`}`,
  STOPPED: (d: { jobId: string; reason: string }) => `The job of this task ended: ${d.reason}`,
  NOT_STARTED: (d: { reason: string }) => d.reason,
  ILLEGAL_TRANSITION: (d: { jobId: string; from: string; to: string }) =>
    `Job '${d.jobId}' is ${d.from} and cannot become ${d.to}.`,
  EMIT_AFTER_END: (d: { jobId: string; routineId: string; call: string; status: string }) =>
    `${d.call} of routine '${d.routineId}' came after job '${d.jobId}' was ${d.status}; hold the job open with ctx.track(promise), or feed it in the turn in which it starts.`,
  STALE_CONTEXT: (d: { jobId: string; routineId: string; call: string; attempt: number }) =>
    `${d.call} of routine '${d.routineId}' came from attempt ${d.attempt}, which has failed or was aborted; use the ctx of the attempt at work.`,
  QUEUE_FULL: (d: { jobId: string; call: string; where: string; limit: number }) =>
    `${d.call} came to ${d.where}, where at most ${d.limit} tasks may wait; raise maxQueued, or choose another overflow ('dropOldest', 'dropNewest', or 'block' for sources that can wait).`,
  PAUSED_FULL: (d: { jobId: string; call: string; limit: number }) =>
    `${d.call} came to job '${d.jobId}', which keeps at most ${d.limit} emissions until it is resumed; resume it, or raise pausedLimit of the flow.`,
  WOULD_DEADLOCK: (d: { jobId: string; call: string }) =>
    `${d.call} inside a handler of job '${d.jobId}' would wait for itself; let the handler return first.`,
  TOKEN_IN_USE: (d: { jobId: string; token: string }) =>
    `Job '${d.jobId}' waits for an answer under the token '${d.token}' already; give another token, or wait until that question is answered.`,
  UNKNOWN_TOKEN: (d: { jobId: string; token: string; open: readonly string[] }) =>
    `Job '${d.jobId}' waits for no answer under the token '${d.token}'; open in it: ${list(d.open, 'question')}.`,
  ALREADY_ANSWERED: (d: { jobId: string; token: string }) =>
    `The question '${d.token}' of job '${d.jobId}' has been answered; a question is answered once.`,
  ANSWER_MISMATCH: (d: { token: string; mismatches: readonly Mismatch[] }) =>
    `The answer to '${d.token}' is refused by the schema of the question: ${d.mismatches.map((each) => describeMismatch('the answer', each)).join('; ')}`,
  BAD_LOG_ENTRY: (d: { got: string }) => `The shared log takes plain objects, not ${d.got}; wrap it, as in { message: … }.`,
} satisfies Record<string, (details: never) => string>;

/** The codes of a JobError; the guide on failing says what each means. */
export type JobErrorCode = keyof typeof sentences | 'LATE_EMIT' | 'POISONED' | 'PAYLOAD_TOO_LARGE';

const RETRIABLE: readonly string[] = ['TASK_FAILED', 'TIMEOUT', 'CANCELLED', 'QUEUE_FULL'];

/**
 * A job did not do what was asked of it. `cause` is what the handler threw, if one did.
 *
 * @example
 * const { error } = await flow.execute('greeter', { name: 'Ada' });
 * if (error instanceof JobError && error.code === 'TASK_FAILED') console.error(error.details.routineId, error.cause);
 */
export class JobError extends RoutiluxError {
  override readonly name: string = 'JobError';
}

/**
 * The job ran longer than it may; the message names the limit. Its code is `TIMEOUT`.
 *
 * @example
 * const { error } = await flow.execute('greeter', { name: 'Ada' }, { timeoutMs: 500 });
 * console.log(error instanceof TimeoutError);
 */
export class TimeoutError extends JobError {
  override readonly name = 'TimeoutError';
}

export const jobError = errorsOf(sentences, (code, message, parts) => {
  const Kind = code === 'TIMEOUT' ? TimeoutError : JobError;
  return new Kind(code, message, { ...parts, retriable: RETRIABLE.includes(code) });
});

/** Why a job did not complete: its error, or that it was cancelled. */
export const whyNot = ({ jobId, error, reason }: { jobId: string; error?: unknown; reason?: string | undefined }): JobError =>
  error instanceof JobError ? error : jobError('CANCELLED', { jobId, reason });

/** The reason that an error names in words, if it does; else the error. */
export const reasonIn = (error: unknown): unknown => {
  const reason = error instanceof RoutiluxError ? error.details['reason'] : undefined;
  return reason ?? error;
};

/** That a job could not even start, and why. */
export const notStarted = (error: unknown): JobError => jobError('NOT_STARTED', { reason: describeError(error).message }, error);
