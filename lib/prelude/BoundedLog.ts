import { RingBuffer } from './RingBuffer.js';

/** A list that keeps its newest `bound` entries and counts what it let go of. `Infinity` keeps all. */
export class BoundedLog<T> {
  readonly #entries = new RingBuffer<T>();
  #dropped: number;

  constructor(
    readonly bound: number,
    dropped = 0,
  ) {
    this.#dropped = dropped;
  }

  /** A log with these entries, as it was written down. */
  static of<T>(bound: number, entries: Iterable<T>, dropped: number): BoundedLog<T> {
    const log = new BoundedLog<T>(bound, dropped);
    for (const entry of entries) log.push(entry);
    return log;
  }

  /** How many of the oldest entries are gone. */
  get dropped(): number {
    return this.#dropped;
  }

  get length(): number {
    return this.#entries.length;
  }

  push(entry: T): void {
    if (this.#entries.length < this.bound) this.#entries.push(entry);
    else this.replaceOldest(entry);
  }

  /** Keeps an entry in the place of the oldest one; where there is none, it is the one that goes. */
  replaceOldest(entry: T): void {
    if (this.#entries.length > 0) this.#entries.rotate(entry);
    this.#dropped++;
  }

  dropOldest(): void {
    this.#entries.shift();
    this.#dropped++;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#entries[Symbol.iterator]();
  }
}
