import type { Subscription } from 'rxjs';
import { setTimer, stopTimer, type TimerJob } from './timer.js';

/** A task that waits for its time. */
export interface Delayed<T> {
  readonly task: T;
  /** Epoch ms: what is told, and written down. */
  readonly dueAt: number;
  /** The reading of the clock at which it is due: the time of day may be set meanwhile, and the delay stays what it is. */
  readonly due: number;
}

/**
 * What waits for its time in one job. No worker waits with it. Their due times stand whatever the gate does;
 * while the job is paused no timer runs for them, so that nothing keeps the process, and what has come due meanwhile goes in
 * due order when the job goes on.
 */
export class Delays<T> {
  readonly #timers = new Map<Delayed<T>, Subscription | undefined>();
  /** How often the timers were stopped. */
  #holds = 0;

  constructor(
    private readonly job: TimerJob,
    private readonly onDue: (delayed: Delayed<T>) => void,
  ) {}

  get size(): number {
    return this.#timers.size;
  }

  /** What waits, in the order in which it is due. */
  get delayed(): readonly Delayed<T>[] {
    return [...this.#timers.keys()].sort((a, b) => a.dueAt - b.dueAt);
  }

  /** Its time runs once it is armed. */
  add(task: T, dueAt: number, due: number): Delayed<T> {
    const delayed = { task, dueAt, due };
    this.#timers.set(delayed, undefined);
    return delayed;
  }

  /** Takes one out that is due; false if it is not there any more. */
  remove(delayed: Delayed<T>): boolean {
    return this.#timers.delete(delayed);
  }

  /** Takes one out that is not wanted any more. */
  drop(delayed: Delayed<T>): void {
    const timer = this.#timers.get(delayed);
    this.#timers.delete(delayed);
    stopTimer(this.job, timer);
  }

  /** Sets the timer of one that waits without one. */
  arm(delayed: Delayed<T>, delayMs: number): void {
    if (!this.#isUnarmed(delayed)) return;
    const holds = this.#holds;
    let hasRung = false;
    const ring = (): void => {
      hasRung = true;
      this.#ring(delayed);
    };
    const timer = setTimer(this.job, delayMs, ring, ring);
    // The scheduler may be the user's: it may have called back at once, or the job may have been paused or ended (D31).
    const isWanted = !hasRung && holds === this.#holds && this.#isUnarmed(delayed);
    if (isWanted) this.#timers.set(delayed, timer);
    else stopTimer(this.job, timer);
  }

  /** Its timer has run down, and is none any more: one that finds a closed gate is armed anew when that opens before its time. */
  #ring(delayed: Delayed<T>): void {
    if (!this.#timers.has(delayed)) return;
    this.#timers.set(delayed, undefined);
    this.onDue(delayed);
  }

  #isUnarmed(delayed: Delayed<T>): boolean {
    return this.#timers.has(delayed) && this.#timers.get(delayed) === undefined;
  }

  /** Sets the timers of all that wait without one. */
  armAll(reading: number): void {
    const holds = this.#holds;
    for (const delayed of [...this.#timers.keys()])
      if (holds === this.#holds) this.arm(delayed, Math.max(delayed.due - reading, 0));
  }

  /** What is due, in due order; each is to be taken out by itself, since what one leads to may drop another. */
  due(reading: number): readonly Delayed<T>[] {
    return this.delayed.filter((delayed) => delayed.due <= reading);
  }

  /** No timer runs any more; the due times stay. */
  hold(): void {
    this.#holds++;
    const timers = [...this.#timers.values()];
    for (const delayed of this.#timers.keys()) this.#timers.set(delayed, undefined);
    for (const timer of timers) stopTimer(this.job, timer);
  }

  clear(): void {
    this.hold();
    this.#timers.clear();
  }
}
