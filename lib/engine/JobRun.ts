import { captureScope } from '#async-context';
import type { JobData } from '../job/JobData.js';
import type { Input } from '../flow/merge.js';
import { executed, untimed, waited } from '../job/fold.js';
import * as note from '../job/noteTask.js';
import { COMPLETED } from '../job/Settled.js';
import { isTimed } from '../job/stopwatch.js';
import type { Plan } from '../plan/Plan.js';
import type { Scope } from '../prelude/Scope.js';
import { leaveHome } from './children.js';
import { delayedOf } from './DelayedTasks.js';
import type { Due } from './Emission.js';
import { HandlerContext } from './HandlerContext.js';
import { InRing } from './InRing.js';
import { type JobEngine, JobParts, type Run, type RunOptions } from './JobParts.js';
import { Lifecycle } from './Lifecycle.js';
import { type Limits, single } from './Limits.js';
import type { Seat } from './Seat.js';
import { apply, complete } from './settlement.js';
import { startClock } from './stopClock.js';
import type { Task } from './Task.js';
import { TaskQueue } from './TaskQueue.js';

/** One job in the pipeline of its flow: what waits behind its gate, and how many of its tasks are at work. */
export class JobRun extends InRing<Run, JobParts> implements Run {
  /** Whether its tasks pass; written by the gate. */
  isOpen = false;
  hasPlace = false;
  active = 0;
  lastSeat: Seat<HandlerContext<Run>> | undefined = undefined;
  endsAt = Infinity;
  scope: Scope | undefined = undefined;
  private formerStarter: WeakRef<HandlerContext> | undefined = undefined;
  readonly queue = new TaskQueue<Run>();
  readonly parts: JobParts;

  constructor(
    plan: Plan,
    engine: JobEngine,
    data: JobData,
    options: RunOptions,
    private starter: HandlerContext | undefined,
  ) {
    super();
    this.parts = new JobParts(this, plan, engine, options, data);
    this.parts.life = new Lifecycle(this.parts);
  }

  get parent(): HandlerContext | undefined {
    return this.starter ?? this.formerStarter?.deref();
  }

  // While a handler is at work, a run that it has led to may borrow its worker, over jobs that have ended. After that nothing keeps it:
  // if each job starts the next, the last would hold them all.
  forgetParent(): void {
    leaveHome(this.parts);
    let parent = this.starter;
    while (parent?.isAtWork === false) ({ parent } = parent.run);
    this.formerStarter = parent && new WeakRef(parent);
    this.starter = undefined;
  }

  keepScope(): void {
    const { plan, life } = this.parts;
    if (plan.carries && !life.isOver) this.scope ??= captureScope();
  }

  // ── what waits ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A task comes out of the merged stream. */
  keep(task: Task<Run>): void {
    // Most jobs have no limits, and nobody watches them.
    if (this.parts.isPlain) this.wait(task);
    else this.#keepWithCare(task);
  }

  #keepWithCare(task: Task<Run>): void {
    const { limits } = this.parts;
    if (limits === undefined || !task.origin.isLimited) this.#put(task);
    else this.#putIfRoom(task, limits);
  }

  #putIfRoom(given: Task<Run>, limits: Limits<Run>): void {
    const { due } = given.origin;
    const task = single(given);
    if (!limits.makeRoom(task)) this.shed(task);
    else if (due === undefined) this.#put(task);
    else this.#putOff(task, due);
  }

  #putOff(task: Task<Run>, due: Due): void {
    delayedOf(this.parts).putOff(task, due);
    this.parts.progressed();
  }

  // Tasks that wait at the start of the job are told with it.
  #put(task: Task<Run>): void {
    const { ledger, life } = this.parts;
    life.parking?.leave();
    this.#join(task);
    if (ledger.watched && life.hasBegun) note.tellQueued(ledger, task);
  }

  /** It waits, and counts if there are limits. */
  #join(task: Task<Run>): void {
    this.wait(task);
    this.parts.limits?.added(task);
  }

  private wait({ connection, origin }: Task<Run>): void {
    waited(this.parts.ledger.data, this.queue.push(connection, origin));
  }

  shed(task: Task<Run>): void {
    const { ledger, routines, emissions } = this.parts;
    emissions.dropped();
    note.shed(ledger, routines.of(task.connection.slot.routine), task);
  }

  /** The gate opens after a pause: deferred events first, then the tasks that wait, then those that have come due. */
  requeue(): void {
    const { ledger, delayed } = this.parts;
    if (ledger.data.deferred.length > 0) this.#requeueAfterDeferred();
    delayed?.reopen();
    if (ledger.data.waits.size > 0) this.parts.asking.reopen();
  }

  #requeueAfterDeferred(): void {
    const { limits, emissions, delayed } = this.parts;
    const waiting = this.queue.takeAll();
    limits?.clear();
    delayed?.countAgain();
    emissions.emitDeferred();
    for (const task of waiting) this.#join(task);
  }

  /** What the slot of a task that waits has made of its payload, if it has taken it in. */
  inputOf({ origin }: Task<Run>): Input | undefined {
    return origin.input;
  }

  // ── what is at work ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a task of it may start now. */
  get isReady(): boolean {
    return this.isOpen && this.queue.length > 0 && this.active < this.parts.options.cap;
  }

  take(): HandlerContext<Run> | undefined {
    const { parts, queue } = this;
    if (parts.engine.time.reading > this.endsAt) return void parts.life.timeOut();
    const connection = queue.first;
    const origin = queue.take();
    const routineData = parts.routines.of(connection.slot.routine);
    const attempt = new HandlerContext<Run>(origin, connection, routineData);
    if (!parts.isPlain || origin.tried > 0) this.takeWithCare(attempt);
    this.active++;
    note.taken(parts.ledger, routineData, attempt);
    if (parts.plan.measures) this.measure(attempt);
    if (parts.views !== undefined) parts.progressed();
    return attempt;
  }

  protected takeWithCare(attempt: HandlerContext<Run>): void {
    this.parts.limits?.taken(attempt);
    // The metrics keep attempts, and must not keep a gathering list with each of them (D46).
    attempt.origin.forget();
  }

  protected measure(attempt: HandlerContext<Run>): void {
    const { ledger, engine } = this.parts;
    const { routineData } = attempt;
    attempt.tick = engine.time.tick;
    // Every run if the records are watched: the stream of records must not depend on the speed of the machine.
    if (isTimed(routineData.times) || ledger.watched) startClock(attempt, engine.time);
    else untimed(routineData);
    executed(ledger.data, attempt);
  }

  /** Applies what an attempt has come to. */
  settle(attempt: HandlerContext<Run>): void {
    const { settled } = attempt;
    if (settled === undefined || attempt.outcome !== undefined) return;
    if (settled === COMPLETED) complete(this.parts, attempt);
    else apply(this.parts, attempt, settled);
    if (attempt.connection.slot.merge !== undefined) attempt.forgetInput();
    if (!this.inRing) this.parts.engine.turns.add(this);
  }

  // ── at rest ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether something of it is queued or in flight; behind a closed gate, whether something is in flight. */
  get isBusy(): boolean {
    return this.active > 0 || (this.isOpen && this.queue.length > 0) || this.parts.isBusy;
  }

  rest(): void {
    this.parts.life.rest();
  }
}
