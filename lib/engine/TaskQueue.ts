import { RingBuffer } from '../prelude/RingBuffer.js';
import { Attempt } from './Attempt.js';
import { type Emission, restOf } from './Emission.js';
import type { JobRun } from './JobRun.js';

/**
 * The waiting tasks of one job, first in, first out. An emission stands in it once; its tasks leave it one by one, in
 * the order of its connections, so a fan-out to a hundred targets costs one place.
 */
export class TaskQueue {
  readonly #emissions = new RingBuffer<Emission>();
  /** How many routes of the first emission have left. */
  #taken = 0;

  constructor(private readonly run: JobRun) {}

  get isEmpty(): boolean {
    return this.#emissions.length === 0;
  }

  push(emission: Emission): void {
    this.#emissions.push(emission);
  }

  /** Takes the oldest task off the queue, which must not be empty. */
  take(): Attempt {
    const emission = this.#emissions.at(0) as Emission;
    const at = this.#taken++;
    if (this.#taken === emission.routes.length) {
      this.#emissions.shift();
      this.#taken = 0;
    }
    return attemptOf(this.run, emission, at);
  }

  /** Every waiting task, oldest first; they stay where they are. */
  tasks(): readonly Attempt[] {
    return [...this.#emissions].flatMap((emission, at) => tasksOf(this.run, emission, at === 0 ? this.#taken : 0));
  }

  /** Empties the queue and gives what was in it; of an emission handed out in part, the rest. */
  takeAll(): readonly Emission[] {
    const all = [...this.#emissions];
    if (all[0] !== undefined && this.#taken > 0) all[0] = restOf(all[0], this.#taken);
    this.clear();
    return all;
  }

  clear(): void {
    this.#emissions.clear();
    this.#taken = 0;
  }
}

const attemptOf = (run: JobRun, emission: Emission, at: number): Attempt => {
  const route = emission.routes[at];
  if (route === undefined) throw new RangeError('an emission has no task there');
  return new Attempt(run, emission, route, emission.firstPlace + at, emission.tried + 1);
};

/** The tasks of an emission from one of its routes on. */
export const tasksOf = (run: JobRun, emission: Emission, from: number): readonly Attempt[] =>
  emission.routes.slice(from).map((_, at) => attemptOf(run, emission, from + at));
