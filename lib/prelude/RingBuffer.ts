/** Below so many cells a full ring grows to four times its cells, and not to twice: each job keeps two logs that grow from nothing. */
const SMALL = 64;

/**
 * A first-in, first-out list that is O(1) at both ends whatever its length: an array used as a ring, made larger when
 * it is full. (`Array.prototype.shift` moves all that remains: 34 µs a call at 100,000 elements.)
 */
export class RingBuffer<T> {
  #cells: (T | undefined)[] = [];
  #head = 0;
  /** Written here alone. */
  length = 0;

  push(value: T): void {
    if (this.length === this.#cells.length) this.#grow();
    this.#cells[(this.#head + this.length++) & (this.#cells.length - 1)] = value;
  }

  /** Removes and gives the oldest element. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const value = this.#cells[this.#head];
    this.#cells[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#cells.length - 1);
    this.length--;
    return value;
  }

  /** Adds an element and drops the oldest: the length stays. There must be one. */
  rotate(value: T): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    const oldest = this.#head;
    cells[oldest] = undefined;
    cells[(oldest + this.length) & mask] = value;
    this.#head = (oldest + 1) & mask;
  }

  /** The element at a position counted from the oldest, which is 0. */
  at(position: number): T | undefined {
    return position < this.length ? this.#cells[(this.#head + position) & (this.#cells.length - 1)] : undefined;
  }

  clear(): void {
    this.#cells = [];
    this.#head = this.length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let position = 0; position < this.length; position++) yield this.at(position) as T;
  }

  #grow(): void {
    const old = this.#cells;
    if (old.length === 0) {
      this.#cells = [undefined, undefined, undefined, undefined];
      return;
    }
    const cells = new Array<T | undefined>(old.length * (old.length < SMALL ? 4 : 2));
    for (let position = 0; position < this.length; position++) cells[position] = this.at(position);
    this.#cells = cells;
    this.#head = 0;
  }
}
