import type { Data } from '../flow/Data.js';
import type { PauseOptions } from '../flow/TaskContext.js';
import type { Ledger } from '../job/Ledger.js';
import type { OpenWait } from '../job/Wait.js';
import type { Event, Plan } from '../plan/Plan.js';
import type { Attempt } from './Attempt.js';
import type { Due } from './Emission.js';
import type { HandingJob } from './handOver.js';
import type { Limits } from './Limits.js';

/** The parts of a job that its handlers use, through their context. */
export interface ContextParts extends HandingJob {
  readonly plan: Plan;
  readonly options: { readonly detached: boolean };
  readonly ledger: Ledger;
  readonly emissions: ContextEmissions;
  /** Whether an emission counts at once, and nothing limits it. */
  readonly emitsAtOnce: boolean;
  readonly limits: Pick<Limits<never>, 'check'> | undefined;
  /** The same, made now if there are none. */
  readonly room: Pick<Limits<never>, 'check'>;
  readonly engine: ContextEngine;
  readonly life: HandingJob['life'] & ContextLife;
  readonly asking: { open(wait: OpenWait): void };
  /** Whether a question is open under a token. */
  asks(token: string): boolean;
  readonly tracking: { follow(attempt: Attempt, work: PromiseLike<unknown>): void };
  readonly handles: { readonly flow: object; readonly state: object };
}

interface ContextEngine {
  readonly drain: { refresh(): void; change(work: () => void): void };
  readonly time: { readonly elapsed: number; readonly reading: number };
}

interface ContextEmissions {
  emit(event: Event, data: Data): void;
  emitLate(event: Event, data: Data, due: Due): void;
  defer(routineId: string, event: string, data: Data): void;
  /** @throws JobError `PAUSED_FULL` */
  checkRoom(call: string, held: number): void;
}

interface ContextLife {
  readonly pausing: { pause(options: PauseOptions): Promise<unknown> };
  cancel(reason?: string): void;
  complete(reason?: string): void;
  readonly parking: { leave(): void } | undefined;
}
