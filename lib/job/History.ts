import type { Data } from '../flow/Data.js';
import { BoundedLog } from '../prelude/BoundedLog.js';

/** One line of a job's history. */
export interface ExecutionRecord {
  readonly routineId: string;
  readonly eventName: string;
  readonly data: Data;
  readonly timestamp: Date;
}

/** What a history holds: a record, and its place in the order of the job. */
export interface Recorded {
  readonly routineId: string;
  readonly eventName: string;
  readonly data: Data;
  /** In ms since the job's base (see `JobData`): a small whole number, which costs no object. */
  readonly tick: number;
  readonly order: number;
}

/**
 * What happened in a job, oldest first: `start`, each emission, each error. At its bound the oldest emissions go
 * first, then the oldest errors; `start` stays. What went is counted in `dropped`.
 */
export class History {
  readonly #emissions: BoundedLog<Recorded>;
  readonly #kept: BoundedLog<Recorded>;
  #start: Recorded | undefined;

  constructor(
    readonly bound: number,
    /** The time of tick 0, epoch ms. */
    private readonly base: number,
  ) {
    this.#emissions = new BoundedLog(bound);
    this.#kept = new BoundedLog(Math.max(bound - 1, 0));
  }

  get length(): number {
    return this.#emissions.length + this.#kept.length + (this.#start === undefined ? 0 : 1);
  }

  get dropped(): number {
    return this.#emissions.dropped + this.#kept.dropped;
  }

  start(record: Recorded): void {
    if (this.bound > 0) this.#start = record;
  }

  emitted(record: Recorded): void {
    if (this.length < this.bound) this.#emissions.push(record);
    else this.#emissions.replaceOldest(record);
  }

  /** Keeps a record that emissions do not push out: an error, or a retry that succeeded. */
  keep(record: Recorded): void {
    this.#kept.push(record);
    this.#trim();
  }

  /** In the order in which it happened; each record's data is a copy. */
  records(routineId?: string): readonly ExecutionRecord[] {
    const all = [...(this.#start === undefined ? [] : [this.#start]), ...this.#emissions, ...this.#kept];
    const mine = routineId === undefined ? all : all.filter((record) => record.routineId === routineId);
    return mine.sort((a, b) => a.order - b.order).map((record) => this.#toExecutionRecord(record));
  }

  /** The emissions that are still held, oldest first. */
  get emissions(): readonly ExecutionRecord[] {
    return [...this.#emissions].map((record) => this.#toExecutionRecord(record));
  }

  #toExecutionRecord({ routineId, eventName, data, tick }: Recorded): ExecutionRecord {
    return { routineId, eventName, data: { ...data }, timestamp: new Date(this.base + tick) };
  }

  #trim(): void {
    if (this.length > this.bound && this.#emissions.length > 0) this.#emissions.dropOldest();
  }
}
