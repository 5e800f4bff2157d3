import { Observable, type ObservableInput, type Subscribable, takeWhile } from 'rxjs';
import { streamsOf } from '../engine/JobStreams.js';
import type { JobParts } from '../engine/JobParts.js';
import { tearDown } from '../engine/tearDown.js';
import { flowError } from '../flow/FlowError.js';
import type { Connection } from '../plan/Plan.js';
import { has, OBSERVABLE } from '../prelude/has.js';
import { macrotask } from '../prelude/macrotask.js';
import { fromNative, isNative, type NativeObservable } from './native.js';

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

/** A web stream. */
interface WebStream<T> {
  getReader(): { read(): Promise<IteratorResult<T, unknown>>; cancel(): Promise<void> };
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
  let stopReading = (): void => undefined;
  let over = false;
  const release = streamsOf(job).hold(stop);
  const reading: Reading = {
    ...sink,
    end: stop,
    isOver: () => over,
    fail: (error) => {
      if (over) return;
      over = true;
      tearDown(job, 'a source', stopReading);
      // A paused job hears of it when it goes on; until then the source is where it was.
      sink.fail(error, close);
    },
  };
  try {
    const pulled = iteratorOf(source);
    stopReading = pulled === undefined ? push(pushed(source), reading) : pull(job, pulled, source, reading);
  } catch (error) {
    stop();
    throw error;
  }
  // It may have ended before there was anything to stop.
  if (over) tearDown(job, 'a source', stopReading);
  return stop;

  function stop(): void {
    if (over) return;
    over = true;
    tearDown(job, 'a source', stopReading);
    close();
  }

  function close(): void {
    tearDown(job, 'a source', sink.end);
    release();
  }
};

interface Reading extends Omit<Sink, 'fail'> {
  readonly fail: (error: unknown) => void;
  /** Whether nothing is to be given any more. */
  readonly isOver: () => boolean;
}

/** @throws FlowError `BAD_OPTION` for what cannot be read */
export const checkSource = (source: unknown): void => {
  if (iteratorOf(source) === undefined) pushed(source);
};

// ── what can wait ─────────────────────────────────────────────────────────────────────────────────────────────────

type Pulled = Iterator<unknown> | AsyncIterator<unknown>;

/** Made when reading begins: most iterables can be read once. */
type Pullable = () => Pulled;

const iteratorOf = (source: unknown): Pullable | undefined => {
  if (typeof source !== 'object' || source === null || isObservable(source)) return undefined;
  if (has(source, 'getReader')) return () => valuesOf(source as WebStream<unknown>);
  if (has(source, Symbol.asyncIterator)) return () => (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (has(source, 'then')) return () => valueOf(source as PromiseLike<unknown>);
  if (has(source, Symbol.iterator)) return () => (source as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
};

// By its reader, which can be cancelled also while it waits for a value; its async iterator answers only after that.
const valuesOf = (stream: WebStream<unknown>): AsyncIterator<unknown> => {
  const reader = stream.getReader();
  return {
    next: () => reader.read(),
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
};

async function* valueOf(promise: PromiseLike<unknown>): AsyncGenerator {
  yield await promise;
}

/** After so many values in one go others get their turn: a source may never have to wait. */
const BREATH = 256;

type Step = IteratorResult<unknown>;

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && has(value, 'then');

const checkStep = (step: Step): Step => {
  if (typeof (step as Step | undefined) === 'object') return step;
  throw new TypeError('The iterator of a source gave no object; it has to give { done, value }.');
};

/** Whether a source that can wait may bring a value on these connections now. */
const hasRoom = ({ run, room }: JobParts, connections: readonly Connection[]): boolean => run.isOpen && room.hasRoom(connections);

const pull = (job: JobParts, open: Pullable, source: unknown, { connections, give, fail, end }: Reading): (() => void) => {
  const iterator = open();
  let stopped = false;
  let broken = false;

  const room = async (): Promise<void> => {
    while (!stopped && !hasRoom(job, connections)) await new Promise<void>((wake) => void job.room.whenRoom(connections, wake));
  };

  // One that throws when it is asked has ended by that.
  const broke = (error: unknown): never => {
    broken = true;
    throw error;
  };

  const ask = (): Step | Promise<Step> => {
    try {
      const asked = iterator.next();
      return isPromise(asked) ? Promise.resolve(asked).then(checkStep, broke) : checkStep(asked);
    } catch (error) {
      return broke(error);
    }
  };

  const readOn = async (): Promise<void> => {
    for (let count = 1; ; count++) {
      if (!hasRoom(job, connections)) await room();
      if (stopped) return;
      const asked = ask();
      const step = isPromise(asked) ? await asked : asked;
      // The job may have been paused meanwhile.
      if (!hasRoom(job, connections)) await room();
      if (stopped || step.done === true) return;
      give(step.value);
      if (count % BREATH === 0) await new Promise<void>((wake) => void macrotask(wake));
    }
  };

  readOn().then(() => {
    if (stopped) return;
    stopped = true;
    end();
  }, fail);

  return () => {
    if (stopped) return;
    stopped = true;
    void leave(broken ? undefined : iterator, source);
  };
};

/** Lets go of a source that is not at its end. What it answers is nobody's any more. */
const leave = async (iterator: Pulled | undefined, source: unknown): Promise<void> => {
  try {
    // One that waits for its next value would hear of it only then.
    free(source as Partial<Record<'destroy' | 'close', () => void>>);
    await iterator?.return?.();
  } catch {
    // The source has been left; there is nobody to be told.
  }
};

/** Closes what is behind an iterator: the descriptor of a file, a reader of lines. */
const free = (source: Partial<Record<'destroy' | 'close', () => void>>): void => {
  if (typeof source.destroy === 'function') source.destroy();
  else if (typeof source.close === 'function') source.close();
};

// ── what cannot ───────────────────────────────────────────────────────────────────────────────────────────────────

const isObservable = (source: object): boolean => has(source, OBSERVABLE) || has(source, '@@observable');

// By hand: RxJS looks for one key only, the one that there was when it was loaded.
const observableOf = (source: object): Observable<unknown> =>
  new Observable((observer) => {
    const key = has(source, OBSERVABLE) ? OBSERVABLE : '@@observable';
    return (source as Record<PropertyKey, () => Subscribable<unknown>>)[key]?.().subscribe(observer);
  });

const pushed = (source: unknown): Observable<unknown> => {
  if (typeof source === 'object' && source !== null) {
    if (isObservable(source)) return observableOf(source);
    if (isNative(source)) return fromNative(source);
  }
  throw flowError('BAD_OPTION', {
    option: 'source',
    value: source,
    expected: 'an observable, an iterable, a readable stream or a promise (for an event emitter fromEvent(emitter, name))',
  });
};

const push = (source$: Observable<unknown>, { give, fail, end, isOver }: Reading): (() => void) => {
  // An error thrown while a value is taken would be nobody's.
  const next = (value: unknown): void => {
    try {
      give(value);
    } catch (error) {
      fail(error);
    }
  };
  // A source that emits without a pause is left at the next value.
  // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the job that says when to stop
  const subscription = source$.pipe(takeWhile(() => !isOver())).subscribe({ next, error: fail, complete: end });
  return () => {
    subscription.unsubscribe();
  };
};
