import { asyncScheduler, type Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import { describeError } from '../prelude/describeError.js';
import type { StoredJobs } from './StoredJobs.js';
import { instantIn } from './keys.js';

/**
 * The jobs that are due some time: to begin, or to be deleted. One timer, for the first of them; nothing polls.
 */
export class Due {
  #timer: Subscription | undefined = undefined;
  #at = Infinity;
  #isStopped = false;

  /** `onDue` brings a job whose time has come out of the index; what it rejects with is told. */
  constructor(
    private readonly jobs: StoredJobs,
    private readonly onDue: (jobId: string, key: string) => Promise<void>,
    private readonly failed: (error: Error) => void,
  ) {}

  /** A job is due at an instant, epoch ms. */
  add(at: number): void {
    if (this.#isStopped || at >= this.#at) return;
    this.#timer?.unsubscribe();
    this.#at = at;
    this.#timer = later(asyncScheduler, Math.max(at - Date.now(), 0), this.#ring, () => undefined);
  }

  readonly #ring = (): void => {
    this.#at = Infinity;
    void this.look();
  };

  /** Brings out what is due, and sets the timer for the next. */
  async look(): Promise<void> {
    try {
      for await (const { key, jobId } of this.jobs.found('due')) {
        if (this.#isStopped) return;
        const at = instantIn(key);
        if (at > Date.now()) return void this.add(at);
        await this.#bring(jobId, key);
      }
    } catch (error) {
      this.#tell(error);
    }
  }

  /** One that cannot be brought out keeps no other from its time. */
  async #bring(jobId: string, key: string): Promise<void> {
    try {
      await this.onDue(jobId, key);
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    this.failed(error instanceof Error ? error : new Error(describeError(error).message));
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.unsubscribe();
  }
}
