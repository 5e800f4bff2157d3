import type { SchedulerLike, Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { Emission } from './Emission.js';

/** A task that waits for its next attempt. */
export interface Delayed {
  readonly emission: Emission;
  /** Epoch ms. */
  readonly dueAt: number;
}

/**
 * The retries of one job that wait for their time. No worker waits with them, and a closed gate does not stop their clocks:
 * what falls due behind it is overdue, and goes in due order when the gate opens.
 */
export class Retries {
  readonly #timers = new Map<Delayed, Subscription>();
  #overdue: Emission[] = [];

  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly due: (emission: Emission) => void,
  ) {}

  /** What waits, in the order in which it will be due. */
  get delayed(): readonly Delayed[] {
    return [...this.#timers.keys()].sort((a, b) => a.dueAt - b.dueAt);
  }

  get overdue(): readonly Emission[] {
    return this.#overdue;
  }

  add(emission: Emission, now: number, delay: number): void {
    const delayed = { emission, dueAt: now + delay };
    const timer = later(this.scheduler, delay, () => {
      this.#timers.delete(delayed);
      this.due(emission);
    });
    this.#timers.set(delayed, timer);
  }

  /** Its time came while the gate was closed. */
  keep(emission: Emission): void {
    this.#overdue.push(emission);
  }

  takeOverdue(): readonly Emission[] {
    const overdue = this.#overdue;
    this.#overdue = [];
    return overdue;
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.unsubscribe();
    this.#timers.clear();
    this.#overdue = [];
  }
}
