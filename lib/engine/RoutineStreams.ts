import type { StreamState } from '../job/StreamState.js';
import type { Data } from '../flow/Data.js';
import type { DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { Ledger } from '../job/Ledger.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { Event, Routine, Slot } from '../plan/Plan.js';
import { reachableFrom } from '../plan/reachableFrom.js';

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
  readonly emissions: { give(event: Event, payload: Data): void };
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
  open(job: StreamingJob, routine: Routine, left: readonly StreamState[]): Stream | undefined;
}

const kinds = new WeakMap<DescribedRoutine, StreamKind>();

/** Makes a routine one that keeps streams. */
export const keepStreams = <P extends DescribedRoutine>(routine: P, kind: StreamKind): P => {
  kinds.set(routine, kind);
  return routine;
};

/** Makes a routine one that keeps no streams. */
export const dropStreams = (routine: DescribedRoutine): void => void kinds.delete(routine);

/** Whether a routine keeps streams, as a plan notes it. */
export const keepsStreams = (routine: DescribedRoutine): boolean => kinds.has(routine);

/** The streams of one job that complete when it comes to rest. */
export class RoutineStreams {
  readonly #streams = new Map<Routine, Stream | undefined>();
  readonly #reach = new Map<Routine, ReadonlySet<Routine>>();

  constructor(private readonly job: StreamingJob) {}

  /** Opens the streams of all routines that the entry leads to, and of those that had some before. */
  openAll(entry: Routine | undefined): void {
    const reached = entry === undefined ? [] : [entry, ...this.#reachedBy(entry)];
    const left = [...this.job.ledger.data.streams.keys()].flatMap((id) => this.job.plan.routines.get(id) ?? []);
    for (const routine of [...reached, ...left]) if (!this.job.life.isOver) this.at(routine);
  }

  /** The stream of a routine; opened now if nothing seemed to lead there. */
  at(routine: Routine): Stream | undefined {
    if (!routine.keepsStreams) return undefined;
    if (!this.#streams.has(routine)) {
      // Before it is open: it may emit at once, and that may come back to it.
      this.#streams.set(routine, undefined);
      const stream = kinds.get(routine.described)?.open(this.job, routine, this.job.ledger.data.streams.get(routine.id) ?? []);
      this.#streams.set(routine, stream);
      if (this.job.life.isOver) stream?.stop();
    }
    return this.#streams.get(routine);
  }

  /** The streams to complete next: no other open stream leads to them, unless it is in a cycle with them. */
  get next(): readonly Stream[] {
    const open = [...this.#streams].flatMap(([routine, stream]) => (stream?.isOpen === true ? [{ routine, stream }] : []));
    const isBehind = (one: Routine, other: Routine): boolean =>
      this.#reachedBy(other).has(one) && !this.#reachedBy(one).has(other);
    return open.filter(({ routine }) => !open.some((other) => isBehind(routine, other.routine))).map(({ stream }) => stream);
  }

  stop(): void {
    for (const stream of this.#streams.values()) stream?.stop();
  }

  #reachedBy(routine: Routine): ReadonlySet<Routine> {
    const reached = this.#reach.get(routine) ?? reachableFrom(routine);
    this.#reach.set(routine, reached);
    return reached;
  }
}
