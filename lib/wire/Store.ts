/*
 * The contract of stores: where durable jobs are kept. A store knows rows, keys and indexes, and nothing of jobs; plain values go in and out.
 */

/** A part of a job as it is kept: a text under a key of its kind. Rows of one kind are read in the order of their keys. */
export interface Row {
  /** What it is of a job: a task, a key of a state. */
  readonly kind: string;
  /** Which one. */
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Which delivery of a task it is of; a guard asks for it. */
  readonly fence?: number | undefined;
}

/** Where a row stands. */
export interface Place {
  /** What it is of a job. */
  readonly kind: string;
  /** Which one. */
  readonly key: string;
}

/** An entry of an index, over all jobs: its key leads to the job. */
export interface Entry {
  /** The name of the index. */
  readonly index: string;
  /** Where it stands in it. */
  readonly key: string;
}

/** What is to be written of one job: all of it, or nothing if a guard does not hold. */
export interface StoredStep {
  /** Of which job. */
  readonly jobId: string;
  /** Rows that have to stand there with these fences. */
  readonly guards: readonly (Place & { readonly fence: number })[];
  /** Kinds of which all rows go, before anything is put. */
  readonly clear: readonly string[];
  /** Rows that go, if they are there. */
  readonly remove: readonly Place[];
  /** Rows that are written, in the place of those that stand there. */
  readonly put: readonly Row[];
  /** Entries of indexes that go, if they are there. */
  readonly leave: readonly Entry[];
  /** Entries of indexes that lead to the job from here on. */
  readonly enter: readonly Entry[];
}

/** Steps that are stored together. */
export interface Batch {
  /** That of the owner; of an older one nothing is stored. */
  readonly epoch: number;
  /** Its number, from 1, one more than that of the batch before. One that was stored already is answered as before, and not stored again. */
  readonly number: number;
  /** Each is judged by its own guards; those whose guards hold are stored all at once. */
  readonly steps: readonly StoredStep[];
}

/** Whoever opens a store. */
export interface Owner {
  /** Its process, as far as that is known. */
  readonly pid: number | undefined;
  /** The machine of that. */
  readonly host: string | undefined;
  /** When it has come, epoch ms. */
  readonly since: number;
}

/** An entry that was found, and the head of its job: the row of kind `job`. */
export interface Found {
  /** Its key. */
  readonly key: string;
  /** The job that it leads to. */
  readonly jobId: string;
  /** The value of the row of kind `job`, empty if there is none. */
  readonly head: string;
}

/**
 * Where durable jobs are kept: what a driver implements. `storeSuite` of `routilux/testing` says what each call must do.
 *
 * @example
 * const runtime = await Runtime.open({ store: memoryStore(), flows: [flow] });
 */
export interface Store {
  /** Its name. */
  readonly driver: string;
  /** What a commit outlives: a power cut, a process that is killed, or nothing. */
  readonly level: 'power' | 'process' | 'memory';
  /** Whether several processes work on it at once. */
  readonly shared: boolean;
  /** Takes the store over from an owner that is gone. Rejects with StoreError `STORE_BUSY` while it is not. */
  open(owner: Owner): Promise<{ readonly epoch: number }>;
  /**
   * Stores the steps whose guards hold, all of them at once; says for each whether it was. Rejects with StoreError `STORE_LOST` if another
   * owner has come, and retriable ones, after which it may be stored or not: the same batch is given again.
   */
  commit(batch: Batch): Promise<readonly boolean[]>;
  /** The rows of a job, of some kinds if they are named, by kind and key; none if there is no such job. */
  load(jobId: string, kinds?: readonly string[]): Promise<readonly Row[]>;
  /** The entries of an index behind a key, in the order of their keys. */
  scan(index: string, after?: string, limit?: number, reverse?: boolean): Promise<readonly Found[]>;
  /** Gives back the room of what is gone. */
  compact(): Promise<void>;
  /** Lets the store go, if this is its owner still. */
  close(epoch: number): Promise<void>;
}
