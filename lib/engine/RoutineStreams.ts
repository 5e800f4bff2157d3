import { type Knot, knotsOf } from '../plan/knots.js';
import type { Routine } from '../plan/Plan.js';
import { reachableFrom } from '../plan/reachableFrom.js';
import { kindOf, type Stream, type StreamingJob } from './streamKinds.js';

/** A stream, in the order in which they were opened; undefined while it is being opened, or if the routine has none. */
interface Kept {
  readonly nth: number;
  stream: Stream | undefined;
}

/** The streams of one job that complete when it comes to rest. */
export class RoutineStreams {
  readonly #streams = new Map<Routine, Kept>();
  /** The knots without an open stream before them, and of the others how many of those right before them may have one (D46). */
  #front: Iterable<Knot> = [];
  #before = new Map<Knot, number>();
  /** How many streams there were when this was looked at. */
  #known = 0;

  constructor(private readonly job: StreamingJob) {}

  /** Opens the streams of all routines that the entry leads to, and of those that had some before. */
  openAll(entry: Routine | undefined): void {
    const reached = entry === undefined ? [] : [entry, ...reachableFrom(entry)];
    const left = [...this.job.ledger.data.streams.keys()].flatMap((id) => this.job.plan.routines.get(id) ?? []);
    for (const routine of [...reached, ...left]) if (!this.job.life.isOver) this.at(routine);
  }

  /** The stream of a routine; opened now if nothing seemed to lead there. */
  at(routine: Routine): Stream | undefined {
    if (!routine.keepsStreams) return undefined;
    return (this.#streams.get(routine) ?? this.#open(routine)).stream;
  }

  #open(routine: Routine): Kept {
    // Before it is open: it may emit at once, and that may come back to it.
    const kept: Kept = { nth: this.#streams.size, stream: undefined };
    this.#streams.set(routine, kept);
    kept.stream = kindOf(routine.described)?.open(this.job, routine, this.job.ledger.data.streams.get(routine.id) ?? []);
    if (this.job.life.isOver) kept.stream?.stop();
    return kept;
  }

  /** The streams to complete next: no other open stream leads to them, unless it is in a cycle with them. */
  get next(): readonly Stream[] {
    if (this.#known !== this.#streams.size) this.#lookFromTheStart();
    const next: Kept[] = [];
    const front = new Set(this.#front);
    // What comes to the front meanwhile is visited too.
    for (const knot of front) {
      const open = this.#openIn(knot);
      for (const kept of open) next.push(kept);
      if (open.length === 0) this.#pass(knot, front);
    }
    this.#front = front;
    return next.sort((a, b) => a.nth - b.nth).map(({ stream }) => stream as Stream);
  }

  #lookFromTheStart(): void {
    this.#known = this.#streams.size;
    this.#before = new Map();
    this.#front = knotsIn(this.job.plan).filter(({ before }) => before === 0);
  }

  #openIn({ routines }: Knot): readonly Kept[] {
    return routines.flatMap((routine) => {
      const kept = this.#streams.get(routine);
      return kept?.stream?.isOpen === true ? [kept] : [];
    });
  }

  /** Nothing before a knot, and nothing in it, is open: those behind it come to the front of which it was the last. */
  #pass(knot: Knot, front: Set<Knot>): void {
    front.delete(knot);
    for (const next of knot.next) {
      const before = (this.#before.get(next) ?? next.before) - 1;
      this.#before.set(next, before);
      if (before === 0) front.add(next);
    }
  }

  stop(): void {
    for (const { stream } of this.#streams.values()) stream?.stop();
  }
}

type Plan = StreamingJob['plan'];

/** The knots of a plan, for all its jobs. */
const knots = new WeakMap<Plan, readonly Knot[]>();

const knotsIn = (plan: Plan): readonly Knot[] => {
  const known = knots.get(plan) ?? knotsOf(plan.routines.values());
  knots.set(plan, known);
  return known;
};
