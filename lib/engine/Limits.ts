import type { FixedLimit } from '../flow/Limit.js';
import { jobError } from '../job/JobError.js';
import type { Ledger } from '../job/Ledger.js';
import { slotWaited } from '../job/noteRoutine.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { Connection, Routine, Slot } from '../plan/Plan.js';
import { Arrival, type Origin } from './Emission.js';
import { Task } from './Task.js';

/** A source that waits for room on these connections. */
interface Waiter {
  readonly connections: readonly Connection[];
  readonly wake: () => void;
}

/** The tasks that wait under one limit; if some may be dropped, each has an origin of its own (`single`). */
class Waiting<R> {
  length = 0;
  /** Oldest first, without the entry and retries: a job that lacks them would not do what it was started for. */
  readonly #droppable = new Map<Origin<R>, Task<R>>();

  constructor(readonly limit: FixedLimit) {}

  add(task: Task<R>): void {
    const { origin } = task;
    this.length++;
    if (this.limit.overflow === 'dropOldest' && origin.order > 0 && origin.tried === 0) this.#droppable.set(origin, task);
  }

  remove(origin: Origin<R>): void {
    this.length--;
    this.#droppable.delete(origin);
  }

  /** The one to be dropped next. */
  get oldest(): Task<R> | undefined {
    return this.#droppable.values().next().value;
  }

  clear(): void {
    this.length = 0;
    this.#droppable.clear();
  }
}

/** A source that can wait reads no further ahead than this many tasks if no limit says otherwise. */
const AHEAD = 256;

const countBySlot = (connections: readonly Connection[]): ReadonlyMap<Slot, number> => {
  const counts = new Map<Slot, number>();
  for (const { slot } of connections) counts.set(slot, (counts.get(slot) ?? 0) + 1);
  return counts;
};

const roomUpTo = ({ maxQueued, overflow }: FixedLimit): number => (overflow === 'block' ? maxQueued : Infinity);

/** A job as its limits see it. */
export interface LimitedJob<R> {
  readonly ledger: Ledger;
  readonly routines: { of(routine: Routine): RoutineData };
  readonly run: Queued<R>;
  /** Emissions that were put off wait as well. */
  readonly delayed: { readonly late: number; drop(task: Task<R>): boolean } | undefined;
}

interface Queued<R> {
  /** What waits. */
  readonly queue: { readonly length: number; drop(task: Task<R>): void };
  /** A task that was queued is dropped. */
  shed(task: Task<R>): void;
}

/** Tasks that are on their way to the queue. */
interface OnTheirWay {
  readonly size: number;
  to(slot: Slot): number;
}

/** The limits of one job and of its slots: what happens to a task for which there is no room, and who waits for some. */
export class Limits<R> {
  readonly #slots: ReadonlyMap<Slot, Waiting<R>>;
  #waiters: Waiter[] = [];
  readonly #ofJob: Waiting<R>;

  constructor(
    private readonly job: LimitedJob<R>,
    private readonly limit: FixedLimit,
    limited: readonly Slot[],
  ) {
    this.#ofJob = new Waiting(limit);
    this.#slots = new Map(limited.map((slot) => [slot, new Waiting<R>(slot.limit as FixedLimit)]));
  }

  get #queued(): number {
    return this.job.run.queue.length;
  }

  get #waiting(): number {
    return this.#queued + (this.job.delayed?.late ?? 0);
  }

  // ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Refuses an emission for which there is no room, if the emitter is to hear of it; `held` is on its way already.
   *
   * @throws JobError `QUEUE_FULL`
   */
  check(call: () => string, connections: readonly Connection[], held: OnTheirWay | undefined): void {
    const full = this.#refusing(connections, held);
    if (full === undefined) return;
    const { jobId } = this.job.ledger.data;
    const [where, { maxQueued: limit }] =
      full === 'job'
        ? [`job '${jobId}'`, this.limit]
        : [`slot '${full.name}' of routine '${full.routine.id}'`, full.limit as FixedLimit];
    throw jobError('QUEUE_FULL', { jobId, call: call(), where, limit });
  }

  #refusing(connections: readonly Connection[], held: OnTheirWay | undefined): Slot | 'job' | undefined {
    const { maxQueued, overflow } = this.limit;
    if (overflow === 'error' && this.#waiting + (held?.size ?? 0) + connections.length > maxQueued) return 'job';
    if (this.#slots.size === 0) return undefined;
    const coming = connections.length > 1 ? countBySlot(connections) : undefined;
    return connections.find(({ slot }) => this.#isRefused(slot, coming?.get(slot) ?? 1, held))?.slot;
  }

  #isRefused(slot: Slot, coming: number, held: OnTheirWay | undefined): boolean {
    const waiting = this.#slots.get(slot);
    if (waiting?.limit.overflow !== 'error') return false;
    return waiting.length + (held?.to(slot) ?? 0) + coming > waiting.limit.maxQueued;
  }

  /** Makes room for a task that comes, if need be; false if it is the one to be dropped. */
  makeRoom({ connection }: Task<R>): boolean {
    const waiting = this.#slots.get(connection.slot);
    return (waiting === undefined || this.#cut(waiting, waiting.length)) && this.#cut(this.#ofJob, this.#waiting);
  }

  #cut({ limit, oldest }: Waiting<R>, length: number): boolean {
    if (length < limit.maxQueued) return true;
    if (oldest !== undefined) this.#drop(oldest);
    return limit.overflow !== 'dropNewest';
  }

  #drop(task: Task<R>): void {
    const { delayed, run } = this.job;
    this.removed(task);
    if (delayed?.drop(task) !== true) run.queue.drop(task);
    run.shed(task);
  }

  /** A task has joined the queue, or waits for its time. */
  added(task: Task<R>): void {
    this.#ofJob.add(task);
    const { slot } = task.connection;
    const waiting = this.#slots.get(slot);
    if (waiting === undefined) return;
    waiting.add(task);
    slotWaited(this.job.ledger, this.job.routines.of(slot.routine), slot.ordinal, waiting.length);
  }

  // ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A task has left the queue. */
  taken(task: Task<R>): void {
    this.removed(task);
    if (this.#waiters.length > 0 && this.#backlog < this.#ahead) this.#callIn();
  }

  /** The same, but it makes no room: it is dropped for another one, or waits elsewhere. */
  removed({ origin, connection }: Task<R>): void {
    this.#ofJob.remove(origin);
    this.#slots.get(connection.slot)?.remove(origin);
  }

  // One free place lets one source go on, since others may keep the queue full; when half of it is free, all go on.
  #callIn(): void {
    if (this.#backlog <= (this.#ahead - 1) / 2) this.#wake(this.#waiters.filter(({ connections }) => this.hasRoom(connections)));
    else this.#wake(this.#waiters.filter(({ connections }) => this.hasRoom(connections)).slice(0, 1));
  }

  /** The queue has been emptied; its tasks are dropped, or queued anew. */
  clear(): void {
    this.#ofJob.clear();
    for (const waiting of this.#slots.values()) waiting.clear();
  }

  // ── who waits ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a source that can wait may bring a value on these connections. */
  hasRoom(connections: readonly Connection[]): boolean {
    return this.#backlog < this.#ahead && connections.every(({ slot }) => this.#slotHasRoom(slot));
  }

  // What waits for its time is no backlog: without a limit it holds up no source.
  get #backlog(): number {
    return this.limit.maxQueued === Infinity ? this.#queued : this.#waiting;
  }

  get #ahead(): number {
    return this.limit.maxQueued === Infinity ? AHEAD : roomUpTo(this.limit);
  }

  #slotHasRoom(slot: Slot): boolean {
    const waiting = this.#slots.get(slot);
    return waiting === undefined || waiting.length < roomUpTo(waiting.limit);
  }

  /** Calls back once, when there may be room again. */
  whenRoom(connections: readonly Connection[], wake: () => void): void {
    this.#waiters.push({ connections, wake });
  }

  /** Every source that waits looks again: the gate has opened, or the job is over. */
  wakeAll(): void {
    if (this.#waiters.length > 0) this.#wake(this.#waiters);
  }

  #wake(woken: readonly Waiter[]): void {
    const gone = new Set(woken);
    this.#waiters = gone.size === this.#waiters.length ? [] : this.#waiters.filter((waiter) => !gone.has(waiter));
    for (const { wake } of woken) wake();
  }
}

/** A task with an origin of its own: a task that may be dropped alone must differ from the others of its emission. */
export const single = <R>(task: Task<R>): Task<R> =>
  task.origin instanceof Arrival ? task : new Task(aloneOf(task), task.connection);

const aloneOf = <R>({ origin, connection }: Task<R>): Arrival<R> =>
  new Arrival(origin.run, origin.data, origin.order, { place: origin.placeOf(connection), isLimited: true });
