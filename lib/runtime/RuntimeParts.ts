import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import type { StoreError } from '../wire/StoreError.js';
import { Commits } from './Commits.js';
import { deletion, notDue } from './deletion.js';
import type { RemapOptions } from './DurableJob.js';
import { Due } from './Due.js';
import { DurableFlow } from './DurableFlow.js';
import { Ends } from './Ends.js';
import type { Held } from './JobInfo.js';
import { Keeping } from './Keeping.js';
import { LiveJob } from './LiveJob.js';
import { runtimeError } from './RuntimeError.js';
import type { RuntimeSettings } from './RuntimeOptions.js';
import { StoredJobs } from './StoredJobs.js';
import { isFinal } from '../job/JobStatus.js';
import type { Head } from './readRows.js';

const nothing = (): void => undefined;

/** The parts of one runtime, and what they do for one another. */
export class RuntimeParts {
  readonly jobs: StoredJobs;
  readonly commits: Commits;
  readonly keeping: Keeping;
  readonly due: Due;
  readonly ends = new Ends<JobState>();
  readonly flows = new Map<string, DurableFlow>();
  /** Unfinished jobs with which nobody goes on, and why. */
  readonly held = new Map<string, Held>();
  isClosed = false;
  failure: StoreError | undefined = undefined;
  readonly #turns = new Map<string, Promise<void>>();

  constructor(
    readonly settings: RuntimeSettings,
    readonly epoch: number,
  ) {
    const { store } = settings;
    this.jobs = new StoredJobs(store);
    this.commits = new Commits(store, epoch, (error) => {
      this.#lose(error);
    });
    this.keeping = new Keeping(this.commits, settings, (job) => void this.#tellEnd(job));
    this.due = new Due(
      this.jobs,
      (jobId, key) => this.#onDue(jobId, key),
      (error) => {
        this.keeping.event$.next({ type: 'storeFailed', error });
      },
    );
    for (const flow of settings.flows) this.#addFlow(flow);
  }

  #addFlow(flow: Flow): void {
    const { flowId } = flow;
    if (this.flows.has(flowId)) throw runtimeError('DUPLICATE_FLOW', { flowId });
    this.flows.set(flowId, new DurableFlow(flow, this.keeping, this.settings.maxPayloadBytes));
  }

  /** @throws RuntimeError `CLOSED`; StoreError `STORE_LOST`, `STORE_FAILED` */
  check(call: string): void {
    if (this.isClosed) throw runtimeError('CLOSED', { call });
    if (this.failure !== undefined) throw this.failure;
  }

  /** One after the other: what brings a job here, or changes one that is not here. */
  async inTurn<T>(jobId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(jobId) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.then(nothing, nothing);
    this.#turns.set(jobId, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(jobId) === settled) this.#turns.delete(jobId);
    }
  }

  /** @throws RuntimeError `UNKNOWN_FLOW` */
  flowOf(flowId: string): DurableFlow {
    const flow = this.flows.get(flowId);
    if (flow === undefined) throw runtimeError('UNKNOWN_FLOW', { flowId, known: [...this.flows.keys()] });
    return flow;
  }

  /** Goes on here with a job that was stored, or takes it up and leaves it as it stands. */
  takeUp(jobId: string, flow: DurableFlow, options: RemapOptions & { readonly paused?: boolean } = {}): Promise<LiveJob> {
    return this.inTurn(jobId, () => this.#takeUp(jobId, flow, options));
  }

  async #takeUp(jobId: string, flow: DurableFlow, options: RemapOptions & { readonly paused?: boolean }): Promise<LiveJob> {
    const { data, deliveries, written, head } = await this.jobs.whole(jobId);
    const live = this.keeping.jobs.get(jobId);
    if (live !== undefined) return live;
    this.check('resume');
    const { entry, createdKey, startsAt } = head;
    const run = flow.takeUp(data, deliveries, options);
    const job = new LiveJob(run, { entry, createdKey, startsAt }, this.settings.retainMs, written);
    if (options.remap !== undefined) job.rewrite();
    this.keeping.add(job);
    this.held.delete(jobId);
    return job;
  }

  /** Nobody goes on with a job. */
  hold(jobId: string, reason: Held): void {
    this.held.set(jobId, reason);
    this.keeping.event$.next({ type: 'held', jobId, reason });
  }

  /** A job that was put off begins, or one that has ended is kept no longer; what else stands there is of a job that is gone. */
  async #onDue(jobId: string, key: string): Promise<void> {
    const head = await this.jobs.headOf(jobId);
    if (head?.due !== key) await this.commits.commit([notDue(jobId, key)]);
    else if (isFinal(head.status)) await this.delete(jobId);
    else if (!this.keeping.jobs.has(jobId) && !this.held.has(jobId)) await this.#beginDue(head);
  }

  async #beginDue({ jobId, flowId, run }: Head): Promise<void> {
    const flow = this.flows.get(flowId);
    if (flow === undefined) this.hold(jobId, 'UNKNOWN_FLOW');
    else if (!flow.has(run?.structure ?? '')) this.hold(jobId, 'STRUCTURE_CHANGED');
    else await this.takeUp(jobId, flow);
  }

  /** Nothing is left of a job that has ended. */
  delete(jobId: string): Promise<boolean> {
    return this.inTurn(jobId, async () => {
      const head = await this.jobs.head(jobId);
      const [isDone = false] = await this.commits.commit([deletion(head, await this.jobs.answered(jobId))]);
      return isDone;
    });
  }

  async #tellEnd({ run: { jobId, parts } }: LiveJob): Promise<void> {
    const { retainMs } = this.settings;
    if (retainMs !== Infinity) this.due.add(parts.ledger.data.updatedAt + retainMs);
    if (!this.ends.isAwaited(jobId)) return;
    try {
      this.ends.tell(jobId, await this.jobs.state(jobId));
    } catch (error) {
      this.ends.refuse(jobId, error);
    }
  }

  #lose(error: StoreError): void {
    this.failure = error;
    this.keeping.stop();
    this.due.stop();
    this.ends.fail(error);
    this.keeping.event$.next({ type: 'storeFailed', error });
    for (const job of this.keeping.jobs.values()) job.abandon(error);
  }
}
