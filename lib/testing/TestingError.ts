import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';

/** Every way a marble test can go wrong beside its subject, each with the sentence that names the offender and the remedy. */
const sentences = {
  BAD_MARBLES: (d: { diagram: string; reason: string }) => `The marbles '${d.diagram}' cannot be read: ${d.reason}.`,
  BAD_LINE: (d: { line: string; known: readonly string[] }) =>
    `There is no line '${d.line}'; choose one of ${d.known.join(', ')}, some with a routine behind, as in 'starts t'.`,
  UNKNOWN_PLACE: (d: { line: string; known: readonly string[] }) =>
    `Line '${d.line}' is about what none of these jobs has; there is ${d.known.slice(0, 20).join(', ')}.`,
  ENDED_UNWATCHED: (d: { jobId: string }) =>
    `Job '${d.jobId}' has ended, and nobody recorded it; call expectJob or recordMarbles in the turn in which it is started.`,
  NOT_RECORDED: (d: { jobId: string | undefined }) =>
    `${d.jobId === undefined ? 'This' : `Job '${d.jobId}'`} was not recorded; call recordMarbles(job) in the turn in which the job is started.`,
  RECORDED_LATE: (d: { jobId: string }) =>
    `The beginning of job '${d.jobId}' was not recorded; call recordMarbles(job) in the turn in which the job is started.`,
  UNFINISHED: (d: { jobId: string }) => `Job '${d.jobId}' has not ended; await job.done first, or a pause.`,
  TOO_MANY_VALUES: (d: { jobId: string; most: number }) =>
    `Job '${d.jobId}' has had more than ${d.most} different payloads, one character each; record a smaller run.`,
  RUNAWAY: (d: { horizon: string; jobs: readonly string[] }) =>
    ['The flow was still at work at the horizon of ', d.horizon, '.', ...d.jobs.map((job) => `\n  ${job}`)].join(''),
  STUCK: (d: { at: number; jobs: readonly string[] }) =>
    [`The test waits for what never comes: at ${d.at} ms nothing is scheduled.`, ...d.jobs.map((job) => `\n  ${job}`)].join(''),
  OUTSIDE: (d: { routineId: string; slot: string }) =>
    `The flow waits for something outside virtual time: routine '${d.routineId}', slot '${d.slot}'. Have its handler wait with sleep(), or put a stand-in in its place.`,
  FAILED: (d: { jobs: readonly string[] }) =>
    [
      'A job has failed, and nobody expected it: say with expectJob how it ends, or look at its status.',
      ...d.jobs.map((job) => `\n  ${job}`),
    ].join(''),
  AT_WORK: (_: Record<never, never>) =>
    'Another testFlow is at work, and time is one; await it, or return its promise from the test.',
  UNLIKE: (d: { report: string }) => d.report,
} satisfies Record<string, (details: never) => string>;

/** The codes of a TestingError: which way a test is wrong. */
export type TestingErrorCode = keyof typeof sentences;

/**
 * A marble test failed (`UNLIKE`: a diagram differs; `FAILED`: a job failed unexpectedly; `RUNAWAY`, `STUCK`, `OUTSIDE`: it came to no end), or is written wrongly
 * (`BAD_MARBLES`, `BAD_LINE`, `UNKNOWN_PLACE`, `ENDED_UNWATCHED`, `AT_WORK`); or a run cannot be made a test (`NOT_RECORDED`, `RECORDED_LATE`,
 * `UNFINISHED`, `TOO_MANY_VALUES`).
 *
 * @example
 * await testFlow(body).catch((error: unknown) => {
 *   if (error instanceof TestingError && error.code === 'UNLIKE') console.log(error.message); // both diagrams
 * });
 */
export class TestingError extends RoutiluxError {
  override readonly name = 'TestingError';
  declare readonly code: TestingErrorCode;
}

// A drawing is the test's own, and what would be cut off is the mark below the first difference.
const wholeOf = (message: string, report: unknown): string => (typeof report === 'string' ? report : message);

export const testingError = errorsOf(
  sentences,
  (code, message, parts) => new TestingError(code, wholeOf(message, parts.details?.['report']), parts),
);
