import type { JobRecord, SlotActivationTask } from '../job/JobRecord.js';
import { expectedSteps } from './expectedSteps.js';
import { type HandlerCall, HandlerCalls } from './HandlerCalls.js';
import type { Step } from './Line.js';
import type { Recorder, Seen } from './recordMarbles.js';
import type { Act, Control, ReplayStep } from './replay.js';
import { ReplayScript } from './ReplayScript.js';
import { ReplayTimeline } from './ReplayTimeline.js';

/** A recorded run in virtual time. */
export interface Replay {
  /** What came from outside the engine, for `replay`. */
  readonly script: readonly ReplayStep[];
  /** What diagrams show of the run when it is replayed. */
  readonly expected: readonly Step[];
}

/** Turns a recorded run into one that can be replayed in virtual time, in the same order. */
export const toReplay = (recorder: Pick<Recorder, 'seen' | 'taken'>): Replay => {
  const calls = new HandlerCalls(recorder.seen);
  const reader = new RunReader(recorder.seen, calls);
  const times = recorder.seen.map((one, index) => reader.read(one, index));
  return { script: reader.script(), expected: expectedSteps(recorder, calls, times) };
};

type Settled = JobRecord & { readonly type: 'taskSettled' };

/** Reads the records of a run one after the other, finds out who acted and when, and writes it into the script. */
class RunReader {
  readonly #timeline: ReplayTimeline;
  readonly #script = new ReplayScript();
  #isEntered = false;
  #isOver = false;

  constructor(
    private readonly seen: readonly Seen[],
    private readonly calls: HandlerCalls,
  ) {
    this.#timeline = new ReplayTimeline(seen);
  }

  script(): readonly ReplayStep[] {
    // A call without any act is at work until the job ends.
    for (const call of this.calls.all) if (!call.refused && this.#script.isIdle(call)) this.#script.actFirst(call, 'hangs');
    return this.#script.steps;
  }

  /** When the record comes in virtual time, in ms. */
  read({ record, at, delayMs }: Seen, index: number): number {
    const seenAt = Math.round(at);
    if (record.type === 'taskStarted') this.#begin(record);
    else if (record.type === 'emitted') this.#emit(record, index, seenAt);
    else if (record.type === 'output') this.#output(record, index, seenAt);
    else if (record.type === 'taskSettled') this.#settle(record, index, seenAt, delayMs);
    else if (record.type === 'taskQueued') this.#queue(record, index, seenAt);
    else if (record.type === 'paused') this.#pause(index, seenAt);
    else if (record.type === 'resumed') this.#resume(index, seenAt);
    else if (record.type === 'ended') this.#end(index, seenAt);
    this.#timeline.count(record);
    return record.type === 'taskStarted' ? this.#beginningOf(record) : this.#timeline.now;
  }

  #beginningOf(task: SlotActivationTask): number {
    const call = this.calls.of(task);
    return call === undefined ? 0 : this.#script.beginningOf(call);
  }

  // ── handlers ────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(task: SlotActivationTask): void {
    this.#script.begin(this.calls.of(task) as HandlerCall, this.#timeline.beginningOf(task));
  }

  #emit({ routineId, event, data }: JobRecord & { type: 'emitted' }, index: number, seenAt: number): void {
    const call = this.calls.actorAt(index, routineId);
    if (call === undefined) return;
    // A deferred event shows at the resume. Its handler has emitted it before its end; nobody knows when exactly.
    if (call.ended < index && this.#followsResume(index)) this.#script.actBeforeEnd(call, { defers: event, data });
    else this.#act(call, index, seenAt, { emits: event, data });
  }

  #followsResume(index: number): boolean {
    for (let at = index - 1; at >= 0; at--) {
      const type = this.seen[at]?.record.type;
      if (type !== 'emitted' && type !== 'taskQueued') return type === 'resumed';
    }
    return false;
  }

  #output({ output }: JobRecord & { type: 'output' }, index: number, seenAt: number): void {
    const { routineId, type, data } = output;
    const call = this.calls.actorAt(index, routineId);
    if (call !== undefined) this.#act(call, index, seenAt, { outputs: type, data });
  }

  #act(call: HandlerCall, index: number, seenAt: number, act: Act): void {
    this.#timeline.goTo(index, seenAt);
    this.#script.act(this.#timeline.now, call, act);
  }

  #settle(record: Settled, index: number, seenAt: number, delayMs: number | undefined): void {
    const call = this.calls.of(record);
    if (record.outcome === 'dropped') this.#end(index, seenAt);
    else if (call !== undefined && !call.refused)
      this.#act(call, index, seenAt, record.outcome === 'completed' ? 'ends' : { throws: record.error });
    if (record.outcome === 'retry') this.#timeline.retry(record, index, delayMs);
  }

  /** A task that comes over no connection is the entry; every later one was fed from outside. */
  #queue(task: SlotActivationTask, index: number, seenAt: number): void {
    const isRetry = this.#timeline.goToRetry(task);
    if (!isRetry && task.connection === undefined && this.#isEntered) this.#feed(task, index, seenAt);
    this.#isEntered = true;
  }

  #feed({ routineId, slot, data }: SlotActivationTask, index: number, seenAt: number): void {
    this.#steer(index, seenAt, { feeds: `${routineId}.${slot}`, data });
  }

  // ── whoever steers the job ──────────────────────────────────────────────────────────────────────────────────────

  #steer(index: number, seenAt: number, ...controls: readonly Control[]): void {
    this.#timeline.goTo(index, seenAt);
    this.#script.steer(this.#timeline.now, ...controls);
  }

  /**
   * No record tells who asked for a pause, but no handler begins after that. So the last handler that began asks for it, or
   * whoever has steered the job since. If time has passed since the record before, the pause was asked for from outside, now.
   */
  #pause(index: number, seenAt: number): void {
    const last = this.calls.lastBefore(index);
    if (last === undefined || seenAt > Math.round(this.seen[index - 1]?.at ?? 0)) this.#steer(index, seenAt, 'pause');
    else this.#script.pauseSince(last);
    this.#timeline.pause();
  }

  #resume(index: number, seenAt: number): void {
    if (!this.#timeline.isPaused) {
      this.#withdraw(index, seenAt);
      return;
    }
    this.#timeline.resume(index, seenAt);
    this.#script.steer(this.#timeline.now, 'resume');
  }

  /** The job never stood still: a call that was at work since the request for the pause has kept it from that. */
  #withdraw(index: number, seenAt: number): void {
    const last = this.calls.lastBefore(index);
    const isHeld =
      last !== undefined && last.ended > index && seenAt > Math.max(this.#script.beginningOf(last), this.#script.steeredAt);
    if (isHeld) this.#script.pauseSince(last);
    this.#steer(index, seenAt, ...(isHeld ? [] : ['pause' as const]), 'resume');
  }

  /** The first sign of the end is often a call that is dropped, before the record of the end itself. */
  #end(index: number, seenAt: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const end = this.seen.at(-1)?.record;
    if (end?.type !== 'ended') return;
    if (end.status === 'cancelled') this.#cancel(index, seenAt, end.reason);
    else this.#timeline.goToTimeout();
  }

  /** If a task could have begun and did not, whoever had the turn before has cancelled. */
  #cancel(index: number, seenAt: number, reason: string | undefined): void {
    const last = this.calls.lastBefore(index);
    const { canBegin } = this.#timeline;
    if (canBegin && last?.begun === index - 1) this.#script.actFirst(last, { cancels: reason });
    else if (!canBegin || !this.#script.actInTurn({ cancels: reason })) this.#steer(index, seenAt, { cancel: reason });
  }
}
