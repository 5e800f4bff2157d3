import { firstValueFrom, Subject, timer } from 'rxjs';
import { grouped } from '../engine/durable/grouped.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { describeError } from '../prelude/describeError.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { Batch, Store, StoredStep } from '../wire/Store.js';
import { type StoreError, StoreError as Failed, storeError } from '../wire/StoreError.js';

/** Steps that wait to be stored, and who is told. */
interface Waiting {
  readonly steps: readonly StoredStep[];
  readonly stored: (verdicts: readonly boolean[]) => void;
  readonly lost: (error: Error) => void;
}

/** The first pause after a commit that may be given again, and the longest, in ms. */
const FIRST_MS = 10;
const LONGEST_MS = 1_000;

/** What has been stored so far; times in ms, of the last 1,000 commits. */
export interface CommitFigures {
  readonly steps: number;
  readonly commits: number;
  readonly commitMs: { readonly p50: number; readonly p99: number };
}

const REMEMBERED = 1_000;

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? 0;

/** Stores the steps of all jobs of a runtime, in groups: what comes while a group is being stored goes into the next one. */
export class Commits {
  readonly #waiting$ = new Subject<Waiting>();
  #number = 0;
  #steps = 0;
  #commits = 0;
  readonly #times = new BoundedLog<number>(REMEMBERED);
  #failure: StoreError | undefined = undefined;

  constructor(
    private readonly store: Store,
    private readonly epoch: number,
    /** Told once if the store is lost, or has failed: nothing is stored any more. */
    private readonly lost: (error: StoreError) => void,
  ) {
    this.#waiting$.pipe(grouped((group) => this.#storeAll([...group]))).subscribe();
  }

  get figures(): CommitFigures {
    const sorted = [...this.#times].sort((a, b) => a - b);
    const commitMs = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
    return { steps: this.#steps, commits: this.#commits, commitMs };
  }

  /** Resolves when the steps are stored, or refused by their guards; rejects if the store is lost. */
  async commit(steps: readonly StoredStep[]): Promise<readonly boolean[]> {
    return new Promise((stored, lost) => {
      if (this.#failure === undefined) this.#waiting$.next({ steps, stored, lost });
      else lost(this.#failure);
    });
  }

  async #storeAll(group: readonly Waiting[]): Promise<void> {
    const steps = group.flatMap((waiting) => waiting.steps);
    const began = performance.now();
    const verdicts = await this.#send({ epoch: this.epoch, number: ++this.#number, steps });
    if (verdicts === undefined) {
      for (const { lost } of group) lost(this.#failure as StoreError);
      return;
    }
    this.#steps += steps.length;
    this.#commits++;
    this.#times.push(performance.now() - began);
    let at = 0;
    for (const waiting of group) waiting.stored(verdicts.slice(at, (at += waiting.steps.length)));
  }

  /** The same batch again, as long as that may help: the store knows those that it has. */
  async #send(batch: Batch): Promise<readonly boolean[] | undefined> {
    for (let waitMs = FIRST_MS; this.#failure === undefined; waitMs = Math.min(waitMs * 2, LONGEST_MS)) {
      try {
        return await this.store.commit(batch);
      } catch (error) {
        if (error instanceof RoutiluxError && error.retriable) await firstValueFrom(timer(waitMs));
        else this.#fail(error);
      }
    }
    return undefined;
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Failed ? error : storeError('STORE_FAILED', { reason: describeError(error).message }, error);
    this.lost(this.#failure);
  }
}
