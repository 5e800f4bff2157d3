import { type DecodeOptions, Job, type JobSnapshot, JobState } from '../index.js';
import { describeError } from '../prelude/describeError.js';
import { fileError } from './FileError.js';
import { readText } from './readText.js';
import { replaceFile } from './replaceFile.js';
import { checkCopy } from '../flow/checkCopy.js';
import { checkDecode } from '../wire/oversizes.js';

/**
 * Writes a job to a file, whole or not at all: the JSON goes to a file beside it, to the disk, and then in the place of the
 * old one. Of two saves at once to one path the later to end stands; a process that dies while it saves may leave a file
 * `routilux-….tmp` beside it, which nobody reads. A job that runs is written as it stands at this instant (see `JobState.toJSON`).
 *
 * A new file has mode 0600. One that is there keeps its mode, and its owner and group if the process may give them. Symbolic links
 * are followed; of several hard links only the path given leads to the new file. Windows has no such modes and owners.
 *
 * Rejects with FlowError `NOT_SERIALISABLE`, FileError `NO_JOB`, `UNWRITABLE`.
 *
 * @example
 * await job.pause({ reason: 'moving' });
 * await saveJob('job.json', job);
 */
export const saveJob = async (path: string, job: Job | JobState | JobSnapshot): Promise<void> => {
  const text = textOf(job);
  try {
    await replaceFile(path, text);
  } catch (error) {
    throw fileError('UNWRITABLE', { path, reason: describeError(error).message }, error);
  }
};

// What is no job must not take the place of one.
const textOf = (job: Job | JobState | JobSnapshot): string => {
  const json =
    job instanceof Job || job instanceof JobState ? job.toJSON() : (checkCopy(job) as Partial<JobSnapshot> | undefined);
  if (json?.kind === 'routilux/job') return JSON.stringify(json);
  throw fileError('NO_JOB', { value: Object.prototype.toString.call(job) }, undefined);
};

/**
 * Reads a job from a file that `saveJob` wrote: UTF-8, with or without a byte order mark.
 *
 * Rejects with FileError `NOT_FOUND`, `UNREADABLE`, `BAD_FILE`, the last with the WireError as its cause, if it holds text at all; FlowError
 * `BAD_OPTION`.
 *
 * @example
 * const job = flow.resume(await loadJob('job.json')); // on any host, with the same flow
 */
export const loadJob = async (path: string, options: DecodeOptions = {}): Promise<JobState> => {
  checkDecode(options);
  const text = await readText(path);
  try {
    return JobState.fromJSON(text, options);
  } catch (error) {
    throw fileError('BAD_FILE', { path, reason: describeError(error).message }, error);
  }
};
