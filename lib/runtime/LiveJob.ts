import type { DurableRun } from '../engine/durable/DurableRun.js';
import type { Step } from '../job/Step.js';
import type { StoredStep } from '../wire/Store.js';
import { JobWriter, type Origin, type Written, type WrittenJob } from './JobWriter.js';
import { pad } from './keys.js';

/** A job that runs in this process. */
export class LiveJob {
  /** Resolves when the job is stored for the first time. */
  readonly stored: Promise<void>;
  #tellStored: () => void = () => undefined;
  #refuse: (cause: Error) => void = () => undefined;
  readonly #writer: JobWriter;

  constructor(
    readonly run: DurableRun,
    readonly origin: Origin,
    retainMs: number,
    written?: Written,
  ) {
    this.stored = new Promise((...settle) => ([this.#tellStored, this.#refuse] = settle));
    // Who waits for it hears of it.
    this.stored.catch(() => undefined);
    const { data } = run.parts.ledger;
    const job = (): WrittenJob => ({
      data,
      about: run.about(),
      pending: run.pending,
      tasks: () => data.source?.remaining().tasks ?? [],
    });
    this.#writer = new JobWriter(job, origin, retainMs, written);
  }

  /** Its parts have other names now: with the next step all of it is written anew. */
  rewrite(): void {
    this.#writer.rewrite();
  }

  write(step: Step): StoredStep {
    return this.#writer.write(step);
  }

  /** Nobody keeps it here any more. */
  abandon(cause: Error): void {
    this.#refuse(cause);
    this.run.abandon(cause);
  }

  /** A step of it is stored. */
  tellStored(): void {
    this.#tellStored();
  }
}

/** Jobs are listed in the order of their start. */
export const createdKeyOf = ({ parts }: DurableRun): string => {
  const { createdAt, jobId } = parts.ledger.data;
  return `${pad(Math.floor(createdAt))}:${jobId}`;
};
