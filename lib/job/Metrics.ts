import type { Execution } from './Execution.js';
import type { JobData } from './JobData.js';
import type { RoutineData } from './RoutineData.js';

/** How one routine did in a job, in numbers. */
export interface RoutineMetrics {
  /** Tasks that ended: `completed + failed + skipped`. */
  readonly total: number;
  /** Tasks that succeeded. */
  readonly completed: number;
  /** Tasks that failed, also those after which the job went on (`error_continued`). */
  readonly failed: number;
  /** Tasks that failed and were not needed. */
  readonly skipped: number;
  /** Attempts that were followed by another one. */
  readonly retried: number;
  /** Tasks dropped because the job ended, or because no more might wait. */
  readonly dropped: number;
  /** 0…1; 0 while nothing has ended. */
  readonly successRate: number;
  /** How many tasks the times below were measured on: all while the records are watched; else every task of a slow routine, a sample of a fast one. */
  readonly timed: number;
  /** The mean time of a handler, in ms. */
  readonly avgTimeMs: number;
  /** The shortest, in ms. */
  readonly minTimeMs: number;
  /** The longest, in ms. */
  readonly maxTimeMs: number;
  /** How often each event was emitted; each of its connections carried as many. */
  readonly emitted: Readonly<Record<string, number>>;
  /** The most tasks of a slot that have waited at a time; of the slots with a `maxQueued` that got some. */
  readonly highWater: Readonly<Record<string, number>>;
  /** The newest runs, oldest first; a job keeps 1,000. */
  readonly executions: readonly Execution[];
}

/** How a job did as a whole, in numbers. */
export interface FlowMetrics {
  /** Routines that ran. */
  readonly routines: number;
  /** Emissions. */
  readonly events: number;
  /** The sum of the routines' average times, in ms. */
  readonly totalTimeMs: number;
  /** The mean of the routines' average times, in ms. */
  readonly avgTimeMs: number;
  /** Tasks dropped because the job ended, or because no more might wait. */
  readonly droppedTasks: number;
  /** The most tasks of the job that have waited at a time, retries in their delay not counted. */
  readonly highWater: number;
  /** Records that the history has let go of. */
  readonly droppedRecords: number;
}

/** An emission, as the metrics list it. */
export interface EmittedEvent {
  /** The flow of the job. */
  readonly flowId: string;
  /** The job. */
  readonly jobId: string;
  /** Who emitted. */
  readonly routineId: string;
  /** The name of the event. */
  readonly event: string;
  /** When. */
  readonly timestamp: Date;
}

/** How a job went, in numbers. A live view: ask again for newer ones. */
export class Metrics {
  readonly #data: JobData;

  constructor(data: JobData) {
    this.#data = data;
  }

  /** Numbers of one routine; undefined for one that has not run. */
  routine(routineId: string): RoutineMetrics | undefined {
    const routine = this.#data.routines.get(routineId);
    return routine && toRoutineMetrics(routine, this.#executionsOf(routineId));
  }

  /** Numbers of the whole job. */
  flow(): FlowMetrics {
    const routines = [...this.#data.routines.values()];
    const totalTimeMs = sum(routines.map(average));
    return {
      routines: routines.length,
      events: sum(routines.map(({ emitted }) => sum(emitted))),
      totalTimeMs,
      avgTimeMs: routines.length === 0 ? 0 : totalTimeMs / routines.length,
      droppedTasks: this.#data.dropped,
      highWater: this.#data.highWater,
      droppedRecords: this.#data.history.dropped,
    };
  }

  /** The emissions that the history still holds, oldest first. */
  get events(): readonly EmittedEvent[] {
    const { flowId, jobId, history } = this.#data;
    return history.emissions.map(({ routineId, eventName, timestamp }) => ({
      flowId,
      jobId,
      routineId,
      event: eventName,
      timestamp,
    }));
  }

  #executionsOf(routineId: string): readonly Execution[] {
    // To tell of a run copies its payload: only of those that are asked for.
    return [...this.#data.executions].filter((source) => source.routineId === routineId).map((source) => source.execution());
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + (number || 0), 0);

const average = ({ times: { timed, totalMs } }: RoutineData): number => (timed === 0 ? 0 : totalMs / timed);

const marksOf = ({ slotNames, highWater }: RoutineData): Readonly<Record<string, number>> =>
  Object.fromEntries(
    slotNames.flatMap((name, ordinal) => ((highWater[ordinal] ?? 0) > 0 ? [[name, highWater[ordinal] ?? 0]] : [])),
  );

const toRoutineMetrics = (routine: RoutineData, executions: readonly Execution[]): RoutineMetrics => {
  const { completed, failed, skipped, retried, dropped, times } = routine;
  const total = completed + failed + skipped;
  return {
    total,
    completed,
    failed,
    skipped,
    retried,
    dropped,
    successRate: total === 0 ? 0 : completed / total,
    timed: times.timed,
    avgTimeMs: average(routine),
    minTimeMs: times.timed === 0 ? 0 : times.minMs,
    maxTimeMs: times.maxMs,
    emitted: Object.fromEntries(routine.eventNames.map((name, ordinal) => [name, routine.emitted[ordinal] ?? 0])),
    highWater: marksOf(routine),
    executions,
  };
};
