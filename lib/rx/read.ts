import type { ObservableInput } from 'rxjs';
import { streamsOf } from '../engine/JobStreams.js';
import type { JobParts } from '../engine/JobParts.js';
import type { Leave, Reading, Room } from '../engine/Reading.js';
import { readStream } from '../engine/readStream.js';
import type { NativeObservable } from '../engine/fromNative.js';
import { iterableIn, nativeIn, pulled, type Stream, streamIn } from '../engine/streamIn.js';
import { tearDown } from '../engine/tearDown.js';
import { flowError } from '../flow/FlowError.js';
import type { Connection } from '../plan/Plan.js';
import { has, isObject } from '../prelude/has.js';
import { macrotask } from '../prelude/macrotask.js';

/** What a job does with the values of a source. */
export interface Sink {
  /** The connections of its values: a source that can wait waits until there is room on them. */
  readonly connections: readonly Connection[];
  /** Takes a value; may throw, which is a failure of the source. */
  readonly give: (value: unknown) => void;
  /** The source has failed, or a value of it could not be given; `told` is to be called when that has been told to the job. */
  readonly fail: (error: unknown, told: () => void) => void;
  /** Nothing comes any more, whatever the reason. */
  readonly end: () => void;
}

/**
 * What can be read into a job: an observable of any library or of the platform, an async or sync iterable, a Node or web
 * readable stream, a promise. An event emitter comes through RxJS: `fromEvent(emitter, 'name')`.
 */
export type Source<T> = ObservableInput<T> | NativeObservable<T>;

/**
 * Reads a source to its end, and keeps the job open meanwhile; gives what stops it. Iterables, streams and promises are asked for
 * a value only when there is room for it, and not while the job is paused; an observable cannot wait, so what it brings is taken
 * as it comes.
 */
export const read = (job: JobParts, source: unknown, sink: Sink): (() => void) => {
  let leaveStream: Leave = () => undefined;
  let over = false;
  const release = streamsOf(job).hold(stop);
  const reading: Reading = {
    give: sink.give,
    end: stop,
    isOver: () => over,
    breathe: macrotask,
    room: roomOf(job, sink.connections),
    fail: (error) => {
      if (over) return;
      over = true;
      leave(error);
      // A paused job hears of it when it goes on; until then the source is where it was.
      sink.fail(error, close);
    },
  };
  try {
    leaveStream = readStream(sourceIn(source), reading);
  } catch (error) {
    stop();
    throw error;
  }
  // It may have ended before there was anything to leave.
  if (over) leave();
  return stop;

  function stop(): void {
    if (over) return;
    over = true;
    leave(whyOver(job));
    close();
  }

  function leave(reason?: unknown): void {
    tearDown(job, 'a source', () => {
      leaveStream(reason);
    });
  }

  function close(): void {
    tearDown(job, 'a source', sink.end);
    release();
  }
};

/** The reason of a job that has ended, in words. */
const whyOver = ({ ledger: { data } }: JobParts): string | undefined => data.reason ?? data.error?.message;

const roomOf = (job: JobParts, connections: readonly Connection[]): Room => ({
  isFree: () => job.run.isOpen && job.room.hasRoom(connections),
  whenFree: (goOn) => {
    // The source is user code, and this may be called inside a step.
    job.room.whenRoom(connections, () => void Promise.resolve().then(goOn));
  },
});

/** @throws FlowError `BAD_OPTION` for what cannot be read */
export const checkSource = (source: unknown): void => {
  sourceIn(source);
};

const sourceIn = (source: unknown): Stream => {
  const stream = isObject(source) ? streamOf(source) : undefined;
  if (stream !== undefined) return stream;
  throw flowError('BAD_OPTION', {
    option: 'source',
    value: source,
    expected: 'an observable, an iterable, a readable stream or a promise (for an event emitter fromEvent(emitter, name))',
  });
};

const streamOf = (source: object): Stream | undefined =>
  streamIn(source) ??
  (has(source, 'then')
    ? pulled(source, () => valueOf(source as PromiseLike<unknown>))
    : (iterableIn(source) ?? nativeIn(source)));

async function* valueOf(promise: PromiseLike<unknown>): AsyncGenerator {
  yield await promise;
}
