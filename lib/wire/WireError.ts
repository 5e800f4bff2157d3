import { describeMismatch, type Mismatch, preview } from '../flow/Codec.js';
import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';

/** Every way in which JSON cannot be turned into a flow or a job. */
const sentences = {
  BAD_JSON: (d: { what: string; mismatches: readonly Mismatch[] }) =>
    `This is no ${d.what}: ${d.mismatches.map((each) => describeMismatch('it', each)).join('; ')}`,
  UNKNOWN_VERSION: (d: { what: string; version: unknown; newest: number }) =>
    `This ${d.what} has version ${preview(d.version)}, and this routilux reads versions up to ${d.newest}; use a newer one.`,
  NOT_CONSTRUCTIBLE: (d: { type: string; routineId: string; reason: string }) =>
    `The factory of type '${d.type}' made no routine for '${d.routineId}' (${d.reason}); register a function without arguments that gives a new Routine.`,
} satisfies Record<string, (details: never) => string>;

/** The codes of a WireError; the guide on failing says what each means. */
export type WireErrorCode = keyof typeof sentences;

/**
 * JSON that cannot be read. Nothing has been made of it, and `details.mismatches` lists path, expectation and value.
 *
 * @example
 * const readOrTell = (text: string): JobState | string => {
 *   try {
 *     return JobState.fromJSON(text);
 *   } catch (error) {
 *     return error instanceof WireError ? error.message : 'no JSON at all';
 *   }
 * };
 */
export class WireError extends RoutiluxError {
  override readonly name = 'WireError';
  declare readonly code: WireErrorCode;
}

export const wireError = errorsOf(sentences, (code, message, parts) => new WireError(code, message, parts));
