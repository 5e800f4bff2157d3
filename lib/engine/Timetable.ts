import type { Ledger } from '../job/Ledger.js';
import { type Delayed, Delays } from './Delays.js';
import type { Due } from './Emission.js';
import type { Steps } from './Steps.js';
import type { TimerJob } from './timer.js';

/** A job as what waits for its time in it sees it. */
export interface TimetableJob extends TimerJob {
  readonly run: { readonly isOpen: boolean };
  readonly ledger: TimerJob['ledger'] & Pick<Ledger, 'now'>;
  readonly engine: {
    readonly steps: Steps;
    readonly time: { readonly reading: number; readonly elapsed: number };
    readonly drain: { enter<A, B>(work: (a: A, b: B) => void, a: A, b: B): void };
  };
}

/**
 * What waits for its time behind the gate of one job: tasks, and questions. What is due goes on as a step of its own; behind a closed gate it
 * waits on, and goes when that opens, in due order.
 */
export class Timetable<T> {
  readonly #delays: Delays<T>;

  /** `onDue` is told within a step. */
  constructor(
    private readonly job: TimetableJob,
    private readonly onDue: (item: T) => void,
  ) {
    this.#delays = new Delays(job, (due) => {
      job.engine.drain.enter(this.#ring, due, undefined);
    });
  }

  get size(): number {
    return this.#delays.size;
  }

  /** What waits, in the order in which it is due. */
  get all(): readonly Delayed<T>[] {
    return this.#delays.delayed;
  }

  /** An instant that is told or written down (epoch ms), by the clock that this process goes by. */
  dueAt(at: number): Due {
    const { ledger, engine } = this.job;
    return { at, reading: engine.time.reading + at - ledger.now };
  }

  /** Its timer is set by `arm`, or when the gate opens. */
  add(item: T, { at, reading }: Due): Delayed<T> {
    return this.#delays.add(item, at, reading);
  }

  /** Sets the timer of one, after the step at hand; handlers may have worked for a while since the last look at the clock. */
  arm(added: Delayed<T>, delayMs?: number): void {
    const { engine, run } = this.job;
    engine.steps.after(() => {
      if (run.isOpen) this.#delays.arm(added, delayMs ?? Math.max(added.due - engine.time.elapsed, 0));
    });
  }

  /** Takes one out that is not wanted any more. */
  drop(delayed: Delayed<T>): void {
    this.#delays.drop(delayed);
  }

  readonly #ring = (due: Delayed<T>): void => {
    const { run, engine } = this.job;
    if (!run.isOpen) return;
    engine.steps.begin();
    this.#goOn(due);
    engine.steps.end();
  };

  /** The clock that was asked may be the user's, and what has gone before may have dropped it. */
  #goOn(due: Delayed<T>): void {
    if (this.#delays.remove(due)) this.onDue(due.task);
  }

  /** The gate opens: what has come due goes on, and the timers of the others run again. */
  reopen(): void {
    const { run, engine } = this.job;
    for (const due of this.#delays.due(engine.time.reading)) this.#goOn(due);
    if (this.size > 0)
      engine.steps.after(() => {
        if (run.isOpen) this.#delays.armAll(engine.time.elapsed);
      });
  }

  /** No timer runs any more; the due times stay. */
  hold(): void {
    this.#delays.hold();
  }

  clear(): void {
    this.#delays.clear();
  }
}
