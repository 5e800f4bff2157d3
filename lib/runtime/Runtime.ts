/// <reference lib="esnext.disposable" preserve="true" />
import type { Observable } from 'rxjs';
import type { Entry } from '../flow/Entry.js';
import { NO_DATA } from '../flow/Data.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import type { AnswerOptions, Wait } from '../job/Wait.js';
import { asyncDispose } from '../prelude/asyncDispose.js';
import type { Flow } from '../Flow.js';
import type { DurableJob, RemapOptions } from './DurableJob.js';
import { Desk } from './Desk.js';
import type { JobInfo } from './JobInfo.js';
import { checkQuery, type ListQuery } from './ListQuery.js';
import type { RuntimeEvent } from './RuntimeEvent.js';
import type { RuntimeMetrics } from './RuntimeMetrics.js';
import { type RuntimeOptions, settingsOf, type StartOptions } from './RuntimeOptions.js';

/**
 * Durable jobs: what they do is kept in a store, step by step, and those that a process leaves unfinished go on when a runtime is opened on
 * the store again. Handlers run at least once; what they do to their job counts exactly once.
 *
 * @example
 * await using runtime = await Runtime.open({ store: memoryStore(), flows: [orders] });
 * const job = await runtime.start(orders, 'take', { order: 7 }, { jobId: 'order-7' });
 * const state = await job.done;
 */
export class Runtime {
  /** What opening found unfinished, as it was found. */
  readonly recovered: readonly JobInfo[];
  readonly #desk: Desk;

  private constructor(desk: Desk, recovered: readonly JobInfo[]) {
    this.#desk = desk;
    this.recovered = recovered;
  }

  /**
   * Opens the store, finds what is unfinished, and goes on with it.
   *
   * Rejects with FlowError `BAD_OPTION`, RuntimeError `DUPLICATE_FLOW`, `NOT_DURABLE`, StoreError `STORE_BUSY`, and what else the store says.
   */
  static async open(options: RuntimeOptions): Promise<Runtime> {
    const desk = await Desk.open(settingsOf(options));
    return new Runtime(desk, await desk.recover());
  }

  /**
   * Starts a job, and resolves when it is stored. Its `jobId` is an idempotency key: the same flow, entry and parameters again give the same
   * job, live or ended.
   *
   * Rejects with RuntimeError `CLOSED`, `JOB_CONFLICT`, `UNKNOWN_FLOW`, `NOT_DURABLE`, and as `flow.execute`.
   */
  start<A extends object = object>(
    flow: Flow | string,
    entry: Entry<A>,
    params: object = NO_DATA,
    options: StartOptions = NO_DATA,
  ): Promise<DurableJob> {
    return this.#desk.start(typeof flow === 'string' ? flow : flow.flowId, entry, params, options);
  }

  /** The job with this id, whoever runs it; undefined if there is none. */
  find(jobId: string): Promise<DurableJob | undefined> {
    return this.#desk.find(jobId);
  }

  /** The jobs that are kept, in the order of their start. @throws FlowError `BAD_OPTION`, RuntimeError `CLOSED` */
  list(query: ListQuery = {}): AsyncIterable<JobInfo> {
    return this.#desk.list(checkQuery(query));
  }

  /**
   * Pauses a job; resolves when it is quiet, and that is stored.
   *
   * Rejects with RuntimeError `UNKNOWN_JOB`, JobError `ILLEGAL_TRANSITION`, and `WOULD_DEADLOCK` in a handler of the job: it will pause all the same.
   */
  pause(jobId: string, options: PauseOptions = {}): Promise<JobInfo> {
    return this.#desk.pause(jobId, options);
  }

  /**
   * Goes on with a job that is paused, or held.
   *
   * Rejects with RuntimeError `UNKNOWN_JOB`, `UNKNOWN_FLOW`, JobError `ILLEGAL_TRANSITION`, FlowError `STRUCTURE_CHANGED` and as `flow.resume`.
   */
  resume(jobId: string, options: RemapOptions = {}): Promise<DurableJob> {
    return this.#desk.resume(jobId, options);
  }

  /** Cancels a job; resolves when that is stored. Rejects with RuntimeError `UNKNOWN_JOB`, JobError `ILLEGAL_TRANSITION`. */
  cancel(jobId: string, reason?: string): Promise<JobInfo> {
    return this.#desk.cancel(jobId, reason);
  }

  /** Deletes a job that has ended: its record and its id are free. Rejects with RuntimeError `UNKNOWN_JOB`, `NOT_ENDED`. */
  delete(jobId: string): Promise<boolean> {
    return this.#desk.delete(jobId);
  }

  /**
   * Answers a question, once; resolves when that is stored. A paused job keeps the answer, and uses it when it goes on.
   *
   * Rejects with RuntimeError `UNKNOWN_TOKEN`, `ALREADY_ANSWERED`, `ANSWER_MISMATCH`.
   */
  answer(token: string, answer?: unknown, options: AnswerOptions = {}): Promise<void> {
    return this.#desk.answer(token, answer, options);
  }

  /** The open questions of one job, or of all. */
  waits(jobId?: string): AsyncIterable<Wait & { readonly jobId: string }> {
    return this.#desk.waits(jobId);
  }

  /** What happens to its jobs, and to its store. */
  get event$(): Observable<RuntimeEvent> {
    return this.#desk.event$;
  }

  /** What it has done so far. */
  metrics(): RuntimeMetrics {
    return this.#desk.metrics();
  }

  /** Gives back room in the store. */
  compact(): Promise<void> {
    return this.#desk.compact();
  }

  /**
   * Starts nothing new, lets what is at work end and be stored, then lets the store go. What has not ended after `deadlineMs` hears of it by
   * its signal, and is begun again at the next opening.
   *
   * Rejects with FlowError `BAD_OPTION`, and in a handler of one of its jobs with JobError `WOULD_DEADLOCK`: nothing is done then.
   */
  close(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    return this.#desk.close(options);
  }

  /** The same, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }
}
