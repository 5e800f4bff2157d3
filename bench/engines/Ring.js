/** First in, first out, in an array used as a ring; its length is a power of two. */
export class Ring {
  #cells = new Array(4);
  #first = 0;
  length = 0;

  push(value) {
    if (this.length === this.#cells.length) this.#double();
    this.#cells[(this.#first + this.length++) & (this.#cells.length - 1)] = value;
  }

  shift() {
    if (this.length === 0) return undefined;
    const value = this.#cells[this.#first];
    this.#cells[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#cells.length - 1);
    this.length--;
    return value;
  }

  #double() {
    const cells = new Array(2 * this.length);
    for (let at = 0; at < this.length; at++) cells[at] = this.#cells[(this.#first + at) & (this.length - 1)];
    this.#cells = cells;
    this.#first = 0;
  }
}
