import type { JobRecord, SlotActivationTask } from '../job/JobRecord.js';
import { attemptKey } from './HandlerCalls.js';
import type { Seen } from './recordMarbles.js';

/** A retry that waits for its time. */
interface Due {
  readonly at: number;
  /** The index of the record that says that it waits no longer; `Infinity` if the run has none. */
  readonly until: number;
}

/**
 * The virtual time of a replay, in ms from its start, while somebody reads the records of a run. In virtual time the engine takes
 * no time and no timer is late. An instant stays what it was, unless the machine was busy: what came while a retry was late comes
 * before the retry is due, and what came while a task waited beside a free worker comes before that task.
 */
export class ReplayTimeline {
  #now = 0;
  /** When somebody outside the engine has acted last. */
  #actedAt = 0;
  readonly #due = new Map<string, Due>();
  #waiting = 0;
  #active = 0;
  /** How many were ever at work at once: so many workers there are at least. */
  readonly #workers: number;
  /** Since when the job stands still. */
  #pausedAt: number | undefined;
  #pausedMs = 0;
  /** The timeout that ended the job, if one did. */
  readonly #timeoutMs: number;

  constructor(private readonly seen: readonly Seen[]) {
    this.#workers = mostAtWork(seen);
    this.#timeoutMs = timeoutOf(seen.at(-1)?.record);
  }

  get now(): number {
    return this.#now;
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Whether a task waits beside a free worker. */
  get canBegin(): boolean {
    return !this.isPaused && this.#waiting > 0 && this.#active < this.#workers;
  }

  /** Goes to the instant at which somebody outside the engine acts. */
  goTo(index: number, seenAt: number): void {
    const at = this.#isHeldUp(index) ? this.#now : Math.min(seenAt, this.#latest(index));
    this.#actedAt = this.#now = Math.max(this.#now, at);
  }

  /** A task can begin, and yet it does not: the turn before is not over. */
  #isHeldUp(index: number): boolean {
    return this.canBegin && this.#beginsNext(index);
  }

  #beginsNext(index: number): boolean {
    for (let at = index; at < this.seen.length; at++) {
      const next = this.seen[at]?.record.type;
      if (next === 'taskStarted') return true;
      if (next === 'paused' || next === 'ended') return false;
    }
    return false;
  }

  /** The last ms before the next timer of the engine. */
  #latest(index: number): number {
    if (this.isPaused) return Infinity;
    const waiting = [...this.#due.values()].filter(({ until }) => until > index).map(({ at }) => at);
    return Math.ceil(Math.min(this.#timeout, ...waiting)) - 1;
  }

  get #timeout(): number {
    return this.#timeoutMs + this.#pausedMs;
  }

  /** When a task begins: as soon as somebody has emitted it or has given a worker back, but a retry not before it is due. */
  beginningOf(task: SlotActivationTask): number {
    return Math.max(this.#actedAt, this.#due.get(attemptKey(task))?.at ?? 0);
  }

  /** Has a failed attempt wait for the next one. */
  retry(record: JobRecord & { type: 'taskSettled' }, index: number, delayMs: number | undefined): void {
    const next = attemptKey({ ...record, attempt: record.attempt + 1 });
    const until = this.seen.findIndex(
      ({ record: one }, at) => at > index && one.type === 'taskQueued' && attemptKey(one) === next,
    );
    const late = (this.seen[until]?.record.timestamp.getTime() ?? Infinity) - record.timestamp.getTime();
    // Recorders of a long queue do not know the delay; then it was as long as it took.
    this.#due.set(next, { at: this.#now + (delayMs ?? late), until: until < 0 ? Infinity : until });
  }

  /** Goes to the end of a retry's delay; false if the task is no retry. */
  goToRetry(task: SlotActivationTask): boolean {
    const due = this.#due.get(attemptKey(task));
    if (due !== undefined) this.#now = Math.max(this.#now, due.at);
    return due !== undefined;
  }

  pause(): void {
    this.#pausedAt = this.#now;
  }

  /** Goes to the resume, which is not before the retries that the resume itself queues. */
  resume(index: number, seenAt: number): void {
    const overdue = [...this.#due.values()].filter(({ until }) => this.#isAnswer(until, index)).map(({ at }) => at);
    this.goTo(index, Math.max(seenAt, ...overdue));
    this.#pausedMs += this.#now - (this.#pausedAt ?? this.#now);
    this.#pausedAt = undefined;
  }

  #isAnswer(until: number, resumed: number): boolean {
    return (
      until > resumed &&
      this.seen.slice(resumed + 1, until).every(({ record: { type } }) => type === 'taskQueued' || type === 'emitted')
    );
  }

  /** Goes to the timeout that ends the job, if one does. */
  goToTimeout(): void {
    if (this.#timeout !== Infinity) this.#now = Math.max(this.#now, this.#timeout);
  }

  count({ type }: JobRecord): void {
    if (type === 'taskQueued') this.#waiting++;
    else if (type === 'taskStarted') [this.#waiting, this.#active] = [this.#waiting - 1, this.#active + 1];
    else if (type === 'taskSettled') this.#active--;
  }
}

const mostAtWork = (seen: readonly Seen[]): number => {
  let [active, most] = [0, 0];
  for (const { record } of seen) {
    if (record.type === 'taskStarted') active++;
    else if (record.type === 'taskSettled') active--;
    most = Math.max(most, active);
  }
  return most;
};

const timeoutOf = (end: JobRecord | undefined): number => {
  const error = end?.type === 'ended' ? end.error : undefined;
  return error?.code === 'TIMEOUT' ? Number(error.details['timeoutMs']) : Infinity;
};
