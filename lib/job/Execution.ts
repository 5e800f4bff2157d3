import type { Data } from '../flow/Data.js';
import type { TaskOutcome } from './JobRecord.js';

/** One run of a handler. */
export interface Execution {
  /** The routine of the handler. */
  readonly routineId: string;
  /** The slot of the handler. */
  readonly slot: string;
  /** Its task, the same over retries. */
  readonly taskId: string;
  /** 1 = the first one. */
  readonly attempt: number;
  /** The payload that arrived. */
  readonly params: Data;
  /** When it began. */
  readonly startedAt: Date;
  /** None while it runs. */
  readonly endedAt: Date | undefined;
  /** How it ended, or that it has not. */
  readonly status: TaskOutcome | 'running';
  /** The message of what it threw. */
  readonly error: string | undefined;
  /** In ms; none if this run was not timed (see `RoutineMetrics.timed`). */
  readonly executionTimeMs: number | undefined;
}

/** Whatever can tell of a run; told only when somebody asks. */
export interface ExecutionSource {
  readonly routineId: string;
  execution(): Execution;
}
