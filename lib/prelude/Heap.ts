/** What stands in a heap. */
export interface Ordered {
  /** The lowest is the first; it may change while it stands in no heap. */
  readonly place: number;
  /** Where it stands in its heap; written by that alone. */
  at: number | undefined;
}

/** Gives the one with the lowest place; to add one, or to take any out, costs the logarithm of how many there are. */
export class Heap<T extends Ordered> {
  /** Each comes before the two at twice its own position, and one and two more. */
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }

  push(item: T): void {
    this.#rise(item, this.#items.push(item) - 1);
  }

  /** Takes one out that stands here. */
  remove(item: T): void {
    const at = item.at as number;
    item.at = undefined;
    const last = this.#items.pop() as T;
    if (last !== item) this.#rise(last, this.#sink(last, at));
  }

  /** Puts one where those before it have lower places. */
  #rise(item: T, from: number): void {
    let at = from;
    for (let above = (at - 1) >> 1; above >= 0 && item.place < this.#placeAt(above); above = (at - 1) >> 1) {
      this.#put(this.#items[above] as T, at);
      at = above;
    }
    this.#put(item, at);
  }

  /** The position at which all that come after have higher places. */
  #sink(item: T, from: number): number {
    let at = from;
    for (let below = this.#lowestBelow(at); this.#placeAt(below) < item.place; below = this.#lowestBelow(at)) {
      this.#put(this.#items[below] as T, at);
      at = below;
    }
    return at;
  }

  #lowestBelow(at: number): number {
    const left = 2 * at + 1;
    return this.#placeAt(left + 1) < this.#placeAt(left) ? left + 1 : left;
  }

  #placeAt(at: number): number {
    return this.#items[at]?.place ?? Infinity;
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.at = at;
  }
}
