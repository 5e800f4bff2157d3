/** A job that has not ended. */
export interface LiveJob {
  readonly parts: {
    readonly ledger: { readonly data: { readonly jobId: string } };
  };
}

const RENEWED_AFTER = 1_000;

/**
 * The jobs of a flow that have not come to their end, by id. A map of V8 leaves each table that it has outgrown linked to the
 * next, with all that was in it, until a full collection finds them; so what stands in it is a box, which is emptied when its job
 * leaves. (Without, 100 jobs side by side were not collected young: 3 of 4 parts of their time went into moving dead ones.)
 */
export class LiveJobs<R extends LiveJob> {
  #boxes = new Map<string, { run: R | undefined }>();
  /** Jobs that have left the map. */
  #left = 0;

  get size(): number {
    return this.#boxes.size;
  }

  add(run: R): void {
    this.#boxes.set(run.parts.ledger.data.jobId, { run });
  }

  get(jobId: string): R | undefined {
    return this.#boxes.get(jobId)?.run;
  }

  remove({ parts }: R): void {
    const { jobId } = parts.ledger.data;
    const box = this.#boxes.get(jobId);
    if (box !== undefined) box.run = undefined;
    this.#boxes.delete(jobId);
    // A flow that runs one job after the other never grows its map; it gets a new one instead now and then, since each old table
    // makes the next one, and so every deletion, dearer (1 µs per job after 10,000 of them).
    if (++this.#left >= RENEWED_AFTER && this.size === 0) this.#renew();
  }

  #renew(): void {
    this.#boxes = new Map();
    this.#left = 0;
  }

  /** Oldest first. */
  get all(): readonly R[] {
    return [...this.#boxes.values()].flatMap(({ run }) => run ?? []);
  }
}
