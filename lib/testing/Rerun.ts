import type { JobRecord, SlotActivationTask } from '../job/JobRecord.js';
import type { Step } from './Line.js';
import { END, noteRecord, type Recorder, type Seen } from './recordMarbles.js';
import { type Act, type Control, isAnswer, type ReplayStep } from './replay.js';

/** A run as it can be played again in virtual time: what came from outside the engine, and what is to be seen then. */
export interface Rerun {
  readonly played: readonly ReplayStep[];
  readonly steps: readonly Step[];
}

type Settled = JobRecord & { readonly type: 'taskSettled' };

/** One call of a handler. */
interface Call {
  readonly task: SlotActivationTask;
  /** The place of its beginning, and of its end, among all records. */
  readonly begun: number;
  ended: number;
  /** The engine refused its input, so its handler was not called. */
  refused: boolean;
  /** `routine.slot 1` */
  name: `${string} ${number}`;
  /** When it is to begin, in ms, and before which of the steps that are played. */
  at: number;
  first: number;
  acted: boolean;
}

/** A step that is still being written. */
type Played = [at: number, call: Call, ...acts: Act[]] | [at: number, job: 'job', ...controls: Control[]];

/** A retry that waits for its time. */
interface Due {
  readonly at: number;
  /** The record that says that it waits no longer. */
  readonly until: number;
}

const nameOf = ({ taskId, attempt }: SlotActivationTask): string => `${attempt} ${taskId}`;

/** Failures of a task whose handler is never called. */
const REFUSALS = ['PAYLOAD_MISMATCH', 'BAD_MERGE', 'BAD_MAPPING', 'BAD_DECODE'];

const isRefusal = (error: unknown): boolean => REFUSALS.includes(String((error as { code?: unknown } | undefined)?.code));

/**
 * Moves a run into virtual time, where the engine takes no time and no timer is late. The order is what it was. So are the
 * instants, in whole ms, except where they were those of a machine that was busy: what came while a retry was late comes before
 * it is due, and what came while a task was kept waiting although a worker was free comes before that task.
 */
export const rerunOf = ({ seen, taken }: Pick<Recorder, 'seen' | 'taken'>): Rerun => new Moving(seen, taken).moved();

class Moving {
  readonly #seen: readonly Seen[];
  readonly #calls: readonly Call[];
  readonly #byName = new Map<string, Call>();
  readonly #played: Played[] = [];
  /** Whether the last of it is of the turn before, as far as anybody can tell: the engine has not answered it. */
  #open = false;
  readonly #steps: Step[] = [];
  /** What each slot is still to take. */
  readonly #taken: ReadonlyMap<string, object[]>;
  readonly #due = new Map<string, Due>();
  #now = 0;
  /** When somebody has acted last. */
  #acted = 0;
  #waiting = 0;
  #active = 0;
  /** How many were ever at work at once: so many workers there are at least. */
  #most = 0;
  /** Since when the job stands still. */
  #paused: number | undefined;
  #pausedFor = 0;
  /** When somebody has steered the job last. */
  #steered = -1;
  #entered = false;
  #over = false;

  constructor(seen: readonly Seen[], taken: ReadonlyMap<string, readonly object[]>) {
    this.#seen = seen;
    this.#taken = new Map([...taken].map(([place, payloads]) => [place, [...payloads]]));
    this.#calls = seen.flatMap(({ record }, index) => (record.type === 'taskStarted' ? [begun(record, index)] : []));
    for (const one of this.#calls) this.#byName.set(nameOf(one.task), one);
    for (const [index, { record }] of seen.entries()) {
      if (record.type === 'taskSettled') this.#settle(record, index);
      this.#count(record);
    }
    this.#nameCalls();
    this.#waiting = this.#active = 0;
  }

  #settle(record: Settled, index: number): void {
    const one = this.#byName.get(nameOf(record));
    if (one?.ended !== Infinity) return;
    one.ended = index;
    one.refused = isRefusal(record.error);
  }

  #nameCalls(): void {
    const calls = new Map<string, number>();
    for (const one of this.#calls.filter(({ refused }) => !refused)) {
      const place = `${one.task.routineId}.${one.task.slot}`;
      const count = (calls.get(place) ?? 0) + 1;
      calls.set(place, count);
      one.name = `${place} ${count}`;
    }
  }

  moved(): Rerun {
    for (const [index, one] of this.#seen.entries()) this.#move(one, index);
    // A call that is not heard of again is at work until the job ends.
    for (const one of this.#calls) if (!one.acted && !one.refused) this.#insert(one, 'hangs');
    return { played: this.#played.map(written), steps: this.#steps };
  }

  #move({ record, at, delayMs }: Seen, index: number): void {
    const seenAt = Math.round(at);
    if (record.type === 'taskStarted') this.#begin(record);
    else if (record.type === 'emitted') this.#emit(record, index, seenAt);
    else if (record.type === 'output') this.#output(record, index, seenAt);
    else if (record.type === 'taskSettled') this.#end(record, index, seenAt, delayMs);
    else if (record.type === 'taskQueued') this.#queue(record, index, seenAt);
    else if (record.type === 'paused') this.#pause(index, seenAt);
    else if (record.type === 'resumed') this.#resume(index, seenAt);
    else if (record.type === 'ended') this.#finish(index, seenAt);
    this.#count(record);
    this.#note(record);
  }

  #note(record: JobRecord): void {
    const at = record.type === 'taskStarted' ? (this.#byName.get(nameOf(record))?.at ?? 0) : this.#now;
    const step = { at, order: this.#steps.length, jobId: record.jobId };
    noteRecord((kind, value, place = {}) => void this.#steps.push({ ...step, kind, value, ...place }), record);
    if (record.type === 'taskStarted') this.#take(record, step);
    if (record.type === 'ended') this.#steps.push({ ...step, kind: 'end', value: END[record.status] });
  }

  /** The payload of a task is told when its handler is called first. */
  #take(task: SlotActivationTask, step: Pick<Step, 'at' | 'order' | 'jobId'>): void {
    const { routineId, slot: part, attempt } = task;
    if (attempt > 1 || this.#byName.get(nameOf(task))?.refused === true) return;
    const value = this.#taken.get(`${routineId}.${part}`)?.shift();
    if (value !== undefined) this.#steps.push({ ...step, kind: 'takes', value, routineId, part });
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #goTo(index: number, seenAt: number): void {
    const at = this.#isHeldUp(index) ? this.#now : Math.min(seenAt, this.#latest(index));
    this.#acted = this.#now = Math.max(this.#now, at);
  }

  /** The last ms before a timer of the engine fires of which we know that it has not fired yet. */
  #latest(index: number): number {
    if (this.#paused !== undefined) return Infinity;
    const waiting = [...this.#due.values()].filter(({ until }) => until > index).map(({ at }) => at);
    return Math.ceil(Math.min(this.#timeout, ...waiting)) - 1;
  }

  /** When the job runs out of time, where it does. */
  get #timeout(): number {
    const end = this.#seen[this.#seen.length - 1]?.record;
    const error = end?.type === 'ended' ? end.error : undefined;
    return error?.code === 'TIMEOUT' ? Number(error.details['timeoutMs']) + this.#pausedFor : Infinity;
  }

  /** A task waits, a worker is free, and yet it does not begin: the turn of whoever had the word before is not over. */
  #isHeldUp(index: number): boolean {
    return this.#couldBegin && this.#beginsNext(index);
  }

  get #couldBegin(): boolean {
    return this.#paused === undefined && this.#waiting > 0 && this.#active < this.#most;
  }

  #beginsNext(index: number): boolean {
    for (let at = index; at < this.#seen.length; at++) {
      const next = this.#seen[at]?.record.type;
      if (next === 'taskStarted') return true;
      if (next === 'paused' || next === 'ended') return false;
    }
    return false;
  }

  #count({ type }: JobRecord): void {
    if (type === 'taskQueued') this.#waiting++;
    else if (type === 'taskStarted') [this.#waiting, this.#active] = [this.#waiting - 1, this.#active + 1];
    else if (type === 'taskSettled') this.#active--;
    this.#most = Math.max(this.#most, this.#active);
  }

  // ── handlers ────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(task: SlotActivationTask): void {
    const one = this.#byName.get(nameOf(task)) as Call;
    // It could begin when somebody has emitted it, or given a worker back; that a retry came due meanwhile is no reason.
    one.at = Math.max(this.#acted, this.#due.get(nameOf(task))?.at ?? 0);
    one.first = this.#played.length;
    this.#open = false;
  }

  /** Whose handler it was: of several of one routine the one that ends next, since an attempt may emit right as it ends. */
  #actorAt(index: number, routineId: string): Call | undefined {
    const before = this.#calls.filter((one) => one.task.routineId === routineId && one.begun < index && !one.refused);
    const atWork = before.filter(({ ended }) => ended > index).sort((a, b) => a.ended - b.ended);
    return atWork[0] ?? before[before.length - 1];
  }

  #emit({ routineId, event, data }: JobRecord & { type: 'emitted' }, index: number, seenAt: number): void {
    const one = this.#actorAt(index, routineId);
    if (one === undefined) return;
    if (one.ended < index && this.#followsResume(index)) this.#defer(one, { defers: event, data });
    else this.#act(one, index, seenAt, { emits: event, data });
  }

  #followsResume(index: number): boolean {
    for (let at = index - 1; at >= 0; at--) {
      const type = this.#seen[at]?.record.type;
      if (type !== 'emitted' && type !== 'taskQueued') return type === 'resumed';
    }
    return false;
  }

  /** It was emitted long before it is seen: right before the handler has ended, as far as anybody knows. */
  #defer(one: Call, act: Act): void {
    const end = this.#played.find(([, call, ...acts]) => call === one && acts.some(isAnswer));
    end?.splice(end.findIndex(isAnswer), 0, act);
  }

  #output({ output }: JobRecord & { type: 'output' }, index: number, seenAt: number): void {
    const { routineId, type, data } = output;
    const one = this.#actorAt(index, routineId);
    if (one !== undefined) this.#act(one, index, seenAt, { outputs: type, data });
  }

  #act(one: Call, index: number, seenAt: number, act: Act): void {
    this.#goTo(index, seenAt);
    one.acted = true;
    const last = this.#played.at(-1);
    if (this.#open && last?.[0] === this.#now && last[1] === one) last.push(act);
    else this.#played.push([this.#now, one, act]);
    this.#open = true;
  }

  #end(record: Settled, index: number, seenAt: number, delayMs: number | undefined): void {
    const one = this.#byName.get(nameOf(record));
    if (record.outcome === 'dropped') this.#finish(index, seenAt);
    else if (one !== undefined && !one.refused)
      this.#act(one, index, seenAt, record.outcome === 'completed' ? 'ends' : { throws: record.error });
    if (record.outcome === 'retry') this.#retry(record, index, delayMs);
  }

  #retry(record: Settled, index: number, delayMs: number | undefined): void {
    const next = nameOf({ ...record, attempt: record.attempt + 1 });
    const until = this.#seen.findIndex(({ record: one }, at) => at > index && one.type === 'taskQueued' && nameOf(one) === next);
    const late = (this.#seen[until]?.record.timestamp.getTime() ?? Infinity) - record.timestamp.getTime();
    // Recorders of a long queue do not know the delay; then it was as long as it took.
    this.#due.set(next, { at: this.#now + (delayMs ?? late), until: until < 0 ? Infinity : until });
  }

  #queue(task: SlotActivationTask, index: number, seenAt: number): void {
    const due = this.#due.get(nameOf(task));
    if (due !== undefined) this.#now = Math.max(this.#now, due.at);
    else if (task.connection === undefined && this.#entered) this.#feed(task, index, seenAt);
    this.#entered = true;
  }

  /** Over no connection come the entry, and after it what was fed from outside. */
  #feed({ routineId, slot, data }: SlotActivationTask, index: number, seenAt: number): void {
    this.#steer(index, seenAt, { feeds: `${routineId}.${slot}`, data });
  }

  // ── whoever steers the job ──────────────────────────────────────────────────────────────────────────────────────

  /** Nobody begins between the call and the pause, except where nobody has been at work for a while: then it is the call. */
  #pause(index: number, seenAt: number): void {
    const last = this.#beganLast(index);
    if (last === undefined || seenAt > Math.round(this.#seen[index - 1]?.at ?? 0)) this.#steer(index, seenAt, 'pause');
    else this.#askFor(last);
    this.#paused = this.#now;
  }

  #beganLast(index: number): Call | undefined {
    return this.#calls.filter((one) => one.begun < index && !one.refused).at(-1);
  }

  /** The last that began may as well ask for a pause itself; or whoever has steered the job since. */
  #askFor(last: Call): void {
    const since = this.#played.slice(last.first).filter(isSteering).at(-1);
    if (since === undefined) this.#insert(last, 'pauses');
    else since.push('pause');
  }

  /** The first thing that a call does. */
  #insert(one: Call, act: Act): void {
    const first = this.#played.find(([, call]) => call === one);
    if (first?.[0] === one.at) first.splice(2, 0, act);
    else this.#putAt(one.first, [one.at, one, act]);
    one.acted = true;
  }

  #putAt(place: number, step: Played): void {
    this.#played.splice(place, 0, step);
    for (const one of this.#calls) if (one.first > place) one.first++;
  }

  #resume(index: number, seenAt: number): void {
    if (this.#paused === undefined) {
      this.#withdraw(index, seenAt);
      return;
    }
    const overdue = [...this.#due.values()].filter(({ until }) => this.#isAnswer(until, index)).map(({ at }) => at);
    this.#steer(index, Math.max(seenAt, ...overdue), 'resume');
    this.#pausedFor += this.#now - this.#paused;
    this.#paused = undefined;
  }

  /** The job never stood still: whoever is at work since the call has kept it from that. */
  #withdraw(index: number, seenAt: number): void {
    const last = this.#beganLast(index);
    const isHeld = last !== undefined && last.ended > index && seenAt > Math.max(last.at, this.#steered);
    if (isHeld) this.#askFor(last);
    this.#steer(index, seenAt, ...(isHeld ? [] : ['pause' as const]), 'resume');
  }

  /** Whether it is queued by the resume itself. */
  #isAnswer(until: number, resumed: number): boolean {
    return (
      until > resumed &&
      this.#seen.slice(resumed + 1, until).every(({ record: { type } }) => type === 'taskQueued' || type === 'emitted')
    );
  }

  #steer(index: number, seenAt: number, ...controls: readonly Control[]): void {
    this.#goTo(index, seenAt);
    this.#played.push([this.#now, 'job', ...controls]);
    this.#steered = this.#now;
    this.#open = false;
  }

  /** The end, at the first thing that is seen of it: who is at work is dropped first. */
  #finish(index: number, seenAt: number): void {
    if (this.#over) return;
    this.#over = true;
    const { record: end } = this.#seen[this.#seen.length - 1] as Seen;
    if (end.type !== 'ended') return;
    if (end.status === 'cancelled') this.#cancel(index, seenAt, end.reason);
    else if (this.#timeout !== Infinity) this.#now = Math.max(this.#now, this.#timeout);
  }

  /** Where a task could have begun and did not, it was in the turn of whoever had the word before. */
  #cancel(index: number, seenAt: number, reason: string | undefined): void {
    const last = this.#played.at(-1);
    const begun = this.#beganLast(index);
    if (this.#couldBegin && begun?.begun === index - 1) this.#insert(begun, { cancels: reason });
    else if (this.#couldBegin && this.#open && last !== undefined && last[1] !== 'job') last.push({ cancels: reason });
    else this.#steer(index, seenAt, { cancel: reason });
  }
}

const isSteering = (step: Played): step is [at: number, job: 'job', ...controls: Control[]] => step[1] === 'job';

const written = ([at, call, ...acts]: Played): ReplayStep =>
  (call === 'job' ? [at, call, ...acts] : [at, call.name, ...acts]) as ReplayStep;

const begun = (task: SlotActivationTask, index: number): Call => ({
  task,
  begun: index,
  ended: Infinity,
  refused: false,
  name: '? 0',
  at: 0,
  first: 0,
  acted: false,
});
