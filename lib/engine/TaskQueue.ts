import type { Connection } from '../plan/Plan.js';
import { RingBuffer } from '../prelude/RingBuffer.js';
import type { Origin } from './Emission.js';
import { Task } from './Task.js';

/** The cells of a whole chunk. */
const CHUNK = 1024;

/**
 * The waiting tasks of one job, first in, first out: two cells for each, its connection and what it is of. So the tasks of a
 * fan-out share their emission, and a task that waits costs no object. A small queue is one array that grows; beyond a chunk it is a
 * chain of them. (One array for all is copied as it grows, and V8 notes every young object that is put into a large one: with 50,000
 * waiting, 150 ns more per task.)
 */
export class TaskQueue<R> {
  /** The chunk that tasks are taken from, and the one that they are put into. */
  #front: unknown[] = [];
  #back = this.#front;
  #between: RingBuffer<unknown[]> | undefined = undefined;
  /** How many cells of the first have been taken, and how many of the last are filled. */
  #taken = 0;
  #filled = 0;
  /** Tasks that were dropped, by what they are of, and stand there still. */
  #dropped: Set<Origin<R>> | undefined = undefined;

  /** How many tasks wait. Written here alone. */
  length = 0;

  /** Adds a task; gives how many wait now. */
  push(connection: Connection, origin: Origin<R>): number {
    if (this.#filled === this.#back.length) this.#makeRoom();
    const back = this.#back;
    const at = this.#filled;
    back[at] = connection;
    back[at + 1] = origin;
    this.#filled = at + 2;
    return ++this.length;
  }

  #makeRoom(): void {
    const { length } = this.#back;
    if (this.#front !== this.#back || (length === CHUNK && this.#taken * 2 < length)) this.#chain();
    else this.#move(this.#taken * 2 < length ? length * 2 : Math.max(length, 8));
  }

  #chain(): void {
    if (this.#front !== this.#back) (this.#between ??= new RingBuffer()).push(this.#back);
    this.#back = new Array<unknown>(CHUNK);
    this.#filled = 0;
  }

  /** What is left of the only chunk goes to the beginning of another. */
  #move(length: number): void {
    const old = this.#front;
    const cells = new Array<unknown>(length);
    this.#filled = 0;
    for (let at = this.#taken; at < old.length; at++) cells[this.#filled++] = old[at];
    this.#front = this.#back = cells;
    this.#taken = 0;
  }

  /** The connection of the oldest task, which `take` takes off; the queue must not be empty. */
  get first(): Connection {
    if (this.#dropped !== undefined) this.#skip(this.#dropped);
    return this.#front[this.#taken] as Connection;
  }

  /** Takes the oldest task off, after a look at `first`. */
  take(): Origin<R> {
    const front = this.#front;
    const at = this.#taken;
    const origin = front[at + 1] as Origin<R>;
    front[at] = front[at + 1] = undefined;
    this.#taken = at + 2;
    if (at + 2 === this.#filled || at + 2 === front.length) this.#turnOver();
    this.length--;
    return origin;
  }

  #endOf(chunk: unknown[]): number {
    return chunk === this.#back ? this.#filled : chunk.length;
  }

  /** The first chunk may have been taken as far as it is filled. */
  #turnOver(): void {
    if (this.#front === this.#back) this.#taken = this.#filled = 0;
    else if (this.#taken === this.#front.length) this.#goOn();
  }

  #goOn(): void {
    this.#taken = 0;
    this.#front = this.#between?.shift() ?? this.#back;
  }

  #skip(dropped: Set<Origin<R>>): void {
    while (dropped.delete(this.#front[this.#taken + 1] as Origin<R>)) {
      this.take();
      this.length++;
    }
  }

  /** Drops a task, wherever it stands; what it is of must be of no other task. */
  drop({ origin }: Task<R>): void {
    const dropped = (this.#dropped ??= new Set());
    dropped.add(origin);
    this.length--;
    // Once in a while, so that each costs no more than its own place.
    if (dropped.size > this.length) this.#compact();
  }

  /** Takes out the first task for which a test holds. */
  takeIf(test: (task: Task<R>) => boolean): Task<R> | undefined {
    const found = this.tasks().find(test);
    if (found === undefined) return undefined;
    for (const task of this.takeAll())
      if (task.origin !== found.origin || task.connection !== found.connection) this.push(task.connection, task.origin);
    return found;
  }

  #compact(): void {
    for (const { connection, origin } of this.takeAll()) this.push(connection, origin);
  }

  /** The waiting tasks, oldest first, so many at most; they stay in the queue. */
  tasks(most = Infinity): readonly Task<R>[] {
    const tasks: Task<R>[] = [];
    this.#tell(tasks, most, this.#front, this.#taken);
    if (this.#front === this.#back) return tasks;
    for (const chunk of this.#between ?? []) this.#tell(tasks, most, chunk, 0);
    this.#tell(tasks, most, this.#back, 0);
    return tasks;
  }

  #tell(tasks: Task<R>[], most: number, chunk: unknown[], from: number): void {
    const end = this.#endOf(chunk);
    for (let at = from; at < end && tasks.length < most; at += 2) {
      const origin = chunk[at + 1] as Origin<R>;
      if (this.#dropped?.has(origin) !== true) tasks.push(new Task(origin, chunk[at] as Connection));
    }
  }

  /** Empties the queue, and gives what was in it. */
  takeAll(): readonly Task<R>[] {
    const all = this.tasks();
    this.clear();
    return all;
  }

  clear(): void {
    this.#front = this.#back = [];
    this.#between = this.#dropped = undefined;
    this.#taken = this.#filled = this.length = 0;
  }
}
