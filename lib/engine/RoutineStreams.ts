import type { Routine } from '../plan/Plan.js';
import { reachableFrom } from '../plan/reachableFrom.js';
import { kindOf, type Stream, type StreamingJob } from './streamKinds.js';

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
      const stream = kindOf(routine.described)?.open(this.job, routine, this.job.ledger.data.streams.get(routine.id) ?? []);
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
