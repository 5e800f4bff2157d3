import { EMPTY, type Observable } from 'rxjs';
import { unlessInside } from '../engine/durable/runs.js';
import { checkKnown, checkOption, checkText } from '../flow/checkOption.js';
import type { Entry } from '../flow/Entry.js';
import { renamingFrom } from '../flow/ExecuteOptions.js';
import { PAUSE_OPTIONS, type PauseOptions } from '../flow/TaskContext.js';
import { JobError, jobError } from '../job/JobError.js';
import { checkTransition, isFinal, type JobStatus } from '../job/JobStatus.js';
import { ANSWER_OPTIONS, type AnswerOptions, type Wait } from '../job/Wait.js';
import type { JobState } from '../JobState.js';
import type { Store } from '../wire/Store.js';
import { cancelStored } from './cancelStored.js';
import { closeParts } from './closing.js';
import { DurableJob, type JobDesk, type RemapOptions } from './DurableJob.js';
import { infoOf, type JobInfo } from './JobInfo.js';
import type { LiveJob } from './LiveJob.js';
import type { Head } from './readRows.js';
import { recover } from './Recovery.js';
import type { ListQuery } from './ListQuery.js';
import { runtimeError } from './RuntimeError.js';
import type { RuntimeEvent } from './RuntimeEvent.js';
import type { RuntimeMetrics } from './RuntimeMetrics.js';
import type { RuntimeSettings, StartOptions } from './RuntimeOptions.js';
import { RuntimeParts } from './RuntimeParts.js';
import { type Started, Starting } from './Starting.js';

/** What a runtime does with jobs, live or stored. */
export class Desk implements JobDesk {
  readonly #parts: RuntimeParts;
  readonly #starting: Starting;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.#starting = new Starting(parts);
  }

  static async open(settings: RuntimeSettings): Promise<Desk> {
    const { epoch } = await settings.store.open({ pid: undefined, host: undefined, since: Date.now() });
    return orClose(settings.store, epoch, () => new Desk(new RuntimeParts(settings, epoch)));
  }

  recover(): Promise<readonly JobInfo[]> {
    return orClose(this.#parts.settings.store, this.#parts.epoch, () => recover(this.#parts));
  }

  async start(flowId: string, entry: Entry<never>, params: object, options: StartOptions): Promise<DurableJob> {
    this.#parts.check('start');
    return this.#jobOf(await this.#starting.start(flowId, entry, params, options));
  }

  async find(jobId: string): Promise<DurableJob | undefined> {
    this.#parts.check('find');
    const head = await this.#parts.jobs.headOf(jobId);
    return head && this.#jobOf({ jobId, flowId: head.flowId, created: false });
  }

  async *list({ status, flowId, held, order, after, limit = Infinity }: ListQuery): AsyncIterable<JobInfo> {
    const { jobs } = this.#parts;
    this.#parts.check('list');
    const statuses = typeof status === 'string' ? [status] : status;
    const isWanted = (info: JobInfo): boolean =>
      statuses?.includes(info.status) !== false &&
      (flowId ?? info.flowId) === info.flowId &&
      (held ?? info.held !== undefined) === (info.held !== undefined);
    const from = after === undefined ? undefined : (await jobs.head(after)).createdKey;
    let left = limit;
    if (left <= 0) return;
    for await (const head of jobs.heads('job', order, from)) {
      const info = this.#infoOf(head);
      if (!isWanted(info)) continue;
      yield info;
      if (--left <= 0) return;
    }
  }

  // ── one job ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async pause(jobId: string, options: PauseOptions = {}): Promise<JobInfo> {
    this.#parts.check('pause');
    checkText('reason', checkKnown(options, PAUSE_OPTIONS).reason);
    const { status } = await this.#parts.jobs.head(jobId);
    const live = this.#live(jobId);
    if (live === undefined) throw jobError('ILLEGAL_TRANSITION', { jobId, from: status, to: 'paused' });
    const { run } = live;
    const quiet = run.parts.life.pausing.pause(options);
    return unlessInside('Waiting for runtime.pause()', [run], async () => {
      await quiet;
      await run.whenStored();
      return this.info(jobId);
    });
  }

  async resume(jobId: string, options: RemapOptions = {}): Promise<DurableJob> {
    this.#parts.check('resume');
    const wanted = checkKnown(options, { remap: true });
    renamingFrom(wanted.remap);
    const { status, flowId } = await this.#parts.jobs.head(jobId);
    const live = this.#live(jobId);
    if (isFinal(status)) checkTransition(jobId, status, 'running');
    const { run } = live ?? (await this.#parts.takeUp(jobId, this.#parts.flowOf(flowId), wanted));
    if (live !== undefined) run.parts.life.pausing.resume();
    run.takenUp();
    await run.whenStored();
    return this.#jobOf({ jobId, flowId, created: false });
  }

  async cancel(jobId: string, reason?: string): Promise<JobInfo> {
    this.#parts.check('cancel');
    checkText('reason', reason);
    const { status } = await this.#parts.jobs.head(jobId);
    if (status !== 'cancelled' && (this.#live(jobId) !== undefined || !(await cancelStored(this.#parts, jobId, reason))))
      await this.#cancelLive(jobId, reason);
    return this.info(jobId);
  }

  async #cancelLive(jobId: string, reason: string | undefined): Promise<void> {
    const run = this.#live(jobId)?.run;
    run?.parts.life.cancel(reason);
    await run?.whenStored();
  }

  async delete(jobId: string): Promise<boolean> {
    this.#parts.check('delete');
    const { status } = await this.#parts.jobs.head(jobId);
    if (!isFinal(status)) throw runtimeError('NOT_ENDED', { jobId, status });
    return this.#parts.delete(jobId);
  }

  #live(jobId: string): LiveJob | undefined {
    return this.#parts.keeping.jobs.get(jobId);
  }

  // ── questions ───────────────────────────────────────────────────────────────────────────────────────────────────

  async answer(token: string, answer: unknown, options: AnswerOptions): Promise<void> {
    this.#parts.check('answer');
    const { by } = checkKnown(options, ANSWER_OPTIONS);
    checkText('by', by);
    const { run } = await this.#asking(checkText('token', token));
    try {
      run.parts.asking.answer(token, answer, by);
    } catch (error) {
      throw error instanceof JobError ? refusalOf(error) : error;
    }
    await run.whenStored();
  }

  /** The job that waits for an answer; one that does not run here is taken up, and left as it stands. */
  async #asking(token: string): Promise<LiveJob> {
    const { jobs, keeping } = this.#parts;
    const jobId = keeping.tokens.get(token) ?? (await jobs.ofToken('wait', token));
    if (jobId === undefined) throw await this.#refusal(token);
    const live = this.#live(jobId);
    if (live !== undefined) return live;
    const { flowId } = await jobs.head(jobId);
    return this.#parts.takeUp(jobId, this.#parts.flowOf(flowId), { paused: true });
  }

  async #refusal(token: string): Promise<Error> {
    const jobId = await this.#parts.jobs.ofToken('answered', token);
    return jobId === undefined ? runtimeError('UNKNOWN_TOKEN', { token }) : runtimeError('ALREADY_ANSWERED', { token, jobId });
  }

  async *waits(jobId?: string): AsyncIterable<Wait & { readonly jobId: string }> {
    const { jobs } = this.#parts;
    this.#parts.check('waits');
    if (jobId !== undefined) await jobs.head(jobId);
    const asking = new Set(jobId === undefined ? [] : [jobId]);
    if (jobId === undefined) for await (const found of jobs.found('wait')) asking.add(found.jobId);
    for (const each of asking) for (const wait of await jobs.waits(each)) yield { ...wait, jobId: each };
  }

  // ── what is known ───────────────────────────────────────────────────────────────────────────────────────────────

  async info(jobId: string): Promise<JobInfo> {
    return this.#infoOf(await this.#parts.jobs.head(jobId));
  }

  #infoOf(head: Head): JobInfo {
    return infoOf(head, this.#live(head.jobId) !== undefined, this.#parts.held.get(head.jobId));
  }

  async state(jobId: string): Promise<JobState> {
    return this.#parts.jobs.state(jobId);
  }

  done(jobId: string): Promise<JobState> {
    const live = this.#live(jobId);
    return unlessInside('Waiting for job.done', live === undefined ? [] : [live.run], () => this.#done(jobId));
  }

  async #done(jobId: string): Promise<JobState> {
    const end = this.#parts.ends.of(jobId);
    const { status } = await this.#parts.jobs.head(jobId);
    return isFinal(status) ? this.state(jobId) : end;
  }

  record$(jobId: string): ReturnType<JobDesk['record$']> {
    return this.#watch(jobId, (run) => run.shown.record$());
  }

  output$(jobId: string): ReturnType<JobDesk['output$']> {
    return this.#watch(jobId, (run) => run.shown.output$());
  }

  status$(jobId: string): Observable<JobStatus> {
    return this.#watch(jobId, (run) => run.shown.status$());
  }

  #watch<T>(jobId: string, view: (run: LiveJob['run']) => Observable<T>): Observable<T> {
    const live = this.#live(jobId);
    return live === undefined ? EMPTY : view(live.run);
  }

  get event$(): Observable<RuntimeEvent> {
    return this.#parts.keeping.event$.asObservable();
  }

  metrics(): RuntimeMetrics {
    const { commits, keeping, epoch } = this.#parts;
    const { runs } = keeping;
    const waiting = runs.reduce((sum, { pending }) => sum + pending, 0);
    const due = runs.reduce((sum, { parts }) => sum + (parts.delayed?.size ?? 0), 0);
    return { ...commits.figures, ...keeping.figures, open: runs.length, waiting, due, epoch };
  }

  async compact(): Promise<void> {
    this.#parts.check('compact');
    await this.#parts.settings.store.compact();
  }

  async close(options: { readonly deadlineMs?: number | undefined }): Promise<void> {
    const { deadlineMs = 10_000 } = checkKnown(options, { deadlineMs: true });
    checkOption('deadlineMs', deadlineMs, typeof deadlineMs === 'number' && deadlineMs >= 0, 'ms from 0 up');
    await unlessInside('runtime.close()', this.#parts.keeping.runs, async () => {
      if (this.#parts.isClosed) return;
      this.#parts.isClosed = true;
      await closeParts(this.#parts, deadlineMs);
    });
  }

  #jobOf(started: Started): DurableJob {
    return new DurableJob(this, started);
  }
}

/** What was opened is let go if opening fails. */
const orClose = async <T>(store: Store, epoch: number, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    await store.close(epoch);
    throw error;
  }
};

/** What a job refuses, as the runtime says it. */
const refusalOf = (error: JobError): Error => {
  const { token = '', jobId = '' } = error.details as { token?: string; jobId?: string };
  if (error.code === 'UNKNOWN_TOKEN') return runtimeError('UNKNOWN_TOKEN', { token }, error);
  if (error.code === 'ALREADY_ANSWERED') return runtimeError('ALREADY_ANSWERED', { token, jobId }, error);
  return error.code === 'ANSWER_MISMATCH' ? runtimeError('ANSWER_MISMATCH', { reason: error.message }, error) : error;
};
