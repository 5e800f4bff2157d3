import { RingBuffer } from '../prelude/RingBuffer.js';
import { Attempt } from './Attempt.js';
import { type Emission, restOf } from './Emission.js';
import type { Route } from './Plan.js';
import type { JobRun } from './JobRun.js';

/**
 * The waiting tasks of one job, first in, first out. An emission stands in it once; its tasks leave it one by one, in
 * the order of its connections, so a fan-out to a hundred targets costs one place.
 */
export class TaskQueue {
  #emissions = new RingBuffer<Emission>();
  /** How many routes of the first emission have left. */
  #taken = 0;
  #length = 0;
  /** Emissions of one task that were dropped, and stand there still. */
  #dropped: Set<Emission> | undefined = undefined;

  constructor(private readonly run: JobRun) {}

  /** How many tasks wait. */
  get length(): number {
    return this.#length;
  }

  push(emission: Emission): void {
    this.#emissions.push(emission);
    this.#length += emission.routes.length;
  }

  /** Takes the oldest task off the queue, which must not be empty. */
  take(): Attempt {
    if (this.#dropped !== undefined) this.#skip(this.#dropped);
    this.#length--;
    const at = this.#taken;
    const emission = this.#emissions.at(0) as Emission;
    if (at + 1 < emission.routes.length) this.#taken = at + 1;
    else this.#next();
    const route = emission.routes[at] as Route;
    return new Attempt(this.run, emission, route, this.run.cellOf(route.target.node));
  }

  #next(): void {
    this.#emissions.shift();
    this.#taken = 0;
  }

  #skip(dropped: Set<Emission>): void {
    for (let first = this.#emissions.at(0); first !== undefined && dropped.delete(first); first = this.#emissions.at(0))
      this.#emissions.shift();
  }

  /** Drops the task of an emission that has one, wherever it stands. */
  drop(emission: Emission): Attempt {
    const dropped = (this.#dropped ??= new Set());
    dropped.add(emission);
    this.#length--;
    // Once in a while, so that each costs no more than its own place.
    if (dropped.size > this.#length) this.#compact();
    return attemptAt(this.run, emission, 0);
  }

  #compact(): void {
    const left = this.#left();
    this.#emissions = new RingBuffer();
    for (const emission of left) this.#emissions.push(emission);
    this.#dropped = undefined;
  }

  #left(): readonly Emission[] {
    const all = [...this.#emissions];
    const dropped = this.#dropped;
    return dropped === undefined ? all : all.filter((emission) => !dropped.has(emission));
  }

  /** Every waiting task, oldest first; they stay where they are. */
  tasks(): readonly Attempt[] {
    return this.#left().flatMap((emission) => tasksOf(this.run, emission, this.#takenOf(emission)));
  }

  #takenOf(emission: Emission): number {
    return emission === this.#emissions.at(0) ? this.#taken : 0;
  }

  /** Empties the queue and gives what was in it; of an emission handed out in part, the rest. */
  takeAll(): readonly Emission[] {
    const all = this.#left().map((emission) => restOf(emission, this.#takenOf(emission)));
    this.clear();
    return all;
  }

  clear(): void {
    this.#emissions.clear();
    this.#dropped = undefined;
    this.#taken = this.#length = 0;
  }
}

/** The tasks of an emission from one of its routes on, as they are listed, or let go of: none of them is at work. */
export const tasksOf = (run: JobRun, emission: Emission, from: number): readonly Attempt[] =>
  emission.routes.slice(from).map((_, at) => attemptAt(run, emission, from + at));

const attemptAt = (run: JobRun, emission: Emission, at: number): Attempt => {
  const route = emission.routes[at] as Route;
  return new Attempt(run, emission, route, run.cellSeen(route.target.node));
};
