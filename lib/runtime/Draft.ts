import type { Entry, Place, Row, StoredStep } from '../wire/Store.js';

type Guard = StoredStep['guards'][number];

/** What is to be written of one job: of several rows in one place the last counts. */
export class Draft {
  readonly #guards: Guard[] = [];
  readonly #clear = new Set<string>();
  /** A row, or the place of one that is to go. */
  readonly #rows = new Map<string, Place | Row>();
  /** Whether an entry is to be there. */
  readonly #entries = new Map<string, readonly [entry: Entry, isThere: boolean]>();

  guard(place: Place, fence: number): void {
    this.#guards.push({ ...place, fence });
  }

  put(kind: string, key: string, value: unknown, fence?: number): void {
    this.#rows.set(nameOf({ kind, key }), { kind, key, value: JSON.stringify(value), fence });
  }

  remove(kind: string, key: string): void {
    this.#rows.set(nameOf({ kind, key }), { kind, key });
  }

  /** All rows of a kind go. */
  clear(kind: string): void {
    this.#clear.add(kind);
    for (const [name, row] of this.#rows) if (row.kind === kind) this.#rows.delete(name);
  }

  enter(index: string, key: string): void {
    this.#entries.set(JSON.stringify([index, key]), [{ index, key }, true]);
  }

  leave(index: string, key: string): void {
    this.#entries.set(JSON.stringify([index, key]), [{ index, key }, false]);
  }

  toStep(jobId: string): StoredStep {
    const rows = [...this.#rows.values()];
    const entries = [...this.#entries.values()];
    return {
      jobId,
      guards: this.#guards,
      clear: [...this.#clear],
      remove: rows.filter((row) => !isRow(row)),
      put: rows.filter(isRow),
      leave: entries.flatMap(([entry, isThere]) => (isThere ? [] : [entry])),
      enter: entries.flatMap(([entry, isThere]) => (isThere ? [entry] : [])),
    };
  }
}

const nameOf = ({ kind, key }: Place): string => `${kind} ${key}`;

const isRow = (row: Place | Row): row is Row => 'value' in row;
