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
 * The retries of one job that wait for their time. No worker waits with them. Their due times stand whatever the gate does;
 * while the job is paused no timer runs for them, so that nothing keeps the process, and what has come due meanwhile goes in
 * due order when the job goes on.
 */
export class Retries {
  readonly #timers = new Map<Delayed, Subscription | undefined>();

  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly due: (delayed: Delayed) => void,
  ) {}

  /** What waits, in the order in which it is due. */
  get delayed(): readonly Delayed[] {
    return [...this.#timers.keys()].sort((a, b) => a.dueAt - b.dueAt);
  }

  /** Its time runs from the next `go` on. */
  add(emission: Emission, dueAt: number): Delayed {
    const delayed = { emission, dueAt };
    this.#timers.set(delayed, undefined);
    return delayed;
  }

  remove(delayed: Delayed): void {
    this.#timers.get(delayed)?.unsubscribe();
    this.#timers.delete(delayed);
  }

  /** Sets the timer of one that waits. */
  arm(delayed: Delayed, delay: number): void {
    const timer = later(this.scheduler, delay, () => {
      this.due(delayed);
    });
    this.#timers.set(delayed, timer);
  }

  /** Takes out what is due, in due order, and sets the timers of the others. */
  go(now: number): readonly Emission[] {
    this.hold();
    const due = this.delayed.filter(({ dueAt }) => dueAt <= now);
    for (const delayed of due) this.remove(delayed);
    for (const delayed of this.#timers.keys()) this.arm(delayed, delayed.dueAt - now);
    return due.map(({ emission }) => emission);
  }

  /** No timer runs any more; the due times stay. */
  hold(): void {
    for (const [delayed, timer] of this.#timers) {
      timer?.unsubscribe();
      this.#timers.set(delayed, undefined);
    }
  }

  clear(): void {
    this.hold();
    this.#timers.clear();
  }
}
