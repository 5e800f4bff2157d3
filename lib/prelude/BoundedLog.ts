import { RingBuffer } from './RingBuffer.js';

/** A list that keeps its newest `bound` entries and counts those that it dropped. `Infinity` keeps all. */
export class BoundedLog<T> extends RingBuffer<T> {
  constructor(
    readonly bound: number,
    /** How many of the oldest entries are gone. */
    public dropped = 0,
  ) {
    super();
  }

  /** A log with these entries, as it was written down. */
  static of<T>(bound: number, entries: Iterable<T>, dropped: number): BoundedLog<T> {
    const log = new BoundedLog<T>(bound, dropped);
    for (const entry of entries) log.push(entry);
    return log;
  }

  override push(entry: T): void {
    if (this.length < this.bound) super.push(entry);
    else this.replaceOldest(entry);
  }

  /** Keeps an entry in the place of the oldest one; if there is none, drops the new one. */
  replaceOldest(entry: T): void {
    if (this.length > 0) this.rotate(entry);
    this.dropped++;
  }

  dropOldest(): void {
    this.shift();
    this.dropped++;
  }
}
