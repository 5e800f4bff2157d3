import { defer, type Observable, of, startWith, Subject } from 'rxjs';
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
  #status$: Subject<JobStatus> | undefined;
  #progress$: Subject<Progress> | undefined;
  #outbox: (() => void)[] = [];
  readonly #sinks: ((output: OutputRecord) => void)[] = [];
  #delivering = false;
  #ended: boolean;

  /** Of a job that may have come to its end before anybody watched. */
  constructor(ended: boolean) {
    this.#ended = ended;
  }

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

  status$(now: () => JobStatus): Observable<JobStatus> {
    return this.#fromNow((this.#status$ ??= new Subject()), now);
  }

  progress$(now: () => Progress): Observable<Progress> {
    return this.#fromNow((this.#progress$ ??= new Subject()), now);
  }

  record(record: JobRecord): void {
    this.#outbox.push(() => this.#record$?.next(record));
  }

  /** Gets every output, first of all watchers. */
  sink(next: (output: OutputRecord) => void): void {
    this.#sinks.push(next);
  }

  output(output: OutputRecord): void {
    for (const sink of this.#sinks)
      this.#outbox.push(() => {
        sink(output);
      });
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
    this.#outbox.push(() => {
      this.#ended = true;
      for (const view$ of [this.#record$, this.#output$, this.#status$, this.#progress$]) view$?.complete();
    });
  }

  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = 0; next < this.#outbox.length; next++) this.#outbox[next]?.();
    this.#outbox = [];
    this.#delivering = false;
  }

  #ending<T>(view$: Subject<T>): Subject<T> {
    if (this.#ended) view$.complete();
    return view$;
  }

  /** The value of the moment of subscription, then every new one. */
  #fromNow<T>(view$: Subject<T>, now: () => T): Observable<T> {
    return defer(() => (this.#ended ? of(now()) : view$.pipe(startWith(now()))));
  }
}
