import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { type JobError, notStarted, whyNot } from './JobError.js';
import type { JobStatus } from './JobStatus.js';

/** The end of a job, as far as it says why. */
interface End {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly error?: unknown;
  readonly reason?: string | undefined;
}

/** Runs a job, with failure in the type: one that did not complete, or could not start, is a `Left`. */
export const eitherOf = async <S extends End>(run: () => Promise<S>): Promise<Either<JobError, S>> => {
  try {
    const state = await run();
    return state.status === 'completed' ? right(state) : left(whyNot(state));
  } catch (error) {
    return left(notStarted(error));
  }
};

/** The end of a job that has completed. @throws JobError if it has not */
export const completedOrThrow = <S extends End>(state: S): S => {
  if (state.status === 'completed') return state;
  throw whyNot(state);
};
