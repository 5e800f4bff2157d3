import type { Data } from '../flow/Data.js';
import { BoundedLog } from '../prelude/BoundedLog.js';

/** One line of a job's history. */
export interface ExecutionRecord {
  /** Of which routine. */
  readonly routineId: string;
  /** `start`, the name of an event, or `error`, `error_continued`, `skipped`, `completed` (after a retry). */
  readonly eventName: string;
  /** The parameters, the payload, or what is to be said of the error: a copy. */
  readonly data: Data;
  /** When. */
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

/** A record as it is written down: `kept` are those that emissions do not push out. */
export interface WrittenRecord extends ExecutionRecord {
  readonly order: number;
  readonly kept: boolean;
}

/**
 * What happened in a job, oldest first: `start`, each emission, each error. At its bound the oldest emissions go
 * first, then the oldest errors; `start` stays. What went is counted in `dropped`.
 */
export class History {
  readonly #emissions: BoundedLog<Recorded>;
  // Most jobs have no error.
  #kept: BoundedLog<Recorded> | undefined = undefined;
  #start: Recorded | undefined;
  /** How many records there still is room for. Written here alone. */
  room: number;

  constructor(
    readonly bound: number,
    /** The time of tick 0, epoch ms. */
    private readonly base: number,
    dropped = 0,
  ) {
    this.#emissions = new BoundedLog(bound, dropped);
    this.room = bound;
  }

  /** The history that was written down, its ticks counted from `base` on. */
  static of(bound: number, base: number, records: readonly WrittenRecord[], dropped: number): History {
    const history = new History(bound, base, dropped);
    for (const { timestamp, kept, ...record } of records) {
      const recorded = { ...record, tick: timestamp.getTime() - base };
      if (record.order === 0) history.start(recorded);
      else if (kept) history.keep(recorded);
      else history.emitted(recorded);
    }
    return history;
  }

  get dropped(): number {
    return this.#emissions.dropped + (this.#kept?.dropped ?? 0);
  }

  start(record: Recorded): void {
    if (this.bound === 0) return;
    if (this.#start === undefined && this.room > 0) this.room--;
    this.#start = record;
  }

  emitted(record: Recorded): void {
    if (this.room === 0) this.#emissions.replaceOldest(record);
    else this.#add(record);
  }

  #add(record: Recorded): void {
    this.room--;
    this.#emissions.push(record);
  }

  /** Keeps a record that emissions do not push out: an error, or a retry that succeeded. */
  keep(record: Recorded): void {
    const kept = (this.#kept ??= new BoundedLog(Math.max(this.bound - 1, 0)));
    const { length } = kept;
    kept.push(record);
    if (kept.length > length) this.#makeRoom();
  }

  #makeRoom(): void {
    if (this.room > 0) this.room--;
    else this.#emissions.dropOldest();
  }

  /** In the order in which it happened; each record's data is a copy. */
  records(routineId?: string): readonly ExecutionRecord[] {
    const all = this.#inOrder();
    const mine = routineId === undefined ? all : all.filter((record) => record.routineId === routineId);
    return mine.map((record) => this.#toExecutionRecord(record));
  }

  /** Everything that is held, to be written down. */
  written(): readonly WrittenRecord[] {
    const kept = new Set(this.#kept ?? []);
    return this.#inOrder().map((record) => ({
      ...this.#toExecutionRecord(record),
      order: record.order,
      kept: kept.has(record),
    }));
  }

  #inOrder(): Recorded[] {
    const all = [...(this.#start === undefined ? [] : [this.#start]), ...this.#emissions, ...(this.#kept ?? [])];
    return all.sort((a, b) => a.order - b.order);
  }

  /** The emissions that are still held, oldest first. */
  get emissions(): readonly ExecutionRecord[] {
    return [...this.#emissions].map((record) => this.#toExecutionRecord(record));
  }

  #toExecutionRecord({ routineId, eventName, data, tick }: Recorded): ExecutionRecord {
    return { routineId, eventName, data: { ...data }, timestamp: new Date(this.base + tick) };
  }
}
