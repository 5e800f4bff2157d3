/** The caps of jobs that widen the pool of their flow. */
export class Caps<R> {
  readonly #capOf = new Map<R, number>();
  /** How many jobs have each cap. */
  readonly #counts = new Map<number, number>();
  /** The largest of them; 0 if there are none. */
  widest = 0;

  get size(): number {
    return this.#capOf.size;
  }

  add(run: R, cap: number): void {
    if (this.#capOf.has(run)) return;
    this.#capOf.set(run, cap);
    this.#counts.set(cap, this.#countOf(cap) + 1);
    if (cap > this.widest) this.widest = cap;
  }

  /** False if the job is not among them. */
  remove(run: R): boolean {
    const cap = this.#capOf.get(run);
    if (cap === undefined) return false;
    this.#capOf.delete(run);
    if (this.#countOf(cap) > 1) this.#counts.set(cap, this.#countOf(cap) - 1);
    else this.#forget(cap);
    return true;
  }

  #countOf(cap: number): number {
    return this.#counts.get(cap) ?? 0;
  }

  #forget(cap: number): void {
    this.#counts.delete(cap);
    if (cap === this.widest) this.widest = [...this.#counts.keys()].reduce((widest, each) => Math.max(widest, each), 0);
  }
}
