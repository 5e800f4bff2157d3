import { hash } from '../prelude/hash.js';

/* Where the parts of a job stand: keys of one kind are in the order in which they are read. */

/** The kinds of rows of a job that are gone with its end. */
export const LEFT_TO_DO = ['task', 'later', 'claim', 'wait', 'deferred'] as const;

/** All kinds of rows of a job. */
export const KINDS = [
  ...LEFT_TO_DO,
  ...['job', 'history', 'kept', 'routine', 'state', 'held', 'item', 'shared', 'log', 'output', 'pause', 'answered'],
] as const;

const DIGITS = 16;

/** A number that sorts as a text. */
export const pad = (n: number): string => String(n).padStart(DIGITS, '0');

/** A task that waits in the order of its emission. */
export const taskKey = (order: number, place: number): string => `${pad(order)}.${pad(place)}`;

/** One that stands behind all that were emitted before `order`: a retry, or one that has come due. */
export const behindKey = (order: number, nth: number): string => `${pad(order)}!${pad(nth)}`;

/** One that stands before all that wait: of an event that was deferred, at the so-manieth resume. */
export const beforeKey = (resume: number, nth: number): string => `${pad(0)}!${pad(Number.MAX_SAFE_INTEGER - resume)}${pad(nth)}`;

/** Where a job stands that is due at an instant, epoch ms. */
export const dueKey = (at: number, jobId: string): string => `${pad(Math.ceil(at))}:${jobId}`;

export const instantIn = (key: string): number => Number(key.slice(0, key.indexOf(':')));

/** Where an index has a token of a job: all that stands behind `tokenKey` of a token, and begins with it, is of that token. */
export const tokenKey = (token: string): string => `${token}\u0001`;
export const underToken = (token: string, jobId: string): string => `${tokenKey(token)}${jobId}`;

export const tokenIn = (key: string): string => key.slice(0, key.indexOf('\u0001'));

/** Stores bound their keys. */
const LONGEST = 512;

/** Names in one key; long ones by their hash. */
export const keyOf = (...names: readonly string[]): string => {
  const key = JSON.stringify(names);
  return key.length <= LONGEST ? key : `#${hash(key)}`;
};
