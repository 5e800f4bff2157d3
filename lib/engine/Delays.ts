import type { SchedulerLike, Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { Attempt } from './Attempt.js';

/** A failed attempt that waits for its next try. */
export interface Delayed {
  readonly attempt: Attempt;
  /** Epoch ms. */
  readonly dueAt: number;
}

/** The retries of one job that wait for their time. No worker waits with them, and a closed gate does not stop their clocks. */
export class Delays {
  readonly #waiting = new Map<Delayed, Subscription>();

  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly due: (attempt: Attempt) => void,
  ) {}

  /** What waits, in the order in which it will be due. */
  get waiting(): readonly Delayed[] {
    return [...this.#waiting.keys()].sort((a, b) => a.dueAt - b.dueAt);
  }

  add(attempt: Attempt, delay: number, now: number): void {
    const delayed = { attempt, dueAt: now + delay };
    const timer = later(this.scheduler, delay, () => {
      this.#waiting.delete(delayed);
      this.due(attempt);
    });
    this.#waiting.set(delayed, timer);
  }

  clear(): void {
    for (const timer of this.#waiting.values()) timer.unsubscribe();
    this.#waiting.clear();
  }
}
