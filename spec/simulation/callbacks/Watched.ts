import type { Observable } from 'rxjs';
import type { Flow, Job, JobRecord, JobStatus } from '../../../lib/index.js';
import { isFinal } from '../../../lib/job/JobStatus.js';
import { progressOf } from '../../support/flows.js';
import type { Ground } from './Ground.js';
import type { Site } from './Mess.js';

/** A job, and what was seen of it. */
export class Watched {
  readonly records: JobRecord[] = [];
  readonly statuses: JobStatus[] = [];
  /** Whether it had ended before it could be watched: a callback may end it while it is being started. */
  readonly wasOver: boolean;
  completions = 0;
  dones = 0;
  /** Whether `done` may be waited for: not from its own handlers. */
  isAwaited = true;
  #end: string | undefined = undefined;

  constructor(
    private readonly ground: Ground,
    readonly job: Job,
    readonly flow: Flow,
    /** Tasks that it had from the start. */
    readonly first: readonly string[],
  ) {
    this.wasOver = isFinal(job.status);
  }

  begin(): void {
    this.#watchRecords();
    this.#watchStatus();
    this.#watchOthers();
    try {
      void this.job.done.then(() => {
        this.dones++;
        this.#poke('done');
      });
    } catch (error) {
      this.ground.check(error);
      this.isAwaited = false;
    }
  }

  #poke(site: Site): void {
    this.ground.poke(site, { job: this.job.state });
  }

  #watchRecords(): void {
    this.job.record$.subscribe((record) => {
      this.records.push(record);
      if (record.type !== 'warning' || !record.message.startsWith('mark ')) this.#poke('record');
    });
  }

  #watchStatus(): void {
    this.job.status$.subscribe({
      next: (status) => {
        this.statuses.push(status);
        this.noteEnd();
        this.#poke('status');
      },
      complete: () => void this.completions++,
    });
  }

  #watchOthers(): void {
    const { job } = this;
    const views: Partial<Record<Site, Observable<unknown>>> = {
      output: job.output$,
      progress: job.progress$,
      event: job.event$('r0.o'),
      slot: job.slot$('r1.side'),
      routine: job.routine$('r1'),
    };
    for (const [site, view$] of Object.entries(views))
      view$.subscribe(() => {
        this.#poke(site as Site);
      });
  }

  /** What a job has come to does not change any more. */
  noteEnd(): void {
    if (!isFinal(this.job.status)) return;
    const end = this.#told();
    this.#end ??= end;
    if (this.#end !== end) this.ground.blame(`${this.job.id} has ended as ${this.#end}, and became ${end}`);
  }

  #told(): string {
    const { status, error, routineStates, sharedData, sharedLog, outputLog } = this.job.state;
    const counts = [this.job.state.history().length, outputLog.length, sharedLog.length, Object.keys(sharedData).length];
    const states = Object.values(routineStates).map((state) => [state['status'], state['n'], state['set'] !== undefined]);
    return JSON.stringify([status, error?.message, counts, states]);
  }

  /** Right after a call that ended it. */
  checkEnded(): void {
    const { job, ground } = this;
    if (!isFinal(job.status)) ground.blame(`${job.id} is ${job.status} after a cancel`);
    this.noteEnd();
    this.read();
    for (const { ctx, signal } of ground.listeners)
      if (ctx.job === job.state && !signal.aborted) ground.blame(`a signal of ${job.id} has not aborted`);
  }

  /** Nothing waits in a job that has ended, and nothing is at work. */
  checkRest(): void {
    const { job, ground } = this;
    if (!isFinal(job.status)) return;
    const left = `${job.state.pendingTasks.length} pending, progress ${progressOf(job)}`;
    if (left !== '0 pending, progress 0/0') ground.blame(`${job.id} is ${job.status} with ${left}`);
  }

  /** Reads all that can be read of it. */
  read(): void {
    const { job, flow, ground } = this;
    const { state } = job;
    const ids = flow.jobs.map(({ id }) => id);
    if (new Set(ids).size < ids.length) ground.blame(`the flow has the jobs ${ids.join()}`);
    this.checkRest();
    void [state.history(), state.routineStates, state.metrics.routine('r0')?.executions, state.sharedData, state.sharedLog];
    void [state.outputLog, state.deferredEvents, state.pausePoints];
  }
}
