import type { JobRun } from './JobRun.js';

/**
 * The jobs of a flow that have not come to their end, by id. A map of V8 leaves each table that it has outgrown linked to the
 * next, with all that was in it, until a full collection finds them; so what stands in it is a box, which is emptied when its job
 * leaves. (Without, 100 jobs side by side were not collected young: 3 of 4 parts of their time went into moving dead ones.)
 */
export class LiveJobs {
  readonly #boxes = new Map<string, { run: JobRun | undefined }>();

  get size(): number {
    return this.#boxes.size;
  }

  add(run: JobRun): void {
    this.#boxes.set(run.data.jobId, { run });
  }

  get(jobId: string): JobRun | undefined {
    return this.#boxes.get(jobId)?.run;
  }

  remove({ data }: JobRun): void {
    const box = this.#boxes.get(data.jobId);
    if (box !== undefined) box.run = undefined;
    this.#boxes.delete(data.jobId);
  }

  /** The largest cap of them; 0 if there are none. */
  get widest(): number {
    return this.all.reduce((widest, { options }) => Math.max(widest, options.cap), 0);
  }

  /** Oldest first. */
  get all(): readonly JobRun[] {
    return [...this.#boxes.values()].flatMap(({ run }) => run ?? []);
  }
}
