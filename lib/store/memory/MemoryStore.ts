import type { Batch, Entry, Found, Owner, Place, Row, Store, StoredStep } from '../../wire/Store.js';
import { storeError } from '../../wire/StoreError.js';

type Rows = Map<string, Map<string, Row>>;

/** The contract of stores in memory: the reference that the others are compared with. */
export class MemoryStore implements Store {
  /** Its name. */
  readonly driver = 'memory';
  readonly level = 'memory';
  readonly shared = false;
  readonly #jobs = new Map<string, Rows>();
  readonly #indexes = new Map<string, Map<string, string>>();
  #owner: Owner | undefined = undefined;
  #epoch = 0;
  /** The last batch of this owner, and what it was answered. */
  #last: { readonly number: number; readonly answer: readonly boolean[] } = { number: 0, answer: [] };

  open(owner: Owner): Promise<{ readonly epoch: number }> {
    if (this.#owner !== undefined) {
      const { pid, host, since } = this.#owner;
      return Promise.reject(storeError('STORE_BUSY', { pid, host, since: new Date(since) }));
    }
    this.#owner = owner;
    this.#last = { number: 0, answer: [] };
    return Promise.resolve({ epoch: ++this.#epoch });
  }

  /** Its owner is gone, as if its process had died. */
  crash(): void {
    this.#owner = undefined;
    this.#epoch++;
  }

  async commit({ epoch, number, steps }: Batch): Promise<readonly boolean[]> {
    await Promise.resolve();
    if (epoch !== this.#epoch) throw storeError('STORE_LOST', { epoch });
    if (number !== this.#last.number) this.#last = { number, answer: steps.map((step) => this.#apply(step)) };
    return this.#last.answer;
  }

  #apply(step: StoredStep): boolean {
    const rows = this.#jobs.get(step.jobId) ?? new Map<string, Map<string, Row>>();
    if (!step.guards.every((guard) => rowAt(rows, guard)?.fence === guard.fence)) return false;
    for (const kind of step.clear) rows.delete(kind);
    for (const { kind, key } of step.remove) rows.get(kind)?.delete(key);
    for (const row of step.put) rowsOf(rows, row.kind).set(row.key, row);
    this.#index(step);
    if (rows.get('job') === undefined) this.#jobs.delete(step.jobId);
    else this.#jobs.set(step.jobId, rows);
    return true;
  }

  #index({ jobId, leave, enter }: StoredStep): void {
    for (const entry of leave) this.#entries(entry).delete(entry.key);
    for (const entry of enter) this.#entries(entry).set(entry.key, jobId);
  }

  #entries({ index }: Pick<Entry, 'index'>): Map<string, string> {
    const entries = this.#indexes.get(index) ?? new Map<string, string>();
    this.#indexes.set(index, entries);
    return entries;
  }

  load(jobId: string, kinds?: readonly string[]): Promise<readonly Row[]> {
    const rows = this.#jobs.get(jobId) ?? new Map<string, Map<string, Row>>();
    const all = [...rows].filter(([kind]) => kinds?.includes(kind) ?? true).flatMap(([, ofKind]) => [...ofKind.values()]);
    return Promise.resolve(all.sort(byPlace));
  }

  scan(index: string, after?: string, limit = Infinity, reverse = false): Promise<readonly Found[]> {
    const sorted = [...this.#entries({ index })].sort(([a], [b]) => (a < b ? -1 : 1));
    if (reverse) sorted.reverse();
    const behind = after === undefined ? sorted : sorted.filter(([key]) => (reverse ? key < after : key > after));
    return Promise.resolve(behind.slice(0, limit).map(([key, jobId]) => ({ key, jobId, head: this.#headOf(jobId) })));
  }

  #headOf(jobId: string): string {
    return this.#jobs.get(jobId)?.get('job')?.get('')?.value ?? '';
  }

  compact(): Promise<void> {
    return Promise.resolve();
  }

  close(epoch: number): Promise<void> {
    if (epoch === this.#epoch) this.crash();
    return Promise.resolve();
  }
}

const rowAt = (rows: Rows, { kind, key }: Place): Row | undefined => rows.get(kind)?.get(key);

const rowsOf = (rows: Rows, kind: string): Map<string, Row> => {
  const ofKind = rows.get(kind) ?? new Map<string, Row>();
  rows.set(kind, ofKind);
  return ofKind;
};

const byPlace = (a: Row, b: Row): number => (a.kind === b.kind ? compare(a.key, b.key) : compare(a.kind, b.kind));

const compare = (a: string, b: string): number => (a < b ? -1 : 1);
