import type { FixedLimit } from '../flow/Limit.js';
import { slotWaited } from '../job/fold.js';
import { jobError } from '../job/JobError.js';
import type { Attempt } from './Attempt.js';
import { Arrival, type Origin } from './Emission.js';
import type { JobRun } from './JobRun.js';
import type { Inlet, Route } from './Plan.js';
import { Task } from './Task.js';
import { listed } from './listed.js';
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
  readonly #droppable = new Map<Origin<JobRun>, Task<JobRun>>();

  constructor(readonly limit: FixedLimit) {}

  add(task: Task<JobRun>): void {
    const { origin } = task;
    this.length++;
    if (this.limit.overflow === 'dropOldest' && origin.order > 0 && origin.tried === 0) this.#droppable.set(origin, task);
  }

  remove(origin: Origin<JobRun>): void {
    this.length--;
    this.#droppable.delete(origin);
  }

  /** The one to be dropped next. */
  get oldest(): Task<JobRun> | undefined {
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

  clear(): void {
    this.size = 0;
    this.#to.clear();
  }

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
    private readonly queue: TaskQueue<JobRun>,
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

  /** Makes room for a task that comes, if need be; false if it is the one to be dropped. */
  makeRoom({ route }: Task<JobRun>): boolean {
    const slot = this.#slots.get(route.target);
    return (slot === undefined || this.#cut(slot, slot.length)) && this.#cut(this.#job, this.queue.length);
  }

  #cut({ limit, oldest }: Waiting, length: number): boolean {
    if (length < limit.maxQueued) return true;
    if (oldest !== undefined) this.#drop(oldest);
    return limit.overflow !== 'dropNewest';
  }

  #drop(task: Task<JobRun>): void {
    this.#removed(task.origin, task.route.target);
    this.queue.drop(task);
    this.shed(listed(task));
  }

  /** It stands in the queue now. */
  added(task: Task<JobRun>): void {
    this.#job.add(task);
    const { target } = task.route;
    const slot = this.#slots.get(target);
    if (slot === undefined) return;
    slot.add(task);
    slotWaited(this.run.cellOf(target.node), target.ordinal, slot.length);
  }

  // ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A task has left the queue. */
  taken({ origin, route }: Attempt): void {
    this.#removed(origin, route.target);
    if (this.#waiters.length > 0 && this.queue.length < this.#ahead) this.#callIn();
  }

  #removed(origin: Origin<JobRun>, inlet: Inlet): void {
    this.#job.remove(origin);
    this.#slots.get(inlet)?.remove(origin);
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

/** A task whose origin is its own: one that may be dropped by itself has to be told from the others of its emission. */
export const single = (task: Task<JobRun>): Task<JobRun> =>
  task.origin instanceof Arrival ? task : new Task(aloneOf(task), task.route);

const aloneOf = ({ origin, route }: Task<JobRun>): Arrival<JobRun> =>
  new Arrival(origin.run, origin.data, origin.order, { place: origin.placeOf(route), isLimited: true });
