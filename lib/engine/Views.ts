import { Observable, type Observer, Subject } from 'rxjs';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { JobRecord, JobRecordBody } from '../job/JobRecord.js';
import type { JobStatus } from '../job/JobStatus.js';
import { macrotask } from '../prelude/macrotask.js';
import type { JobRun } from './JobRun.js';
import { unfinished } from './unfinished.js';

export interface Progress {
  /** Tasks that wait: queued, or in the delay before a retry. */
  readonly queued: number;
  /** Handlers at work, and promises that are tracked. */
  readonly active: number;
  readonly status: JobStatus;
}

/**
 * What watchers of one job see. Each view is made when first asked for, so that an unwatched job pays nothing, and is
 * fed through one outbox: an observer that reacts by calling the job never changes the order that others see, and none
 * is told anything while a handler is on the stack or the job is half way through a step.
 */
export class Views {
  #record$: Subject<JobRecord> | undefined = undefined;
  #output$: Subject<OutputRecord> | undefined = undefined;
  #status$: Subject<JobStatus> | undefined = undefined;
  #progress$: Subject<Progress> | undefined = undefined;
  /** The views that were asked for: each is the same object every time, so that it may be what an effect depends on. */
  #shown: Record<string, Observable<unknown>> | undefined = undefined;
  #outbox: (() => void)[] | undefined = undefined;
  #sinks: readonly Partial<Observer<OutputRecord>>[] = NO_SINKS;
  /** Promises that sinks gave and that have not settled. */
  #unanswered = 0;
  #delivering = false;
  #ended = false;

  constructor(private readonly run: JobRun) {}

  /** Whether a view was asked for at all. */
  get isWatched(): boolean {
    return this.#shown !== undefined;
  }

  /** Whether somebody sees the records. */
  get watched(): boolean {
    return this.#record$ !== undefined && this.#record$.observed;
  }

  /** Whether somebody sees the progress. */
  get followed(): boolean {
    return this.#progress$ !== undefined && this.#progress$.observed;
  }

  // ── what is seen ────────────────────────────────────────────────────────────────────────────────────────────────

  record$(): Observable<JobRecord> {
    return this.#same('record', () => (this.#record$ ??= this.#ending(new Subject<JobRecord>())).asObservable());
  }

  output$(): Observable<OutputRecord> {
    return this.#same('output', () => (this.#output$ ??= this.#ending(new Subject<OutputRecord>())).asObservable());
  }

  status$(): Observable<JobStatus> {
    return this.#same('status', () => this.#fromNow((this.#status$ ??= new Subject()), () => this.run.data.status));
  }

  progress$(): Observable<Progress> {
    return this.#same('progress', () => this.#fromNow((this.#progress$ ??= new Subject()), () => this.run.progress));
  }

  /** Gets every output, first of all watchers; one that throws, or whose promise is rejected, causes a warning. */
  sink(observer: Partial<Observer<OutputRecord>>): void {
    this.#sinks = [...this.#sinks, observer];
  }

  #same<T>(name: string, make: () => Observable<T>): Observable<T> {
    const shown = (this.#shown ??= {});
    return (shown[name] ??= make()) as Observable<T>;
  }

  #ending<T>(view$: Subject<T>): Subject<T> {
    if (this.#ended) view$.complete();
    return view$;
  }

  /** The value of the moment of subscription, then every new one. */
  #fromNow<T>(view$: Subject<T>, now: () => T): Observable<T> {
    return new Observable((observer) => {
      // Before the first value is told: whoever gets it may call the job.
      if (!this.#ended) view$.subscribe(observer);
      observer.next(now());
      if (this.#ended) observer.complete();
    });
  }

  // ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells a record; ask `watched` first where it costs something to make one. */
  tell(body: JobRecordBody): void {
    if (!this.watched) return;
    const record = this.#stamp(body);
    this.#post(() => this.#record$?.next(record));
  }

  #stamp(body: JobRecordBody): JobRecord {
    const { data, engine } = this.run;
    return { jobId: data.jobId, timestamp: new Date(engine.time.now), ...body };
  }

  warn(message: string, error?: unknown): void {
    this.tell({ type: 'warning', message, ...(error === undefined ? {} : { error }) });
  }

  output(output: OutputRecord): void {
    this.tell({ type: 'output', output });
    if (this.#sinks.length === 0 && this.#output$ === undefined) return;
    this.#post(() => {
      this.#tellSinks((sink) => sink.next?.(output));
      this.#output$?.next(output);
    });
  }

  // The warning is told at once, since what follows in the outbox may be the end.
  #tellSinks(tell: (sink: Partial<Observer<OutputRecord>>) => unknown): void {
    for (const sink of this.#sinks) {
      try {
        this.#hear(tell(sink));
      } catch (error) {
        this.#record$?.next(this.#stamp({ type: 'warning', message: 'An output observer threw', error }));
      }
    }
  }

  /** A sink may be an async function: then its promise is ours to answer. */
  #hear(answer: unknown): void {
    const left = unfinished(answer);
    if (left?.kind !== 'promise') return;
    const answered = Promise.resolve(left.work);
    this.#unanswered++;
    answered.then(
      () => this.#unanswered--,
      (error: unknown) => {
        this.#unanswered--;
        this.run.engine.drain.refresh();
        this.warn('The promise of an output observer was rejected', error);
      },
    );
  }

  status(status: JobStatus): void {
    if (this.#status$ !== undefined) this.#post(() => this.#status$?.next(status));
    this.progress();
  }

  progress(): void {
    if (!this.followed) return;
    const { progress } = this.run;
    this.#post(() => this.#progress$?.next(progress));
  }

  /** Completes the sinks, before the end is told. */
  endSinks(): void {
    if (this.#sinks.length === 0) return;
    const letter = (): void => {
      this.#tellSinks((sink) => sink.complete?.());
      if (this.#unanswered > 0) this.#putOffWhatFollows(letter);
    };
    this.#post(letter);
  }

  // The end waits for what is rejected in this turn of the event loop, and no longer: a sink may never answer.
  #putOffWhatFollows(letter: () => void): void {
    const outbox = this.#outbox ?? [];
    const end = outbox.splice(outbox.indexOf(letter) + 1);
    macrotask(() => {
      for (const each of end) this.#post(each);
    });
  }

  /** Completes every view once what is in the outbox has been delivered. */
  end(): void {
    if (this.#outbox === undefined && this.#shown === undefined) this.#ended = true;
    else
      this.#post(() => {
        this.#complete();
      });
  }

  #complete(): void {
    this.#ended = true;
    for (const view$ of this.#views) view$.complete();
  }

  get #views(): readonly { complete(): void }[] {
    return [this.#record$, this.#output$, this.#status$, this.#progress$].filter((view$) => view$ !== undefined);
  }

  // ── delivery ────────────────────────────────────────────────────────────────────────────────────────────────────

  #post(letter: () => void): void {
    if (this.#outbox !== undefined) {
      this.#outbox.push(letter);
      return;
    }
    this.#outbox = [letter];
    this.run.engine.steps.deliver(this);
  }

  deliver(): void {
    if (this.#delivering || this.#outbox === undefined) return;
    this.#delivering = true;
    // Also what is posted meanwhile.
    for (const letter of this.#outbox) letter();
    this.#outbox = undefined;
    this.#delivering = false;
  }
}

const NO_SINKS: readonly never[] = [];
