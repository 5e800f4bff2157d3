import type { Data } from '../flow/Data.js';
import type { Change } from '../job/Settled.js';
import type { OpenWait } from '../job/Wait.js';
import type { Connection, Slot } from '../plan/Plan.js';

type Update = (own: Data) => Data;

/** Tasks on their way: those of the emissions that count only when the attempt succeeds. */
export class Emitting {
  size = 0;
  readonly #to = new Map<Slot, number>();

  clear(): void {
    this.size = 0;
    this.#to.clear();
  }

  add(connections: readonly Connection[]): void {
    this.size += connections.length;
    for (const { slot } of connections) this.#to.set(slot, this.to(slot) + 1);
  }

  to(slot: Slot): number {
    return this.#to.get(slot) ?? 0;
  }
}

/** What an attempt does to its job, kept back until it succeeds: its questions, and with `emitMode: 'commit'` all of it. */
export class Effects {
  #changes: Change[] = [];
  #updates: Update[] = [];
  /** The own keys of its routine, as it sees them. */
  own: Data | undefined = undefined;
  /** What it has set of the shared values, as it sees them. */
  readonly shared = new Map<string, unknown>();
  /** The tasks that will come of its emissions. */
  readonly emitting = new Emitting();
  /** How many of its events are deferred. */
  deferring = 0;
  /** The tokens of its questions. */
  readonly tokens = new Set<string>();

  add(change: Change): void {
    this.#changes.push(change);
    if (change.type === 'deferred') this.deferring++;
  }

  emit(change: Change, connections: readonly Connection[]): void {
    this.add(change);
    this.emitting.add(connections);
  }

  ask(wait: OpenWait): void {
    this.add({ type: 'waiting', wait });
    this.tokens.add(wait.token);
  }

  update(update: Update, own: Data): void {
    this.#updates.push(update);
    this.own = own;
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  /**
   * The own keys of the routine after all updates, each asked with the result of the one before; undefined if there are none. What
   * they are now is asked twice: an update is the user's, and may change the state otherwise. Then all are asked once more (D31).
   */
  stateAfter(now: () => Data | undefined): Data | undefined {
    if (this.#updates.length === 0) return undefined;
    const before = now();
    const own = this.#updated(before);
    return now() === before ? own : this.#updated(now());
  }

  #updated(from: Data | undefined): Data {
    return this.#updates.reduce((own, update) => update(own), from ?? {});
  }

  /** All of it has been applied. */
  clear(): void {
    this.#changes = [];
    this.#updates = [];
    this.own = undefined;
    this.shared.clear();
    this.emitting.clear();
    this.deferring = 0;
    this.tokens.clear();
  }
}
