import type { Origin } from './Emission.js';
import type { Route } from './Plan.js';
import { Task } from './Task.js';

/**
 * The waiting tasks of one job, first in, first out: a ring of two cells for each, its connection and what it is of. So the tasks
 * of a fan-out share their emission, and a task that waits costs no object.
 */
export class TaskQueue<R> {
  #cells: unknown[] = [];
  #head = 0;
  /** Places that are taken, also by tasks that were dropped. */
  #used = 0;
  #length = 0;
  /** Tasks that were dropped, by what they are of, and stand there still. */
  #dropped: Set<Origin<R>> | undefined = undefined;

  /** How many tasks wait. */
  get length(): number {
    return this.#length;
  }

  push(route: Route, origin: Origin<R>): void {
    if (this.#used * 2 === this.#cells.length) this.#grow();
    const at = this.#cellOf(this.#used++);
    this.#cells[at] = route;
    this.#cells[at + 1] = origin;
    this.#length++;
  }

  #cellOf(place: number): number {
    return (this.#head + place * 2) & (this.#cells.length - 1);
  }

  #grow(): void {
    const old = this.#cells;
    const cells = new Array<unknown>(Math.max(old.length * 2, 8));
    for (let at = 0; at < old.length; at++) cells[at] = old[(this.#head + at) & (old.length - 1)];
    this.#cells = cells;
    this.#head = 0;
  }

  /** The connection of the oldest task, which `take` takes off; the queue must not be empty. */
  get first(): Route {
    if (this.#dropped !== undefined) this.#skip(this.#dropped);
    return this.#cells[this.#head] as Route;
  }

  /** Takes the oldest task off, after a look at `first`. */
  take(): Origin<R> {
    const origin = this.#cells[this.#head + 1] as Origin<R>;
    this.#shift();
    this.#length--;
    return origin;
  }

  #shift(): void {
    const head = this.#head;
    this.#cells[head] = this.#cells[head + 1] = undefined;
    this.#head = this.#cellOf(1);
    this.#used--;
  }

  #skip(dropped: Set<Origin<R>>): void {
    while (this.#used > 0 && dropped.delete(this.#cells[this.#head + 1] as Origin<R>)) this.#shift();
  }

  /** Drops a task, wherever it stands; what it is of must be of no other task. */
  drop({ origin }: Task<R>): void {
    const dropped = (this.#dropped ??= new Set());
    dropped.add(origin);
    this.#length--;
    // Once in a while, so that each costs no more than its own place.
    if (dropped.size > this.#length) this.#compact();
  }

  #compact(): void {
    for (const { route, origin } of this.takeAll()) this.push(route, origin);
  }

  /** Every waiting task, oldest first; they stay in the queue. */
  tasks(): readonly Task<R>[] {
    const all: Task<R>[] = [];
    for (let place = 0; place < this.#used; place++) {
      const at = this.#cellOf(place);
      const origin = this.#cells[at + 1] as Origin<R>;
      if (this.#dropped?.has(origin) !== true) all.push(new Task(origin, this.#cells[at] as Route));
    }
    return all;
  }

  /** Empties the queue, and gives what was in it. */
  takeAll(): readonly Task<R>[] {
    const all = this.tasks();
    this.clear();
    return all;
  }

  clear(): void {
    this.#cells = [];
    this.#dropped = undefined;
    this.#head = this.#used = this.#length = 0;
  }
}
