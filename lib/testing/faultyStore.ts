import { firstValueFrom, timer } from 'rxjs';
import { checkKnown, checkOption } from '../flow/checkOption.js';
import { checkBound } from '../flow/FlowOptions.js';
import type { Batch, Found, Owner, Row, Store } from '../wire/Store.js';
import { storeError } from '../wire/StoreError.js';
import { seeded } from './seeded.js';

/** How a store is to fail. */
export interface FaultyStoreOptions {
  /**
   * From this call on (1 = the first of all) nothing reaches the store and nothing is answered, as if the process had died there.
   *
   * @default never
   */
  readonly dieAt?: number | undefined;
  /** Which part of the commits is rejected with an error that may be tried again, from 0 to 1; half of them after they were applied. @default 0 */
  readonly failRate?: number | undefined;
  /** Decides which. @default 1 */
  readonly seed?: number | undefined;
  /** How long each commit takes longer, in ms. @default 0 */
  readonly delayMs?: number | undefined;
}

const KNOWN = { dieAt: true, failRate: true, seed: true, delayMs: true } as const;

const NEVER = new Promise<never>(() => undefined);

class FaultyStore implements Store {
  calls = 0;
  readonly #store: Store;
  readonly #dieAt: number;
  readonly #failRate: number;
  readonly #delayMs: number;
  readonly #chance: () => number;

  constructor(store: Store, { dieAt = Infinity, failRate = 0, seed = 1, delayMs = 0 }: FaultyStoreOptions) {
    this.#store = store;
    this.#dieAt = checkBound('dieAt', dieAt, 1);
    const isPart = typeof failRate === 'number' && failRate >= 0 && failRate <= 1;
    this.#failRate = checkOption('failRate', failRate, isPart, 'a number from 0 to 1');
    this.#delayMs = checkOption('delayMs', delayMs, typeof delayMs === 'number' && delayMs >= 0, 'ms from 0 up');
    this.#chance = seeded(seed);
  }

  get driver(): string {
    return this.#store.driver;
  }

  get level(): Store['level'] {
    return this.#store.level;
  }

  get shared(): boolean {
    return this.#store.shared;
  }

  #call<T>(work: () => Promise<T>): Promise<T> {
    return ++this.calls >= this.#dieAt ? NEVER : work();
  }

  open(owner: Owner): Promise<{ readonly epoch: number }> {
    return this.#call(() => this.#store.open(owner));
  }

  commit(batch: Batch): Promise<readonly boolean[]> {
    return this.#call(() => this.#commit(batch));
  }

  async #commit(batch: Batch): Promise<readonly boolean[]> {
    if (this.#delayMs > 0) await firstValueFrom(timer(this.#delayMs));
    const fails = this.#chance() < this.#failRate;
    const isApplied = !fails || this.#chance() < 0.5;
    const answer = isApplied ? await this.#store.commit(batch) : [];
    if (fails) throw storeError('STORE_FULL', { reason: 'a fault that a test has asked for' });
    return answer;
  }

  load(jobId: string, kinds?: readonly string[]): Promise<readonly Row[]> {
    return this.#call(() => this.#store.load(jobId, kinds));
  }

  scan(index: string, after?: string, limit?: number, reverse?: boolean): Promise<readonly Found[]> {
    return this.#call(() => this.#store.scan(index, after, limit, reverse));
  }

  compact(): Promise<void> {
    return this.#call(() => this.#store.compact());
  }

  close(epoch: number): Promise<void> {
    return this.#call(() => this.#store.close(epoch));
  }
}

/**
 * A store that fails as it is told: it dies at a call, or commits are rejected now and then. Jobs on it have to come to the same all the same.
 *
 * @example
 * for (let dieAt = 1; ; dieAt++) {
 *   const faulty = faultyStore(store, { dieAt });
 *   // … run the jobs on it, then open `store` itself, and compare
 * }
 */
export const faultyStore = (store: Store, options: FaultyStoreOptions = {}): Store & { readonly calls: number } =>
  new FaultyStore(store, checkKnown(options, KNOWN));
