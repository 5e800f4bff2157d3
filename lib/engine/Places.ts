/** A job as it waits for a place. */
export interface Placed {
  readonly jobId: string;
  /** Whether it has a place; written by its `Places` alone. */
  hasPlace: boolean;
}

/** One that waits: a job, or what makes it when it is its turn. */
export interface Waiting<R> {
  readonly jobId: string;
  readonly run: R;
}

/**
 * The places of a flow: so many jobs may be begun at once, those beyond wait in the order in which they came (D35). A job keeps its
 * place until it leaves, also while it is paused.
 *
 * ```text
 * join     a--b--c--d---------
 * leave    ----------a--c--b--   with two places; c leaves while it waits
 * given    a--b------------d--
 * ```
 */
export class Places<R extends Placed & Waiting<R>> {
  #taken = 0;
  /** Those that wait, and the one iterator that goes over them: a new one would pass over all that have left, each time. */
  readonly #waiting = new Map<string, Waiting<R>>();
  #order = this.#waiting.values();
  /** How many have left since it stands where it stands: it keeps the tables in memory in which they stood. */
  #left = 0;

  /** `given` is told who has got a place. */
  constructor(
    private most: number,
    private readonly given: (run: R) => void,
  ) {}

  /** Whether one more would have to wait. */
  get isFull(): boolean {
    return this.#waiting.size > 0 || this.#taken >= this.most;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A job gets a place, or joins the end of those that wait. */
  join(run: R): void {
    if (this.isFull) this.wait(run);
    else this.give(run);
  }

  /** One joins the end of those that wait. */
  wait(waiting: Waiting<R>): void {
    this.#waiting.set(waiting.jobId, waiting);
  }

  /** A job that cannot wait gets a place, whether one is free or not. */
  give(run: R): void {
    this.#taken++;
    run.hasPlace = true;
    this.given(run);
  }

  /** One that waits need not do so any longer. */
  hasten(run: R): void {
    if (this.#drop(run)) this.give(run);
  }

  /** A job gives its place back, or waits no more. */
  leave(run: R): void {
    if (!run.hasPlace) {
      this.#drop(run);
      return;
    }
    run.hasPlace = false;
    this.#taken--;
    this.#fill();
  }

  /** There are more places, or fewer: who has one keeps it. */
  resize(most: number): void {
    this.most = most;
    this.#fill();
  }

  /** One waits no more before its turn. */
  #drop({ jobId }: R): boolean {
    const isDropped = this.#waiting.delete(jobId);
    if (isDropped && ++this.#left > this.#waiting.size) this.#renew();
    return isDropped;
  }

  #renew(): void {
    this.#order = this.#waiting.values();
    this.#left = 0;
  }

  #fill(): void {
    while (this.#taken < this.most && this.#waiting.size > 0) this.give(this.#next());
  }

  #next(): R {
    const { value, done } = this.#order.next();
    if (done === true) this.#renew();
    else this.#waiting.delete(value.jobId);
    return done === true ? this.#next() : value.run;
  }
}
