import { type Observer, Subject, type Subscription } from 'rxjs';
import type { JobData } from '../job/JobData.js';
import type { JobRecord, JobRecordBody } from '../job/JobRecord.js';
import type { Ledger } from '../job/Ledger.js';
import type { Isolate } from '../prelude/isolate.js';
import { Outbox } from './Outbox.js';
import type { Steps } from './Steps.js';

/** The time of a flow by the last look at its clock: epoch ms, that of tick 0, and whole ms since then. */
interface Moment {
  readonly now: number;
  readonly base: number;
  readonly tick: number;
}

/** Before the first record: no moment equals it. */
const NEVER = new Date(NaN);

/** The ledger of one job: its state, and the stream of its records once somebody has asked for it. */
export class JobLedger implements Ledger {
  /** A field and no getter, since it is asked at each step of each task. */
  watched = false;
  #record$: Subject<JobRecord> | undefined = undefined;
  /** Who watches, until somebody comes or goes. */
  #watchers: readonly Observer<JobRecord>[] | undefined = undefined;
  #outbox: Outbox<JobRecord> | undefined = undefined;
  #isTellingNow = false;
  /** Whether records are made for others than watchers. */
  #isKept = false;
  /** What a warning has been about. */
  #warned: Set<object> | undefined = undefined;
  /** Made once for all records of one moment, unless a watcher has changed it. */
  #timestamp = NEVER;

  constructor(
    readonly data: JobData,
    private readonly plan: { readonly show: Isolate },
    private readonly engine: { readonly time: Moment; readonly steps: Steps },
  ) {}

  get show(): Isolate {
    return this.plan.show;
  }

  get now(): number {
    const { now, base } = this.engine.time;
    return now - base + this.data.base;
  }

  get tick(): number {
    return this.engine.time.tick;
  }

  get timestamp(): Date {
    const { now } = this;
    if (this.#timestamp.getTime() !== now) this.#timestamp = new Date(now);
    return this.#timestamp;
  }

  get record$(): Subject<JobRecord> {
    return (this.#record$ ??= new Subject());
  }

  /** From now on each record goes into another outbox, watched or not; `send` is what that ends with. */
  keepIn(outbox: Outbox<JobRecord>): void {
    this.#outbox = outbox;
    this.#isKept = this.watched = true;
  }

  /** Tells the records to an observer, from now on. */
  watch(observer: Partial<Observer<JobRecord>>): Subscription {
    const watching = this.record$.subscribe(this.fromNow(observer));
    const look = (): void => {
      this.watched = this.#isKept || this.record$.observed;
      this.#watchers = undefined;
    };
    look();
    watching.add(look);
    return watching;
  }

  /** An observer that hears only what is posted from now on: what waits to be told happened before it came. */
  fromNow<T>(observer: Partial<Observer<T>>): Partial<Observer<T>> {
    const outbox = this.#outbox;
    if (outbox === undefined || outbox.isEmpty) return observer;
    const { posted } = outbox;
    return {
      next: (value) => {
        if (this.#isTellingNow || outbox.place >= posted) observer.next?.(value);
      },
      complete: () => observer.complete?.(),
    };
  }

  /** Records and calls of views wait here until watchers may hear them. */
  get outbox(): Outbox<JobRecord> {
    return (this.#outbox ??= new Outbox(this.engine.steps, (record) => {
      this.send(record);
    }));
  }

  tell(body: JobRecordBody, at?: number): void {
    if (this.watched) this.post(this.#stamped(body, at === undefined ? this.timestamp : new Date(at)));
  }

  post(record: JobRecord): void {
    this.outbox.post(record);
  }

  /** Tells a record at once, before those that wait: the next one may be the end. */
  tellNow(body: JobRecordBody): void {
    if (!this.watched) return;
    this.#isTellingNow = true;
    this.send(this.#stamped(body, this.timestamp));
    this.#isTellingNow = false;
  }

  /** Tells those who watch at this moment: as `next` of the Subject, without the iterator that its loop makes for each record. */
  send(record: JobRecord): void {
    // RxJS 8 takes `observers` away, and the peer is 7; `JobLedger-spec` fails if they are gone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const watchers = (this.#watchers ??= [...this.record$.observers]);
    // eslint-disable-next-line @typescript-eslint/prefer-for-of -- with an index, for the same reason
    for (let at = 0; at < watchers.length; at++) watchers[at]?.next(record);
  }

  #stamped(body: JobRecordBody, timestamp: Date): JobRecord {
    return { jobId: this.data.jobId, timestamp, ...body };
  }

  /** Tells a warning, once of each object that it may be about. */
  warnOnce(about: object, message: string): void {
    if (this.#warned?.has(about) === true) return;
    (this.#warned ??= new Set()).add(about);
    this.warn(message);
  }

  warn(message: string, error?: unknown): void {
    this.tell({ type: 'warning', message, ...(error === undefined ? {} : { error }) });
  }
}
