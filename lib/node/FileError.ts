import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';

/** Every way in which a file fails, with the sentence that names it. */
const sentences = {
  NOT_FOUND: ({ path }: { path: string }) => `There is no file '${path}'.`,
  NO_JOB: ({ value }: { value: string }) => `${value} is no job to save; give a Job, a JobState, or what job.snapshot() gave.`,
  UNREADABLE: ({ path, reason }: { path: string; reason: string }) => `File '${path}' cannot be read: ${reason}`,
  UNWRITABLE: ({ path, reason }: { path: string; reason: string }) =>
    `File '${path}' cannot be written; what was there before, if anything, stands: ${reason}`,
  BAD_FILE: ({ path, reason }: { path: string; reason: string }) => `File '${path}' holds no job: ${reason}`,
} satisfies Record<string, (details: never) => string>;

/** The codes of a FileError; the guide on failing says what each means. */
export type FileErrorCode = keyof typeof sentences;

/**
 * A file could not be read or written. `cause` is what the platform, or the reader of its content, said.
 *
 * @example
 * const left = await loadJob('job.json').catch((error: unknown) => {
 *   if (error instanceof FileError && error.code === 'NOT_FOUND') return undefined; // a first start
 *   throw error;
 * });
 */
export class FileError extends RoutiluxError {
  override readonly name = 'FileError';
  declare readonly code: FileErrorCode;
}

export const fileError = errorsOf(sentences, (code, message, parts) => new FileError(code, message, parts));
