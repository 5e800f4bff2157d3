/** A job that has not ended. */
export interface LiveJob {
  readonly jobId: string;
}

/** What stands in the map in place of a job. */
interface Box<J> {
  held: J | undefined;
}

const RENEWED_AFTER = 1_000;

/**
 * The jobs of a flow that have not come to their end, by id. A map of V8 leaves each table that it has outgrown linked to the
 * next, with all that was in it, until a full collection finds them; so what stands in it is a box, which is emptied when its job
 * leaves. (Without, 100 jobs side by side were not collected young: 3 of 4 parts of their time went into moving dead ones.)
 */
export class LiveJobs<J extends LiveJob> {
  #boxes = new Map<string, Box<J>>();
  /** Jobs that have left the map. */
  #left = 0;
  /** Whether somebody waits until all of them are quiet: one that only waits for its time is paused then (D47). */
  isClosing = false;

  get size(): number {
    return this.#boxes.size;
  }

  /** Adds a job; or puts it in the place of one of the same id. */
  add(job: J): void {
    this.#boxes.set(job.jobId, { held: job });
  }

  /** Adds one that is its own box: it will be replaced, and never leaves. */
  addBox(box: J & { readonly held: J }): void {
    this.#boxes.set(box.jobId, box);
  }

  get(jobId: string): J | undefined {
    return this.#boxes.get(jobId)?.held;
  }

  remove({ jobId }: J): void {
    const box = this.#boxes.get(jobId);
    if (box !== undefined) box.held = undefined;
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
  get all(): readonly J[] {
    return [...this.#boxes.values()].flatMap(({ held }) => held ?? []);
  }
}
