import { captureScope } from '#async-context';
import type { Data } from '../flow/Data.js';
import type { Wanted } from '../flow/ExecuteOptions.js';
import type { JobStatus } from '../job/JobStatus.js';
import type { Plan, Slot } from '../plan/Plan.js';
import type { Scope } from '../prelude/Scope.js';
import { Held } from './Held.js';
import type { JobParts, Run } from './JobParts.js';

/** Makes the job of a ticket, in its place. */
export interface Redeeming {
  redeem(ticket: Ticket): Run;
}

/**
 * A job that waits for its place, as it was asked for: thousands may wait, so nothing is made for one until it gets its place, or somebody
 * looks closer (D35).
 */
export class Ticket extends Held<Run, JobParts> {
  /** The async context of whoever started it. */
  private scope: Scope | undefined;
  #run: Run | undefined = undefined;

  constructor(
    private readonly office: Redeeming,
    private readonly id: string,
    readonly plan: Plan,
    readonly entry: Slot,
    readonly params: Data,
    readonly wanted: Wanted,
    /** Epoch ms. */
    readonly createdAt: number,
  ) {
    super();
    this.scope = plan.carries ? captureScope() : undefined;
  }

  /** It is not worth a box of its own (see `LiveJobs`). */
  get held(): this {
    return this;
  }

  get hasPlace(): boolean {
    return this.#run?.hasPlace === true;
  }

  override get jobId(): string {
    return this.id;
  }

  override get status(): JobStatus {
    return this.#run?.status ?? 'pending';
  }

  override get run(): Run {
    return this.#run ?? this.#redeem();
  }

  #redeem(): Run {
    const run = (this.#run = this.office.redeem(this));
    run.scope = this.scope;
    this.scope = undefined;
    return run;
  }

  get parts(): JobParts {
    return this.run.parts;
  }

  override get done(): Promise<object> {
    return this.#run?.done ?? super.done;
  }

  // Asked before there is a run alone.
  protected override get isOver(): boolean {
    return false;
  }
}
