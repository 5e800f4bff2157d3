import type { Connection } from '../flow/Connection.js';
import type { SlotActivationTask } from '../job/JobRecord.js';
import { numbersIn } from '../job/RemainingWork.js';
import type { Claimed } from '../job/Step.js';
import type { Draft } from './Draft.js';
import { beforeKey, behindKey, keyOf, pad, taskKey } from './keys.js';

/** A claim as it is kept. */
export interface ClaimRow {
  readonly delivery: number;
  /** Whether the slot has taken the payload in. */
  readonly taken?: true;
  /** What the handler gets, if that is not the payload. */
  readonly data?: unknown;
  /** The same of a slot that gathers: so many of its values. */
  readonly gathered?: Readonly<Record<string, number>>;
}

/** What is to be known of the tasks of a job that was stored before. */
export interface OpenRows {
  /** The claims of tasks that have not ended, by their ids. */
  readonly claims: ReadonlyMap<string, ClaimRow>;
  /** The tasks that wait for their time. */
  readonly later: ReadonlySet<string>;
  /** Where tasks stand that do not wait in the order of their emission. */
  readonly places: ReadonlyMap<string, string>;
  /** The number of the next emission. */
  readonly order: number;
}

export const NO_ROWS: OpenRows = { claims: new Map(), later: new Set(), places: new Map(), order: 1 };

type Put = (kind: string, key: string, value: object, fence?: number) => void;

/** The rows of the tasks of one job: where they stand, so that they are read in the order in which they run. */
export class WrittenTasks {
  /** The number of the next emission, as the facts tell it. */
  order: number;
  readonly #claims: Map<string, ClaimRow>;
  readonly #later: Set<string>;
  readonly #places: Map<string, string>;
  /** What retries got when they were tried first. */
  readonly #retries = new Map<string, ClaimRow | undefined>();
  /** How many resumes have brought deferred events, and whether those of the last are coming: they stand before all that waits. */
  #resumes = 0;
  #isBefore = false;

  constructor(
    private readonly jobId: string,
    private readonly put: Put,
    private readonly draft: () => Draft,
    /** The number of one more that does not stand in the order of its emission. */
    private readonly nextAgain: () => number,
    { claims, later, places, order }: OpenRows,
  ) {
    this.#claims = new Map(claims);
    this.#later = new Set(later);
    this.#places = new Map(places);
    this.order = order;
  }

  /** Deferred events come, or have all come. */
  before(isBefore: boolean): void {
    this.#isBefore = isBefore;
    if (isBefore) this.#resumes = this.nextAgain();
  }

  queued(task: SlotActivationTask): void {
    const { taskId, attempt } = task;
    const isAgain = attempt > 1 || this.#later.has(taskId);
    this.meet(taskId);
    this.forget(taskId);
    if (this.#isBefore) this.#places.set(taskId, beforeKey(this.#resumes, this.nextAgain()));
    else if (isAgain) this.#places.set(taskId, behindKey(this.order, this.nextAgain()));
    this.putTask('task', task);
  }

  delayed(task: SlotActivationTask): void {
    this.forget(task.taskId);
    this.#later.add(task.taskId);
    this.putTask('later', task);
  }

  putTask(kind: 'task' | 'later', { taskId, routineId, slot, data, attempt, dueAt, connection }: SlotActivationTask): void {
    const first = this.#retries.get(taskId);
    this.#retries.delete(taskId);
    const gathered = first?.gathered;
    this.put(kind, this.#keyOf(taskId), {
      taskId,
      routineId,
      slot,
      data: gathered === undefined ? data : {},
      attempt,
      merged: first?.taken,
      gathered,
      dueAt,
      connection: connection && this.#toWay(connection, taskId),
    });
  }

  #toWay({ sourceId, sourceEvent, mapping }: Connection, taskId: string): object {
    const [, route] = this.#numbers(taskId);
    return { sourceId, sourceEvent, route, mapping: typeof mapping === 'object' ? mapping : undefined };
  }

  /** An attempt has ended, or a task is dropped; if it was claimed, it has to be claimed still. */
  settled(taskId: string, isRetry: boolean): void {
    const claim = this.#claims.get(taskId);
    if (isRetry) this.#retries.set(taskId, claim);
    if (claim !== undefined) this.draft().guard({ kind: 'claim', key: this.#naturalKey(taskId) }, claim.delivery);
    this.meet(taskId);
    this.forget(taskId);
  }

  /** What a slot has made of a payload is written with the claim, and not with the end: the end of another task would hold it already. */
  claimed({ taskId, routineId, slot, delivery, merged, input, gathered, held }: Claimed): void {
    const before = this.#claims.get(taskId);
    const isTaken = held !== undefined || gathered !== undefined || merged === true || before?.taken === true;
    const data = before?.data ?? input;
    const lengths = before?.gathered ?? (gathered && lengthsIn(gathered));
    const claim: ClaimRow = {
      delivery,
      ...(isTaken && { taken: true }),
      ...(data !== undefined && { data }),
      ...(lengths !== undefined && { gathered: lengths }),
    };
    this.#claims.set(taskId, claim);
    this.put('claim', this.#naturalKey(taskId), { taskId, ...claim }, delivery);
    if (held !== undefined) this.put('held', keyOf(routineId, slot), { routineId, slot, data: held });
    for (const [key, { length, value }] of Object.entries(gathered ?? {}))
      this.put('item', keyOf(routineId, slot, key, pad(length)), { routineId, slot, key, at: length - 1, data: [value] });
  }

  /** No later emission gets a number that a task has. */
  meet(taskId: string): void {
    this.order = Math.max(this.order, this.#numbers(taskId)[0] + 1);
  }

  forget(taskId: string): void {
    this.draft().remove(this.#later.delete(taskId) ? 'later' : 'task', this.#keyOf(taskId));
    if (this.#claims.delete(taskId)) this.draft().remove('claim', this.#naturalKey(taskId));
    this.#places.delete(taskId);
  }

  /** These stand in the order in which they are given, and nothing else does. */
  takeUp(tasks: readonly { readonly taskId: string; readonly isLater: boolean }[]): void {
    this.clear();
    for (const [nth, { taskId, isLater }] of tasks.entries())
      if (isLater) this.#later.add(taskId);
      else this.#places.set(taskId, behindKey(0, nth));
  }

  clear(): void {
    this.#claims.clear();
    this.#later.clear();
    this.#places.clear();
  }

  #numbers(taskId: string): readonly [order: number, place: number] {
    return numbersIn(this.jobId, taskId) ?? [0, 0];
  }

  #naturalKey(taskId: string): string {
    return taskKey(...this.#numbers(taskId));
  }

  #keyOf(taskId: string): string {
    return this.#places.get(taskId) ?? this.#naturalKey(taskId);
  }
}

const lengthsIn = (gathered: NonNullable<Claimed['gathered']>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(gathered).map(([key, { length }]) => [key, length]));
