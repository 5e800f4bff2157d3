import { slices } from '../../lib/engine/slices.js';
import { turn } from './virtualTime.js';
import {
  type Context,
  type Data,
  Flow,
  type FlowOptions,
  type Handler,
  type Job,
  type JobRecord,
  Routine,
  type SlotOptions,
} from '../../lib/index.js';

/** What a routine of a spec is made of: handlers by slot, and the names of its events. */
export interface Sketch {
  readonly slots?: Readonly<Record<string, Handler | undefined | readonly [Handler | undefined, SlotOptions]>>;
  readonly events?: readonly string[];
}

/** A routine from a sketch; without events named it has `o`. */
export const routine = ({ slots = {}, events = ['o'] }: Sketch): Routine => {
  const made = new Routine();
  for (const event of events) made.defineEvent(event);
  for (const [name, slot] of Object.entries(slots)) {
    if (typeof slot === 'function' || slot === undefined) made.defineSlot(name, slot);
    else made.defineSlot(name, ...slot);
  }
  return made;
};

/**
 * A flow from sketches and links. A link is written `s.o -> t.i`; links of one event are made in the order given.
 *
 * @example
 * flowOf({ s: { slots: { trigger: (_, ctx) => ctx.emit('o', { v: 1 }) } }, t: { slots: { i: log } } }, ['s.o -> t.i']);
 */
export const flowOf = (
  sketches: Readonly<Record<string, Sketch>>,
  links: readonly string[] = [],
  options: FlowOptions = {},
): Flow => {
  const flow = new Flow(options);
  for (const [id, sketch] of Object.entries(sketches)) flow.addRoutine(routine(sketch), id);
  for (const link of links) flow.connect(...ends(link));
  return flow;
};

const ends = (link: string): [string, string, string, string] => {
  const parts = /^(\w+)\.(\w+) -> (\w+)\.(\w+)$/.exec(link);
  if (parts === null) throw new Error(`a link is written 's.o -> t.i', not '${link}'`);
  return parts.slice(1, 5) as [string, string, string, string];
};

/** A trigger that emits each of the payloads on `o`, in order. */
export const emitting =
  (...payloads: readonly Data[]): Handler =>
  (_, ctx) => {
    for (const payload of payloads) ctx.emit('o', payload);
  };

/** Hands its payload on, on `o`. */
export const forward = (data: Data, ctx: Context): void => {
  ctx.emit('o', { ...data });
};

/** A handler that notes a word, or what a function makes of its payload, and does nothing else. */
export const noting =
  <T>(log: T[], word: T | ((data: Data) => T)): Handler =>
  (data) => {
    log.push(typeof word === 'function' ? (word as (data: Data) => T)(data) : word);
  };

/** What waits and what is at work, as `progress$` tells it now. */
export const progressOf = (job: Job): string => {
  let seen = '';
  job.progress$.subscribe(({ queued, active }) => (seen = `${queued}/${active}`)).unsubscribe();
  return seen;
};

/** The records of a job from now on; the list grows as they are told. */
export const recordsOf = (job: Job): JobRecord[] => {
  const records: JobRecord[] = [];
  job.record$.subscribe((record) => records.push(record));
  return records;
};

/** Resolves after real time, in ms, and when the flows have run what they could: the slice of the process may be over on a busy machine. */
export const sleep = async (ms: number): Promise<void> => {
  await new Promise((resolve) => void setTimeout(resolve, ms));
  if (slices.isAwaited()) await turn();
};

/** A promise with its ends in hand. */
export const deferred = <T = void>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } => {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
};
