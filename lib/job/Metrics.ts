import type { Execution } from './Execution.js';
import type { JobData } from './JobData.js';
import type { RoutineData } from './RoutineData.js';

export interface RoutineMetrics {
  /** Tasks that ended: `completed + failed + skipped`. */
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Attempts that were followed by another one. */
  readonly retried: number;
  /** Tasks dropped because the job ended, or because no more might wait. */
  readonly dropped: number;
  /** 0…1; 0 while nothing has ended. */
  readonly successRate: number;
  /** How many tasks the times below were measured on: all while the records are watched; else every task of a slow routine, a sample of a fast one. */
  readonly timed: number;
  readonly avgTimeMs: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** How often each event was emitted; each of its connections carried as many. */
  readonly emitted: Readonly<Record<string, number>>;
  /** The most tasks of a slot that have waited at a time; of the slots with a `maxQueued` that got some. */
  readonly highWater: Readonly<Record<string, number>>;
  /** The newest runs, oldest first; a job keeps 1,000. */
  readonly executions: readonly Execution[];
}

export interface FlowMetrics {
  /** Routines that ran. */
  readonly routines: number;
  readonly events: number;
  /** The sum of the routines' average times, in ms. */
  readonly totalTimeMs: number;
  /** The mean of the routines' average times, in ms. */
  readonly avgTimeMs: number;
  readonly droppedTasks: number;
  /** The most tasks of the job that have waited at a time, retries in their delay not counted. */
  readonly highWater: number;
  readonly droppedRecords: number;
}

export interface EmittedEvent {
  readonly flowId: string;
  readonly jobId: string;
  readonly routineId: string;
  readonly event: string;
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
    return [...this.#data.executions].map((source) => source.execution()).filter((run) => run.routineId === routineId);
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
