import type { FixedLimit } from '../flow/Limit.js';
import { RingBuffer } from '../prelude/RingBuffer.js';
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

/** The tasks of one slot that wait, oldest first; each is an emission of its own. */
class SlotBacklog {
  readonly waiting = new RingBuffer<Emission>();

  constructor(readonly limit: FixedLimit) {}

  get length(): number {
    return this.waiting.length;
  }
}

/** A source that can wait reads no further ahead than this many tasks where no limit says otherwise. */
const AHEAD = 256;

const roomUpTo = ({ maxQueued, overflow }: FixedLimit): number => (overflow === 'block' ? maxQueued : Infinity);

/** The limits of one job and of its slots: what happens to a task for which there is no room, and who waits for some. */
export class Backlog {
  readonly #slots: ReadonlyMap<Inlet, SlotBacklog>;
  #waiters: readonly Waiter[] = [];
  private readonly limit: FixedLimit;

  /** `shed` lets go of a task that was queued. */
  constructor(
    private readonly run: JobRun,
    private readonly queue: TaskQueue,
    private readonly shed: (attempt: Attempt) => void,
  ) {
    this.limit = run.options.limit;
    this.#slots = new Map(run.plan.limited.map((inlet) => [inlet, new SlotBacklog(inlet.limit as FixedLimit)]));
  }

  // ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Refuses an emission for which there is no room, where that is to be told to whoever emits; `held` is on its way already.
   *
   * @throws JobError `QUEUE_FULL`
   */
  check(call: () => string, routes: readonly Route[], held: readonly Route[]): void {
    const full = this.#refusing(routes, held);
    if (full === undefined) return;
    const { jobId } = this.run.data;
    const [where, { maxQueued: limit }] =
      full === 'job'
        ? [`job '${jobId}'`, this.limit]
        : [`slot '${full.name}' of routine '${full.node.id}'`, full.limit as FixedLimit];
    throw jobError('QUEUE_FULL', { jobId, call: call(), where, limit });
  }

  #refusing(routes: readonly Route[], held: readonly Route[]): Inlet | 'job' | undefined {
    const { maxQueued, overflow } = this.limit;
    if (overflow === 'error' && this.queue.length + held.length + routes.length > maxQueued) return 'job';
    return routes.find(({ target }) => this.#isRefused(target, held, routes))?.target;
  }

  #isRefused(inlet: Inlet, held: readonly Route[], coming: readonly Route[]): boolean {
    const slot = this.#slots.get(inlet);
    if (slot?.limit.overflow !== 'error') return false;
    return slot.length + countTo(inlet, held) + countTo(inlet, coming) > slot.limit.maxQueued;
  }

  /** An emission that comes, as it may be queued. */
  partsOf(emission: Emission): readonly Emission[] {
    const { overflow, maxQueued } = this.limit;
    const drops = maxQueued !== Infinity && overflow.startsWith('drop');
    return drops || emission.routes.some(({ target }) => this.#slots.has(target)) ? singlesOf(emission) : [emission];
  }

  /** Makes room for a part of an emission, if need be; false where it is the part that is dropped. */
  makeRoom(part: Emission): boolean {
    const slot = this.#slots.get((part.routes[0] as Route).target);
    return this.#cut(slot?.limit, slot?.length ?? 0, slot) && this.#cut(this.limit, this.queue.length, undefined);
  }

  #cut(limit: FixedLimit | undefined, length: number, slot: SlotBacklog | undefined): boolean {
    if (limit === undefined || length < limit.maxQueued) return true;
    if (limit.overflow === 'dropOldest') this.#dropOldest(slot);
    return limit.overflow !== 'dropNewest';
  }

  #dropOldest(slot: SlotBacklog | undefined): void {
    const oldest = slot?.waiting.shift();
    const attempt = oldest === undefined ? this.queue.take() : this.queue.drop(oldest);
    if (oldest === undefined) this.#slots.get(attempt.route.target)?.waiting.shift();
    this.shed(attempt);
  }

  /** It stands in the queue now. */
  added(emission: Emission): void {
    const { target } = emission.routes[0] as Route;
    const slot = this.#slots.get(target);
    if (slot === undefined) return;
    slot.waiting.push(emission);
    this.run.cellOf(target.node).noteWaiting(target.ordinal, slot.length);
  }

  // ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A task of this slot has left the queue. */
  taken(inlet: Inlet): void {
    this.#slots.get(inlet)?.waiting.shift();
    if (this.#waiters.length > 0) this.#wake(({ routes }) => this.#isRoomy(routes, 0.5));
  }

  /** Nothing waits any more, or is about to be queued anew. */
  clear(): void {
    for (const { waiting } of this.#slots.values()) waiting.clear();
  }

  // ── who waits ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a source that can wait may bring a value for these routes. */
  hasRoom(routes: readonly Route[]): boolean {
    return this.#isRoomy(routes, 1);
  }

  // Half of it has to be free again before those who wait go on: not each value is worth a turn.
  #isRoomy(routes: readonly Route[], part: 1 | 0.5): boolean {
    const { maxQueued } = this.limit;
    const most = maxQueued === Infinity ? AHEAD : roomUpTo(this.limit);
    return isBelow(this.queue.length, most, part) && routes.every(({ target }) => this.#slotIsRoomy(target, part));
  }

  #slotIsRoomy(inlet: Inlet, part: 1 | 0.5): boolean {
    const slot = this.#slots.get(inlet);
    return slot === undefined || isBelow(slot.length, roomUpTo(slot.limit), part);
  }

  /** Calls back once, when there may be room again. */
  whenRoom(routes: readonly Route[], wake: () => void): void {
    this.#waiters = [...this.#waiters, { routes, wake }];
  }

  /** All who wait look again: the gate has opened, or the job is over. */
  wakeAll(): void {
    if (this.#waiters.length > 0) this.#wake(() => true);
  }

  #wake(which: (waiter: Waiter) => boolean): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => !which(waiter));
    for (const waiter of waiters) if (!this.#waiters.includes(waiter)) waiter.wake();
  }
}

const countTo = (inlet: Inlet, routes: readonly Route[]): number => routes.filter(({ target }) => target === inlet).length;

const isBelow = (length: number, most: number, part: 1 | 0.5): boolean =>
  part === 1 ? length < most : length <= Math.floor((most - 1) * part);
