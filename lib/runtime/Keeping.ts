import { Subject } from 'rxjs';
import type { Deliveries } from '../engine/durable/Claims.js';
import type { Stepped, StoringKeeper } from '../engine/durable/DurableEngine.js';
import type { DurableRun } from '../engine/durable/DurableRun.js';
import { isFinal } from '../job/JobStatus.js';
import type { Fact, Step } from '../job/Step.js';
import { codeOf } from '../prelude/describeError.js';
import type { StoredStep } from '../wire/Store.js';
import { Alone } from './Alone.js';
import type { LiveJob } from './LiveJob.js';
import type { RuntimeEvent } from './RuntimeEvent.js';

/** Where steps go. */
interface Committing {
  commit(steps: readonly StoredStep[]): Promise<readonly boolean[]>;
}

const NEVER = new Promise<never>(() => undefined);

/** How much may be under way. */
export interface Bounds {
  readonly maxDeliveries: number;
  readonly maxUncommitted: number;
}

/** Keeps the jobs that run in this process: what happens in them goes to the store, and they go on when it is there. */
export class Keeping implements StoringKeeper {
  readonly event$ = new Subject<RuntimeEvent>();
  readonly deliveries: Deliveries;
  readonly tokens = new Map<string, string>();
  readonly #jobs = new Map<string, LiveJob>();
  readonly #alone: Alone;
  /** Attempts that have ended and wait for the store. */
  #uncommitted = 0;
  #isSlow = false;
  #isStopped = false;
  #claims = 0;
  #repeats = 0;
  #discarded = 0;

  constructor(
    private readonly commits: Committing,
    private readonly bounds: Bounds,
    /** Told of a job whose end is stored. */
    private readonly ended: (job: LiveJob) => void,
  ) {
    this.#alone = new Alone(() => this.runs);
    this.deliveries = { most: bounds.maxDeliveries, mayBeAlone: ({ jobId }) => this.#alone.claim(this.#jobs.get(jobId)?.run) };
  }

  get jobs(): ReadonlyMap<string, LiveJob> {
    return this.#jobs;
  }

  get runs(): readonly DurableRun[] {
    return [...this.#jobs.values()].map(({ run }) => run);
  }

  get figures(): { readonly claims: number; readonly repeats: number; readonly discarded: number } {
    return { claims: this.#claims, repeats: this.#repeats, discarded: this.#discarded };
  }

  add(job: LiveJob): void {
    this.#jobs.set(job.run.jobId, job);
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#isStopped = true;
  }

  mayBegin(run: DurableRun): boolean {
    return !this.#isStopped && !this.#isSlow && this.#alone.allows(run);
  }

  async store(stepped: readonly Stepped[]): Promise<void> {
    const known = stepped.flatMap(({ run, step }) => {
      const job = this.#jobs.get(run.jobId);
      return job?.run === run ? [{ job, step }] : [];
    });
    const ended = known.reduce((sum, { step }) => sum + count(step, 'taskSettled'), 0);
    const written = known.flatMap(({ job, step }) => {
      const rows = this.#written(job, step);
      return rows === undefined ? [] : [{ job, step, rows }];
    });
    this.#wait(ended);
    // Without a store nothing goes on, and nothing is told.
    const verdicts = await this.commits.commit(written.map(({ rows }) => rows)).catch(() => NEVER);
    this.#wait(-ended);
    for (const [at, { job, step }] of written.entries())
      if (verdicts[at] === true) this.#tell(job, step);
      else this.#discard(job);
    this.#alone.look();
  }

  /** What cannot be written is a fault of one job, and of no other. */
  #written(job: LiveJob, step: Step): StoredStep | undefined {
    try {
      return job.write(step);
    } catch (error) {
      return void this.#discard(job, error);
    }
  }

  /** So many attempts more wait for the store. */
  #wait(more: number): void {
    const { maxUncommitted } = this.bounds;
    this.#uncommitted += more;
    const isSlow = this.#uncommitted >= maxUncommitted;
    if (isSlow === this.#isSlow) return;
    this.#isSlow = isSlow;
    if (isSlow) this.event$.next({ type: 'storeSlow', uncommitted: this.#uncommitted, limit: maxUncommitted });
    else for (const run of this.runs) run.wake();
  }

  #tell(job: LiveJob, step: Step): void {
    const { jobId, status } = job.run;
    for (const fact of step.facts) if (fact.type === 'claimed') this.#countClaim(fact.delivery);
    for (const fact of step.facts) if (isPoisoned(fact)) this.event$.next({ type: 'poisoned', jobId, taskId: fact.taskId });
    job.tellStored();
    if (!isFinal(status) || !step.facts.some(({ type }) => type === 'ended')) return;
    this.#jobs.delete(jobId);
    this.ended(job);
    this.event$.next({ type: 'ended', jobId, status });
  }

  #countClaim(delivery: number): void {
    this.#claims++;
    if (delivery > 1) this.#repeats++;
  }

  /** What it has done here counts no more: the store has something else. */
  #discard({ run }: LiveJob, error?: unknown): void {
    const { jobId } = run;
    this.#discarded++;
    this.#jobs.delete(jobId);
    if (!run.parts.life.isOver) run.parts.life.cancel('the store has something else');
    this.event$.next({ type: 'discarded', jobId, ...(error !== undefined && { error }) });
  }
}

const count = ({ facts }: Step, type: Fact['type']): number => facts.filter((fact) => fact.type === type).length;

const isPoisoned = (fact: Fact): fact is Extract<Fact, { readonly type: 'taskSettled' }> =>
  fact.type === 'taskSettled' && codeOf(fact.error) === 'POISONED';
