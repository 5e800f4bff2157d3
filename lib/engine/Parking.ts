import type { Ledger } from '../job/Ledger.js';
import { parked, unparked } from '../job/noteJob.js';
import type { Limits } from './Limits.js';
import { isAwaited, type Started } from './refuseWaiting.js';
import type { Steps } from './Steps.js';

/** A job as it is parked. */
export interface ParkedJob<R> {
  readonly run: R & Started;
  readonly ledger: Ledger;
  readonly engine: ParkingEngine<R>;
  limits: Limits<R> | undefined;
  /** The same, made now if there are none. */
  readonly room: Limits<R>;
  /** What watches it, if anything does. */
  readonly views: { progress(): void } | undefined;
  readonly life: {
    readonly isOver: boolean;
    readonly deadline: { start(from: number): void; end(): void } | undefined;
    readonly pausing: { readonly isAsked: boolean; ask(options: { reason: string }): Promise<unknown> };
  };
}

interface ParkingEngine<R> {
  readonly steps: Pick<Steps, 'after'>;
  readonly drain: { refresh(): void };
  readonly time: { readonly elapsed: number };
  readonly jobs: { readonly isClosing: boolean };
  /** Its timeout is armed again when this stretch of work is over. */
  goesOn(run: R): void;
}

/** A job as what it has left is looked at. */
interface Waiting {
  readonly delayed: { readonly late: number } | undefined;
  readonly ledger: { readonly data: { readonly waits: ReadonlyMap<string, unknown> } };
}

/** Whether what is left of an idle job waits for its time, or for an answer. */
export const isPutOff = ({ delayed, ledger }: Waiting): boolean =>
  (delayed !== undefined && delayed.late > 0) || ledger.data.waits.size > 0;

/**
 * Parks one job: while all that it has left waits for its time, or for an answer, the clock of its timeout stands, and nobody who shuts
 * the flow down waits for it (D47).
 */
export class Parking<R> {
  isParked = false;

  constructor(private readonly job: ParkedJob<R>) {}

  /** All that is left waits; part of a step, right after a look at the clock. */
  enter(): void {
    if (this.isParked) return;
    const { ledger, life, engine } = this.job;
    this.isParked = true;
    // A job with limits looks at each task that comes, and the first one ends this.
    this.job.limits = this.job.room;
    life.deadline?.end();
    parked(ledger);
    this.job.views?.progress();
    if (engine.jobs.isClosing) this.leaveToOthers();
  }

  /** There is something to do again. */
  leave(): void {
    const { ledger, engine, life, run } = this.job;
    if (this.isParked) engine.drain.refresh();
    // The clock may be the user's, and have ended the job (D31).
    if (!this.isParked || life.isOver) return;
    this.isParked = false;
    life.deadline?.start(engine.time.elapsed);
    unparked(ledger);
    engine.goesOn(run);
  }

  /** The job stands, or has ended. */
  end(): void {
    this.isParked = false;
  }

  /** The flow is being shut down: the job is paused, and may go on elsewhere, unless a handler may wait for it. */
  leaveToOthers(): void {
    const { engine, life, run } = this.job;
    engine.steps.after(() => {
      if (this.isParked && !life.pausing.isAsked && !isAwaited(run)) void life.pausing.ask({ reason: 'shutdown' });
    });
  }
}
