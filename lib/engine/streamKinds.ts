import type { StreamState } from '../job/StreamState.js';
import type { Data } from '../flow/Data.js';
import type { DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { Ledger } from '../job/Ledger.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { Event, Routine, Slot } from '../plan/Plan.js';

/** A stream that a routine keeps in one job: an operator at work. */
export interface Stream {
  /** Whether its input has not completed yet. */
  readonly isOpen: boolean;
  /** Completes its input: what it holds back comes out. */
  complete(): void;
  /** The job has ended: it is unsubscribed from, and nothing comes out. */
  stop(): void;
}

/** A job as the streams of its routines see it. */
export interface StreamingJob {
  readonly plan: { readonly routines: ReadonlyMap<string, Routine> };
  readonly ledger: Ledger;
  readonly routines: { of(routine: Routine): RoutineData };
  readonly life: { readonly isOver: boolean };
  readonly emissions: { give(event: Event, payload: Data, given: () => void): void };
  readonly streams: Holding | undefined;
}

/** What keeps a job open without a task. */
interface Holding {
  hold(stop: () => void): () => void;
  failAt(slot: Slot, error: unknown, told?: () => void): void;
}

/** A kind of routine that keeps streams. */
export interface StreamKind {
  /**
   * The stream of the routine in a job: opened at its start, or with the states of its streams if it is taken up;
   * undefined if the routine has no stream that completes with the job.
   */
  open(job: StreamingJob, routine: Routine, left: Iterable<StreamState>): Stream | undefined;
}

const kinds = new WeakMap<DescribedRoutine, StreamKind>();

/** Notes that a routine keeps streams: for `keepStreams`. */
export const noteKind = <P extends DescribedRoutine>(routine: P, kind: StreamKind): P => {
  kinds.set(routine, kind);
  return routine;
};

/** Makes a routine one that keeps no streams. */
export const dropStreams = (routine: DescribedRoutine): void => void kinds.delete(routine);

/** Whether a routine keeps streams, as a plan notes it. */
export const keepsStreams = (routine: DescribedRoutine): boolean => kinds.has(routine);

/** The kind of a routine that keeps streams. */
export const kindOf = (routine: DescribedRoutine): StreamKind | undefined => kinds.get(routine);

/** The streams of a job, for whoever begins it. */
interface Streams {
  open(): void;
  after(work: () => void): void;
}

/** Gives a job its streams. It comes with the first routine that keeps some: a page without such routines does not ship it. */
export let streamsFor: (job: never) => Streams;

export const bringStreams = (streamsOf: typeof streamsFor): void => {
  streamsFor = streamsOf;
};
