import { Observable, type Observer, Subject } from 'rxjs';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { JobRecord } from '../job/JobRecord.js';
import type { JobStatus } from '../job/JobStatus.js';
import { showWait, type Wait } from '../job/Wait.js';
import { macrotask } from '../prelude/macrotask.js';
import type { JobLedger } from './JobLedger.js';
import { Sinks } from './Sinks.js';

/** How far a job has come. */
export interface Progress {
  /** Tasks that wait: queued, or for their time. */
  readonly queued: number;
  /** Handlers at work, and promises that are tracked. */
  readonly active: number;
  /** Tasks that have ended: completed, failed, skipped or dropped. */
  readonly done: number;
  /** Where the job is on its way. */
  readonly status: JobStatus;
  /** Whether a pause waits until what is at work has ended. */
  readonly pausing: boolean;
}

/** A job as its views see it. */
export interface ViewedJob {
  readonly ledger: JobLedger;
  readonly progress: Progress;
  readonly engine: { readonly drain: { refresh(): void } };
  /** Whether it has told of its end. */
  readonly life: { readonly isTold: boolean };
}

/** The views of a job; made when first asked for. */
export const viewsOf = (job: ViewedJob & { views: Views | undefined }): Views => (job.views ??= new Views(job));

/** The streams that watchers of one job see: records, outputs, status, progress. Made when first asked for, so that an unwatched job pays nothing. */
export class Views {
  #output$: Subject<OutputRecord> | undefined = undefined;
  #status$: Subject<JobStatus> | undefined = undefined;
  #progress$: Subject<Progress> | undefined = undefined;
  #waits$: Subject<readonly Wait[]> | undefined = undefined;
  /** The views that were asked for: each is the same object every time, so that it may be what an effect depends on. */
  readonly #shown: Record<string, Observable<unknown>> = {};
  readonly #sinks: Sinks;
  /** Whether the open questions are others than those that were told. */
  #hasAsked = false;
  #ended: boolean;

  constructor(private readonly job: ViewedJob) {
    this.#ended = job.life.isTold;
    this.#sinks = new Sinks(job);
  }

  /** Whether somebody sees the progress. */
  get followed(): boolean {
    return this.#progress$ !== undefined && this.#progress$.observed;
  }

  // ── what is seen ────────────────────────────────────────────────────────────────────────────────────────────────

  record$(): Observable<JobRecord> {
    const { ledger } = this.job;
    return this.#same('record', () => {
      this.#ending(ledger.record$);
      return new Observable((observer) => ledger.watch(observer));
    });
  }

  output$(): Observable<OutputRecord> {
    return this.#same('output', () => {
      const output$ = (this.#output$ ??= this.#ending(new Subject<OutputRecord>()));
      return new Observable((observer) => output$.subscribe(this.job.ledger.fromNow(observer)));
    });
  }

  status$(): Observable<JobStatus> {
    return this.#same('status', () => this.#fromNow((this.#status$ ??= new Subject()), () => this.job.ledger.data.status));
  }

  progress$(): Observable<Progress> {
    return this.#same('progress', () => this.#fromNow((this.#progress$ ??= new Subject()), () => this.job.progress));
  }

  waits$(): Observable<readonly Wait[]> {
    return this.#same('waits', () => this.#fromNow((this.#waits$ ??= new Subject()), () => this.#waits));
  }

  get #waits(): readonly Wait[] {
    return [...this.job.ledger.data.waits.values()].map(showWait);
  }

  /** Gets every output, first of all watchers; one that throws, or whose promise is rejected, causes a warning. */
  sink(observer: Partial<Observer<OutputRecord>>): void {
    this.#sinks.add(observer);
  }

  #same<T>(name: string, make: () => Observable<T>): Observable<T> {
    return (this.#shown[name] ??= make()) as Observable<T>;
  }

  #ending<T>(view$: Subject<T>): Subject<T> {
    if (this.#ended) view$.complete();
    return view$;
  }

  /** The value of the moment of subscription, then every new one. */
  #fromNow<T>(view$: Subject<T>, now: () => T): Observable<T> {
    return new Observable((observer) => {
      // Before the first value is told: whoever gets it may call the job.
      if (!this.#ended) observer.add(view$.subscribe(this.job.ledger.fromNow(observer)));
      observer.next(now());
      if (this.#ended) observer.complete();
    });
  }

  // ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────

  output(output: OutputRecord, keep: boolean): void {
    if (this.#sinks.isEmpty && this.#output$ === undefined) return;
    const letter = (): void => {
      this.#sinks.tell((sink) => sink.next?.(output));
      this.#output$?.next(output);
    };
    this.job.ledger.outbox[keep ? 'post' : 'postNow'](letter);
  }

  status(status: JobStatus): void {
    if (this.#status$ !== undefined) this.#post(() => this.#status$?.next(status));
    this.progress();
  }

  progress(): void {
    if (this.#hasAsked) this.waits();
    if (!this.followed) return;
    const { progress } = this.job;
    this.#post(() => this.#progress$?.next(progress));
  }

  /** The open questions are others now. Says whether somebody is to be told at the end of this stretch of work. */
  asked(): boolean {
    return (this.#hasAsked = this.#waits$?.observed === true);
  }

  waits(): void {
    this.#hasAsked = false;
    if (this.#waits$?.observed !== true) return;
    const waits = this.#waits;
    this.#post(() => this.#waits$?.next(waits));
  }

  /** Completes the sinks, before the end is told. */
  endSinks(): void {
    if (this.#sinks.isEmpty) return;
    this.#post(() => {
      this.#sinks.tell((sink) => sink.complete?.());
      if (this.#sinks.isAwaited) this.#putOffWhatFollows();
    });
  }

  // The end waits for what is rejected in this turn of the event loop, and no longer: a sink may never answer.
  #putOffWhatFollows(): void {
    macrotask(this.job.ledger.outbox.holdRest());
  }

  /** Completes every view once what is in the outbox has been delivered. */
  end(): void {
    this.#post(() => {
      this.#ended = true;
      for (const view$ of this.#views) view$?.complete();
    });
  }

  get #views(): readonly ({ complete(): void } | undefined)[] {
    return [this.job.ledger.record$, this.#output$, this.#status$, this.#progress$, this.#waits$];
  }

  #post(letter: () => void): void {
    this.job.ledger.outbox.post(letter);
  }
}
