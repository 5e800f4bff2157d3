import type { Data } from '../flow/Data.js';
import type { TaskOutcome } from './JobRecord.js';

/** One run of a handler. */
export interface Execution {
  readonly routineId: string;
  readonly slot: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly params: Data;
  readonly startedAt: Date;
  /** None while it runs. */
  readonly endedAt: Date | undefined;
  readonly status: TaskOutcome | 'running';
  readonly error: string | undefined;
  /** In ms; none if this run was not timed (see `RoutineMetrics.timed`). */
  readonly executionTimeMs: number | undefined;
}

/** Whatever can tell of a run; told only when somebody asks. */
export interface ExecutionSource {
  execution(): Execution;
}
