import { type Json, Misfit, READABLE } from '../prelude/jsonValue.js';
import { writeValue } from '../prelude/writeValue.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { type Copy, otherCopyOf, OWN } from '../prelude/Copy.js';
import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import { isUuid } from '../prelude/uuid.js';

/** A value that is not what its place takes, below a path. */
interface Misplaced {
  readonly where: string;
  readonly path: string;
  readonly got: string;
  readonly expected: string;
}

/**
 * Every way to describe or to use a flow wrongly: its code, the facts it needs, and the sentence that names the
 * offender and the remedy. The codes are stable; the sentences are not.
 */
const sentences = {
  BAD_OPTION: (d: { option: string; value: unknown; expected: string }) =>
    `Option '${d.option}' is ${show(d.value)}; give ${d.expected}.`,
  BAD_STRATEGY: (d: { strategy: unknown; known: readonly string[] }) =>
    `There is no strategy ${show(d.strategy)}; choose one of ${d.known.map((name) => `'${name}'`).join(', ')}.`,
  BAD_NAME: (d: { what: string; value: unknown }) =>
    `${show(d.value)} cannot be the name of a ${d.what}; give a non-empty string.`,
  BAD_PAYLOAD: (d: { where: string; value: unknown }) =>
    `${d.where} takes one plain object, not ${show(d.value)}; wrap the value, as in { value: … }.`,
  NOT_CLONABLE: (d: Misplaced) =>
    `${d.where} cannot be cloned: ${d.path === '' ? 'it' : d.path} is ${d.got}, expected ${d.expected}; leave it out, or choose isolation 'shallow' or 'freeze'.`,
  DUPLICATE_SLOT: (d: { routineId: string; routine?: string; slot: string }) =>
    `Routine '${d.routine ?? d.routineId}' already has a slot '${d.slot}'; give the second one another name.`,
  DUPLICATE_EVENT: (d: { routineId: string; routine?: string; event: string }) =>
    `Routine '${d.routine ?? d.routineId}' already has an event '${d.event}'; give the second one another name.`,
  DUPLICATE_ROUTINE: (d: { flowId: string; routineId: string }) =>
    `${theFlow(d)} already has a routine '${d.routineId}'; give the second one another id.`,
  ROUTINE_TWICE: (d: { flowId: string; routineId: string; knownAs: string }) =>
    `This routine is already in ${inFlow(d)}, as '${d.knownAs}'; make a second instance for '${d.routineId}'.`,
  UNKNOWN_ROUTINE: (d: {
    flowId: string;
    routineId: string;
    routine?: string;
    known: readonly string[];
    type?: string | undefined;
  }) =>
    `${d.type === undefined ? `${theFlow(d)} has no routine '${d.routine ?? d.routineId}'` : `This ${d.type} is not in ${inFlow(d)}`}; it has ${list(d.known, 'routines')}. Add it with addRoutine first.`,
  UNKNOWN_EVENT: (d: { routineId: string; routine?: string; event: string; known: readonly string[] }) =>
    `Routine '${d.routine ?? d.routineId}' has no event '${d.event}'; it has ${list(d.known, 'events')}. Declare it with defineEvent.`,
  UNKNOWN_SLOT: (d: { routineId: string; slot: string; known: readonly string[] }) =>
    `Routine '${d.routineId}' has no slot '${d.slot}'; it has ${list(d.known, 'slots')}. Declare it with defineSlot.`,
  NO_TRIGGER: (d: { flowId: string; routineId: string }) =>
    `Routine '${d.routineId}' of ${inFlow(d)} has no slot 'trigger', so it cannot be an entry; add defineSlot('trigger', handler).`,
  CONFIG_LOCKED: (d: { routineId: string; routine?: string; jobIds: readonly string[] }) =>
    `The config of routine '${d.routine ?? d.routineId}' cannot change while a job uses it (${list(d.jobIds, 'jobs')}); keep what changes in ctx.setState.`,
  UNSUPPORTED: (d: { call: string; lacks: string; instead: string }) =>
    `${d.call} needs ${d.lacks}, which this platform lacks; ${d.instead}.`,
  NO_CONTEXT: (d: { call: string; instead: string }) => `${d.call} finds no running job here; ${d.instead}.`,
  SHUT_DOWN: (d: { flowId: string }) => `${theFlow(d)} has been shut down and takes no new runs; make a new Flow.`,
  WRONG_FLOW: (d: { flowId: string; jobId: string; jobFlowId: string }) =>
    `Job '${d.jobId}' belongs to ${inFlow({ flowId: d.jobFlowId }, 'another flow')}, not to ${inFlow(d)}; ask the flow that started it, or give this one its id (Flow.fromJSON keeps it).`,
  UNKNOWN_JOB: (d: { flowId: string; jobId: string }) =>
    `${theFlow(d)} holds no job '${d.jobId}': another Flow instance started it, or the state is empty; ask that flow, or resume from its JSON.`,
  DUPLICATE_TYPE: (d: { what: string; name: string }) =>
    `The registry already has a ${d.what} '${d.name}'; give the second one another name.`,
  STRUCTURE_CHANGED: (d: { flowId: string; jobId: string }) =>
    `Job '${d.jobId}' was written down on ${inFlow(d)} with another structure; say how it fits with remap, as in { remap: { oldId: 'newId' } }.`,
  NOT_EMPTY: (d: { flowId: string }) =>
    `${theFlow(d)} has routines or jobs of its own, so it cannot be filled; use Flow.fromJSON, or an empty flow.`,
  NOT_SERIALISABLE: (d: Misplaced) =>
    `${d.where} cannot be written down: ${d.path === '' ? 'it' : d.path} is ${d.got}, expected ${d.expected}; keep it out, or put plain data in its place.`,
  JOBS_FULL: (d: { flowId: string; maxJobs: number; maxPendingJobs: number }) =>
    `${theFlow(d)} runs ${d.maxJobs} jobs at once, and ${d.maxPendingJobs} wait; start this one later, or raise maxPendingJobs.`,
  DUPLICATE_JOB: (d: { flowId: string; jobId: string }) =>
    `${theFlow(d)} already has a job '${d.jobId}', which has not ended (see flow.jobs); leave jobId out to start a new one.`,
  TWO_COPIES: (d: { value: unknown; other: Copy; own: Copy }) =>
    `${capital(show(d.value))} is of another copy of routilux, ${showCopy(d.other)}, than what it is given to, ${showCopy(d.own)}; see to it that one copy is loaded, as with npm dedupe.`,
} satisfies Record<string, (details: never) => string>;

/** The codes of a FlowError; the guide on failing says what each means. */
export type FlowErrorCode = keyof typeof sentences;

/**
 * A flow was described or called in a way that cannot work. Thrown at the call, before anything has run. Each method that takes something of
 * a class of this package refuses what is of another copy of it: `TWO_COPIES`.
 *
 * @example
 * const job = flow.start('greeter', { name });
 * // in a server, around that call:
 * const isFull = (error: unknown): boolean => error instanceof FlowError && error.code === 'JOBS_FULL'; // 429
 */
export class FlowError extends RoutiluxError {
  override readonly name = 'FlowError';
  declare readonly code: FlowErrorCode;
}

const makeError = errorsOf(sentences, (code, message, parts) => new FlowError(code, message, parts));

/** What is refused because it is of another copy of this package says so, whatever else it lacks. */
export const flowError: typeof makeError = (code, details, ...cause) =>
  twoCopies((details as { readonly value?: unknown }).value) ?? makeError(code, details, ...cause);

/** FlowError `TWO_COPIES` for a value of another copy of this package (D44). */
export const twoCopies = (value: unknown): FlowError | undefined => {
  const other = otherCopyOf(value);
  return other && makeError('TWO_COPIES', { value, other, own: OWN });
};

const showCopy = ({ version, place }: Copy): string => `${version} (${place})`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

// A flow that nobody has named has a uuid, which tells a reader nothing.
export const inFlow = ({ flowId }: { readonly flowId: string }, unnamed = 'this flow'): string =>
  isUuid(flowId) ? unnamed : `flow '${flowId}'`;

export const theFlow = (d: { readonly flowId: string }): string => capital(inFlow(d));

/** Names as a sentence lists them: at most ten. */
export const list = (names: readonly string[], what: string): string =>
  names.length === 0
    ? `no ${what}`
    : names
        .slice(0, 10)
        .map((name) => `'${name}'`)
        .join(', ') + (names.length > 10 ? ', …' : '');

/** The place of a value that cannot be written down, as an error. */
export const notSerialisable = (where: string, misfit: Misfit): FlowError =>
  flowError('NOT_SERIALISABLE', placeOf(where, misfit), ...thrownAt(misfit));

/** The place of a value that isolation 'clone' cannot copy, as an error. */
export const notClonable = (where: string, misfit: Misfit): FlowError =>
  flowError('NOT_CLONABLE', placeOf(where, misfit), ...thrownAt(misfit));

const placeOf = (where: string, { path, expected, value }: Misfit): Misplaced => ({ where, path, expected, got: show(value) });

/** What a getter has thrown. */
const thrownAt = ({ expected, value }: Misfit): readonly unknown[] => (expected === READABLE ? [value] : []);

/** A value may get a few levels deeper on its way into a snapshot: a slot gathers it in a list, the shared space holds it. */
const DEEPEST_TO_KEEP = 240;
/** A slot may gather several such values. */
const MOST_AGAIN_TO_KEEP = 1_000_000;

/** Refuses (`NOT_SERIALISABLE`) what cannot be written down; `where` names the place in the message. Gives it as it is written. */
export const checkSerialisable = (value: unknown, where: () => string): Json => {
  try {
    return writeValue(value, DEEPEST_TO_KEEP, MOST_AGAIN_TO_KEEP);
  } catch (error) {
    throw error instanceof Misfit ? notSerialisable(where(), error) : error;
  }
};

/** A value as an error names it. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return `'${value.length > 200 ? `${value.slice(0, 200)}…` : value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : instanceName(value);
  return String(value);
};

const instanceName = (value: object): string => {
  try {
    const { name } = value.constructor;
    return isPlainObject(value) || name === '' ? 'an object' : `an instance of ${name}`;
  } catch {
    return 'an object';
  }
};
