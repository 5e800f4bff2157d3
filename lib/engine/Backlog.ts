import type { FixedLimit } from '../flow/Limit.js';
import { jobError } from '../job/JobError.js';
import type { Attempt } from './Attempt.js';
import { type Emission, singlesOf } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Inlet, Route } from './Plan.js';
import type { TaskQueue } from './TaskQueue.js';

/** Whoever waits for room on these routes. */
interface Waiter {
  readonly routes: readonly Route[];
  readonly wake: () => void;
}

/** What waits under one limit; each task is an emission of its own, where some may be dropped. */
class Waiting {
  length = 0;
  /** Oldest first. Not the entry, nor what is tried again: without them the job would not do what it was started for. */
  readonly #droppable = new Set<Emission>();

  constructor(readonly limit: FixedLimit) {}

  add(emission: Emission): void {
    this.length++;
    if (this.limit.overflow === 'dropOldest' && emission.order > 0 && emission.tried === 0) this.#droppable.add(emission);
  }

  remove(emission: Emission): void {
    this.length--;
    this.#droppable.delete(emission);
  }

  /** The one to be dropped next. */
  get oldest(): Emission | undefined {
    return this.#droppable.values().next().value;
  }

  clear(): void {
    this.length = 0;
    this.#droppable.clear();
  }
}

/** A source that can wait reads no further ahead than this many tasks where no limit says otherwise. */
const AHEAD = 256;

const roomUpTo = ({ maxQueued, overflow }: FixedLimit): number => (overflow === 'block' ? maxQueued : Infinity);

/** Tasks that are on their way: what an attempt has emitted, where that counts only when it succeeds. */
export class Held {
  size = 0;
  readonly #to = new Map<Inlet, number>();

  add(routes: readonly Route[]): void {
    this.size += routes.length;
    for (const { target } of routes) this.#to.set(target, this.to(target) + 1);
  }

  to(inlet: Inlet): number {
    return this.#to.get(inlet) ?? 0;
  }
}

/** The limits of one job and of its slots: what happens to a task for which there is no room, and who waits for some. */
export class Backlog {
  readonly #slots: ReadonlyMap<Inlet, Waiting>;
  #waiters: Waiter[] = [];
  private readonly limit: FixedLimit;
  readonly #job: Waiting;

  /** `shed` lets go of a task that was queued. */
  constructor(
    private readonly run: JobRun,
    private readonly queue: TaskQueue,
    private readonly shed: (attempt: Attempt) => void,
  ) {
    this.limit = run.options.limit;
    this.#job = new Waiting(this.limit);
    this.#slots = new Map(run.plan.limited.map((inlet) => [inlet, new Waiting(inlet.limit as FixedLimit)]));
  }

  // ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Refuses an emission for which there is no room, where that is to be told to whoever emits; `held` is on its way already.
   *
   * @throws JobError `QUEUE_FULL`
   */
  check(call: () => string, routes: readonly Route[], held: Held | undefined): void {
    const full = this.#refusing(routes, held);
    if (full === undefined) return;
    const { jobId } = this.run.data;
    const [where, { maxQueued: limit }] =
      full === 'job'
        ? [`job '${jobId}'`, this.limit]
        : [`slot '${full.name}' of routine '${full.node.id}'`, full.limit as FixedLimit];
    throw jobError('QUEUE_FULL', { jobId, call: call(), where, limit });
  }

  #refusing(routes: readonly Route[], held: Held | undefined): Inlet | 'job' | undefined {
    const { maxQueued, overflow } = this.limit;
    if (overflow === 'error' && this.queue.length + (held?.size ?? 0) + routes.length > maxQueued) return 'job';
    return routes.find(({ target }) => this.#isRefused(target, routes, held))?.target;
  }

  #isRefused(inlet: Inlet, coming: readonly Route[], held: Held | undefined): boolean {
    const slot = this.#slots.get(inlet);
    if (slot?.limit.overflow !== 'error') return false;
    const count = coming.filter(({ target }) => target === inlet).length;
    return slot.length + (held?.to(inlet) ?? 0) + count > slot.limit.maxQueued;
  }

  /** An emission that comes, as it may be queued. */
  partsOf(emission: Emission): readonly Emission[] {
    const { overflow, maxQueued } = this.limit;
    const drops = maxQueued !== Infinity && overflow.startsWith('drop');
    return drops || emission.routes.some(({ target }) => this.#slots.has(target)) ? singlesOf(emission) : [emission];
  }

  /** Makes room for a part of an emission, if need be; false where it is the part that is dropped. */
  makeRoom(part: Emission): boolean {
    const slot = this.#slots.get(targetOf(part));
    return (slot === undefined || this.#cut(slot, slot.length)) && this.#cut(this.#job, this.queue.length);
  }

  #cut({ limit, oldest }: Waiting, length: number): boolean {
    if (length < limit.maxQueued) return true;
    if (oldest !== undefined) this.#drop(oldest);
    return limit.overflow !== 'dropNewest';
  }

  #drop(emission: Emission): void {
    this.#removed(emission);
    this.shed(this.queue.drop(emission));
  }

  /** It stands in the queue now. */
  added(emission: Emission): void {
    this.#job.add(emission);
    const target = targetOf(emission);
    const slot = this.#slots.get(target);
    if (slot === undefined) return;
    slot.add(emission);
    this.run.cellOf(target.node).noteWaiting(target.ordinal, slot.length);
  }

  // ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A task has left the queue. */
  taken({ emission, route }: Attempt): void {
    this.#removed(emission, route.target);
    if (this.#waiters.length > 0 && this.queue.length < this.#ahead) this.#callIn();
  }

  #removed(emission: Emission, inlet: Inlet = targetOf(emission)): void {
    this.#job.remove(emission);
    this.#slots.get(inlet)?.remove(emission);
  }

  // Not each place is worth a turn of all: when half is free, all go on. Before that one does, since others may keep it full.
  #callIn(): void {
    if (this.queue.length <= (this.#ahead - 1) / 2) this.#wake(this.#waiters.filter(({ routes }) => this.hasRoom(routes)));
    else this.#wake(this.#waiters.filter(({ routes }) => this.hasRoom(routes)).slice(0, 1));
  }

  /** Nothing waits any more, or is about to be queued anew. */
  clear(): void {
    this.#job.clear();
    for (const slot of this.#slots.values()) slot.clear();
  }

  // ── who waits ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a source that can wait may bring a value for these routes. */
  hasRoom(routes: readonly Route[]): boolean {
    return this.queue.length < this.#ahead && routes.every(({ target }) => this.#slotHasRoom(target));
  }

  get #ahead(): number {
    return this.limit.maxQueued === Infinity ? AHEAD : roomUpTo(this.limit);
  }

  #slotHasRoom(inlet: Inlet): boolean {
    const slot = this.#slots.get(inlet);
    return slot === undefined || slot.length < roomUpTo(slot.limit);
  }

  /** Calls back once, when there may be room again. */
  whenRoom(routes: readonly Route[], wake: () => void): void {
    this.#waiters.push({ routes, wake });
  }

  /** All who wait look again: the gate has opened, or the job is over. */
  wakeAll(): void {
    if (this.#waiters.length > 0) this.#wake(this.#waiters);
  }

  #wake(woken: readonly Waiter[]): void {
    const gone = new Set(woken);
    this.#waiters = gone.size === this.#waiters.length ? [] : this.#waiters.filter((waiter) => !gone.has(waiter));
    for (const { wake } of woken) wake();
  }
}

const targetOf = ({ routes }: Emission): Inlet => (routes[0] as Route).target;
