import type { Input } from '../../flow/merge.js';
import type { JobData } from '../../job/JobData.js';
import { durableError } from '../../job/durableError.js';
import type { JobRecord } from '../../job/JobRecord.js';
import { taken, toldOf } from '../../job/noteTask.js';
import type { RemainingWork } from '../../job/RemainingWork.js';
import type { Admitted, Fact, Step } from '../../job/Step.js';
import type { Plan } from '../../plan/Plan.js';
import type { HandlerContext } from '../HandlerContext.js';
import type { JobEngine, Run, RunOptions } from '../JobParts.js';
import { JobRun } from '../JobRun.js';
import { LiveWork } from '../LiveWork.js';
import { type Views, viewsOf } from '../Views.js';
import { tellSignal } from '../settlement.js';
import { Task } from '../Task.js';
import { Claims, type Deliveries } from './Claims.js';
import { Journal } from './Journal.js';
import { KeptPromises } from './KeptPromises.js';

/** Who keeps durable jobs. */
export interface Keeper {
  readonly deliveries: Deliveries;
  /** Whether an attempt of a job may begin now: the store keeps up, and none runs alone. */
  mayBegin(run: Run): boolean;
  /** The tokens of all open questions, and their jobs. */
  readonly tokens: Map<string, string>;
}

/** A durable job in the pipeline of its flow: its tasks begin when what made them, and their claims, are stored. */
export class DurableRun extends JobRun {
  readonly journal: Journal;
  readonly claims: Claims;
  /** Facts that are no records. */
  #others: readonly Fact[] = [];
  readonly #tokens: Set<string>;
  readonly #waiting: { readonly resolve: () => void; readonly reject: (cause: Error) => void }[] = [];
  #isStopped = false;

  /** `changed` is told that there is something to store. */
  constructor(
    plan: Plan,
    engine: JobEngine,
    data: JobData,
    options: RunOptions,
    private readonly keeper: Keeper,
    private readonly changed: (run: DurableRun) => void,
  ) {
    super(plan, engine, data, options, undefined);
    const { ledger } = this.parts;
    const send = (record: JobRecord): void => {
      ledger.send(record);
    };
    this.journal = new Journal(engine.steps, send, (record) => {
      this.#noteToken(record);
      this.changed(this);
    });
    ledger.keepIn(this.journal);
    this.claims = new Claims(this.parts, keeper.deliveries);
    this.parts.tracker = new KeptPromises(this.parts);
    this.#tokens = new Set(data.waits.keys());
    for (const token of this.#tokens) keeper.tokens.set(token, data.jobId);
  }

  override get isReady(): boolean {
    return this.isOpen && this.active < this.parts.options.cap && this.claims.isReady && this.keeper.mayBegin(this);
  }

  override take(): HandlerContext<Run> | undefined {
    const { parts, queue } = this;
    if (parts.engine.time.reading > this.endsAt) return void parts.life.timeOut();
    const { first } = queue;
    const attempt = this.claims.begin(new Task(queue.take(), first));
    return attempt === undefined ? undefined : this.#begin(attempt);
  }

  #begin(attempt: HandlerContext<Run>): HandlerContext<Run> {
    const { parts } = this;
    this.takeWithCare(attempt);
    this.active++;
    taken(parts.ledger, attempt.routineData, attempt);
    if (parts.plan.measures) this.measure(attempt);
    if (parts.views !== undefined) parts.progressed();
    return attempt;
  }

  override inputOf(task: Task<Run>): Input | undefined {
    return this.claims.inputOf(task) ?? super.inputOf(task);
  }

  override shed(task: Task<Run>): void {
    this.claims.forget(task);
    super.shed(task);
  }

  override settle(attempt: HandlerContext<Run>): void {
    super.settle(attempt);
    // What it does from here on would be lost with the process.
    if (attempt.outcome === undefined) return;
    attempt.stale = true;
    const { jobId } = this;
    const { routineId } = attempt;
    if (attempt.outcome === 'completed') attempt.more.closed = (call) => durableError('LATE_EMIT', { jobId, routineId, call });
  }

  /** A token stands for one open question of all jobs, from the step on in which it is asked. */
  #noteToken(record: JobRecord): void {
    const { tokens } = this.keeper;
    if (record.type === 'waiting') {
      tokens.set(record.token, this.jobId);
      this.#tokens.add(record.token);
    }
    if (record.type === 'answered' || record.type === 'expired') this.#forget(record.token);
    else if (record.type === 'ended') for (const token of [...this.#tokens]) this.#forget(token);
  }

  #forget(token: string): void {
    this.#tokens.delete(token);
    this.keeper.tokens.delete(token);
  }

  /** What it tells: records, outputs, its status. */
  get shown(): Views {
    return viewsOf(this.parts);
  }

  // ── to the store ────────────────────────────────────────────────────────────────────────────────────────────────

  /** All that has happened since the last time; on its way to the store from here on. */
  step(): Step {
    const facts = this.journal.take();
    if (this.parts.life.isOver) this.claims.clear();
    else if (!this.isOpen || this.#isStopped) this.claims.giveBack();
    return { jobId: this.jobId, facts: [...this.#takeOthers(), ...facts, ...this.claims.take()] };
  }

  /** It is new, and has this one task; if it is put off, somebody else stores that. */
  admitted(isPutOff: boolean): void {
    this.#others = this.queue.tasks().map((task): Admitted => ({ type: 'admitted', ...toldOf(this.parts.ledger, task) }));
    if (!isPutOff) this.changed(this);
  }

  /** It goes on here: that is stored, whatever else happens. */
  takenUp(): void {
    this.#others = [...this.#others, { type: 'takenUp' }];
    this.changed(this);
  }

  #takeOthers(): readonly Fact[] {
    const others = this.#others;
    this.#others = [];
    return others;
  }

  /** Nothing begins any more in this process: what was claimed is given back. */
  stop(): void {
    this.#isStopped = true;
    this.changed(this);
  }

  /** Nobody keeps it here any more: no timer runs, and handlers at work hear of it. */
  abandon(cause: Error): void {
    const { engine, delayed, ledger, life } = this.parts;
    for (const { reject } of this.#waiting.splice(0)) reject(cause);
    if (life.isOver) return;
    engine.drain.change(() => {
      engine.toggle$.next({ run: this, open: false });
      delayed?.hold();
      if (ledger.data.waits.size > 0) this.parts.asking.hold();
      life.deadline?.end();
      for (const attempt of engine.attemptsOf(this)) tellSignal(engine.steps, attempt, cause);
    });
  }

  /** Resolves when nothing is left to be stored; rejects if nothing is stored any more. */
  async whenStored(): Promise<void> {
    while (this.journal.isOpen || this.#others.length > 0) await this.#nextStored();
  }

  /** Resolves when nothing is at work either, and all claims are given back, after `stop`. */
  async whenQuiet(): Promise<void> {
    while (this.active > 0 || this.journal.isOpen || this.claims.isOut) await this.#nextStored();
  }

  #nextStored(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** That is stored. */
  release(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
    this.claims.release();
    this.journal.release();
    this.wake();
  }

  /** Claims what begins next, unless nothing begins any more. Mappings, codecs and merges are asked, which are the user's. */
  claimAhead(): void {
    if (!this.#isStopped) this.claims.ahead();
  }

  /** What it could not claim before may be claimed now. */
  claimAgain(): void {
    if (this.queue.length > 0) this.changed(this);
    this.wake();
  }

  /** Something may begin now. */
  wake(): void {
    this.parts.engine.turns.add(this);
  }

  /** What it takes to go on with the job, without its tasks. */
  about(): Omit<RemainingWork, 'tasks'> {
    return new LiveWork(this.parts).about();
  }

  /** How many of its tasks have not ended. */
  get pending(): number {
    return this.parts.life.isOver ? 0 : this.queue.length + (this.parts.delayed?.size ?? 0) + this.active;
  }
}
