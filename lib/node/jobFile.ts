import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type DecodeOptions, Job, type JobSnapshot, JobState } from '../index.js';
import { describeError } from '../prelude/describeError.js';
import { fileError } from './FileError.js';

/**
 * Writes a job to a file, whole or not at all: the JSON goes to a file beside it, to the disk, and then in the place of the
 * old one. Of two saves at once to one path the later to end stands; a process that dies while it saves may leave a file
 * `….tmp` beside it, which nobody reads. A job that runs is written as it stands at this instant (see `JobState.toJSON`).
 *
 * Rejects with FlowError `NOT_SERIALISABLE`, FileError `NO_JOB`, `UNWRITABLE`.
 */
export const saveJob = async (path: string, job: Job | JobState | JobSnapshot): Promise<void> => {
  const text = textOf(job);
  try {
    await replaceFile(resolve(path), text);
  } catch (error) {
    throw fileError('UNWRITABLE', { path, reason: describeError(error).message }, error);
  }
};

// What is no job must not take the place of one.
const textOf = (job: Job | JobState | JobSnapshot): string => {
  const json = job instanceof Job || job instanceof JobState ? job.toJSON() : (job as Partial<JobSnapshot> | undefined);
  if (json?.kind === 'routilux/job') return JSON.stringify(json);
  throw fileError('NO_JOB', { value: Object.prototype.toString.call(job) }, undefined);
};

/**
 * Reads a job from a file that `saveJob` wrote.
 *
 * Rejects with FileError `NOT_FOUND`, `UNREADABLE`, `BAD_FILE`, the last with the WireError as its cause.
 */
export const loadJob = async (path: string, options?: DecodeOptions): Promise<JobState> => {
  const text = await readText(path);
  try {
    return JobState.fromJSON(text, options);
  } catch (error) {
    throw fileError('BAD_FILE', { path, reason: describeError(error).message }, error);
  }
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') throw fileError('NOT_FOUND', { path }, error);
    throw fileError('UNREADABLE', { path, reason: describeError(error).message }, error);
  }
};

const replaceFile = async (path: string, text: string): Promise<void> => {
  // In the same folder, since a rename does not cross file systems; with a name of its own, since two may save at once.
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    await writeThrough(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
};

const writeThrough = async (path: string, text: string): Promise<void> =>
  withFile(path, 'wx', async (file) => {
    await file.writeFile(text);
    await file.sync();
  });

/** A rename is safe only when the folder is on the disk too; Windows has no such call, and does it by itself. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform !== 'win32') await withFile(path, 'r', (folder) => folder.sync());
};

const withFile = async (path: string, flags: string, work: (file: FileHandle) => Promise<void>): Promise<void> => {
  const file = await open(path, flags);
  try {
    await work(file);
  } finally {
    await file.close();
  }
};
