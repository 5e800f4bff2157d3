import { type Observable, ReplaySubject, Subject } from 'rxjs';
import type { JobRecord, OutputRecord } from '../job/JobRecord.js';
import type { JobStatus } from '../job/JobStatus.js';

export interface Progress {
  /** Tasks that wait: queued, or in the delay before a retry. */
  readonly queued: number;
  /** Handlers at work, and promises that are tracked. */
  readonly active: number;
  readonly status: JobStatus;
}

/**
 * What watchers of one job see. Each view is made when first asked for, so that an unwatched job pays nothing, and is
 * fed through one outbox: an observer that reacts by calling the job never changes the order that others see.
 */
export class Views {
  #record$: Subject<JobRecord> | undefined;
  #output$: Subject<OutputRecord> | undefined;
  #status$: ReplaySubject<JobStatus> | undefined;
  #progress$: ReplaySubject<Progress> | undefined;
  readonly #outbox: (() => void)[] = [];
  readonly #sinks: ((output: OutputRecord) => void)[] = [];
  #delivering = false;
  #ended = false;

  get watched(): boolean {
    return this.#record$?.observed ?? false;
  }

  /** Whether something waits to be delivered. */
  get full(): boolean {
    return this.#outbox.length > 0;
  }

  get followed(): boolean {
    return this.#progress$?.observed ?? false;
  }

  record$(): Observable<JobRecord> {
    return (this.#record$ ??= this.#ending(new Subject<JobRecord>())).asObservable();
  }

  output$(): Observable<OutputRecord> {
    return (this.#output$ ??= this.#ending(new Subject<OutputRecord>())).asObservable();
  }

  status$(now: JobStatus): Observable<JobStatus> {
    return (this.#status$ ??= this.#ending(lastValue(now))).asObservable();
  }

  progress$(now: Progress): Observable<Progress> {
    return (this.#progress$ ??= this.#ending(lastValue(now))).asObservable();
  }

  record(record: JobRecord): void {
    this.#outbox.push(() => this.#record$?.next(record));
  }

  /** Gets every output, first of all watchers. */
  sink(next: (output: OutputRecord) => void): void {
    this.#sinks.push(next);
  }

  output(output: OutputRecord): void {
    for (const sink of this.#sinks) this.#outbox.push(() => { sink(output); });
    if (this.#output$ !== undefined) this.#outbox.push(() => this.#output$?.next(output));
  }

  status(status: JobStatus): void {
    if (this.#status$ !== undefined) this.#outbox.push(() => this.#status$?.next(status));
  }

  progress(progress: Progress): void {
    if (this.#progress$ !== undefined) this.#outbox.push(() => this.#progress$?.next(progress));
  }

  /** Completes every view once what is in the outbox has been delivered. */
  end(): void {
    this.#ended = true;
    const views = [this.#record$, this.#output$, this.#status$, this.#progress$];
    for (const view$ of views) if (view$ !== undefined) this.#outbox.push(() => view$.complete());
  }

  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = 0; next < this.#outbox.length; next++) this.#outbox[next]?.();
    this.#outbox.length = 0;
    this.#delivering = false;
  }

  #ending<T, S extends Subject<T>>(view$: S): S {
    if (this.#ended) view$.complete();
    return view$;
  }
}

/** Gives its last value to whoever comes late, also after the end. */
const lastValue = <T>(now: T): ReplaySubject<T> => {
  const view$ = new ReplaySubject<T>(1);
  view$.next(now);
  return view$;
};
