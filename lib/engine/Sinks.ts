import type { Observer } from 'rxjs';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { JobLedger } from './JobLedger.js';
import { unfinished, whenSettled } from './unfinished.js';

type Sink = Partial<Observer<OutputRecord>>;

/** The output observers of one job (`ExecuteOptions.output`). What one throws, or its promise is rejected with, is a warning. */
export class Sinks {
  #sinks: readonly Sink[] = [];
  /** Promises that sinks gave and that have not settled. */
  #unanswered = 0;

  constructor(private readonly job: { readonly ledger: JobLedger; readonly engine: { readonly drain: { refresh(): void } } }) {}

  get isEmpty(): boolean {
    return this.#sinks.length === 0;
  }

  /** Whether a promise of one has not settled. */
  get isAwaited(): boolean {
    return this.#unanswered > 0;
  }

  add(sink: Sink): void {
    this.#sinks = [...this.#sinks, sink];
  }

  tell(tell: (sink: Sink) => unknown): void {
    for (const sink of this.#sinks) {
      try {
        this.#hear(tell(sink));
      } catch (error) {
        this.job.ledger.tellNow({ type: 'warning', message: 'An output observer threw', error });
      }
    }
  }

  /** A sink may be an async function: then its promise is ours to answer. */
  #hear(answer: unknown): void {
    const left = unfinished(answer);
    if (left?.kind !== 'promise') return;
    this.#unanswered++;
    whenSettled(
      left.work,
      () => this.#unanswered--,
      (error: unknown) => {
        this.#unanswered--;
        this.job.engine.drain.refresh();
        this.job.ledger.warn('The promise of an output observer was rejected', error);
      },
    );
  }
}
