import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { ExecutionSource } from './Execution.js';
import { History } from './History.js';
import type { JobStatus } from './JobStatus.js';
import type { RemainingWorkSource } from './RemainingWork.js';
import type { RoutineData } from './RoutineData.js';
import { LOG_BOUND, SharedSpace } from './SharedSpace.js';
import type { StreamState } from './StreamState.js';
import { NO_ANSWERS, NO_WAITS, type OpenWait } from './Wait.js';

/** A pause of a job, written when the job was quiet. */
export interface PausePoint {
  /** When the job was quiet. */
  readonly timestamp: Date;
  /** Why, as `pause` was told. */
  readonly reason: string | undefined;
  /** What `pause` was given for the resuming side. */
  readonly checkpoint: unknown;
  /** The routine whose task was taken last. */
  readonly currentRoutineId: string | undefined;
  /** How many tasks waited. */
  readonly pendingTasks: number;
}

/** An emission that waits for the resume of its job. */
export interface DeferredEvent {
  /** Of which routine. */
  readonly routineId: string;
  /** The name of its event. */
  readonly event: string;
  /** What it will emit. */
  readonly data: Data;
}

/** Shared by all jobs that have none, and never written. */
export const NO_STREAMS: ReadonlyMap<string, Iterable<StreamState>> = new Map();

/** The list of all jobs that have nothing of a kind; never written. */
export const NOTHING: readonly never[] = [];

/** How many task runs a job keeps in its metrics. */
export const EXECUTION_BOUND = 1_000;

/** How many pause points a job keeps. */
export const PAUSE_POINT_BOUND = 1_000;

/** The whole state of one job: written by `fold.ts` alone, read through `JobState`. */
export class JobData {
  readonly status: JobStatus = 'pending';
  readonly error: RoutiluxError | undefined;
  readonly reason: string | undefined;
  readonly currentRoutineId: string | undefined;
  /** Epoch ms, like `updatedAt`. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly routines: ReadonlyMap<string, RoutineData> = new Map();
  readonly history: History;
  readonly executions = new BoundedLog<ExecutionSource>(EXECUTION_BOUND);
  /** The newest 1,000. */
  readonly pausePoints: readonly PausePoint[] = NOTHING;
  readonly deferred: readonly DeferredEvent[] = NOTHING;
  /** The streams that routines keep in this job, by the id of the routine. */
  readonly streams: ReadonlyMap<string, Iterable<StreamState>> = NO_STREAMS;
  /** The questions that it waits for, by their tokens, in the order in which they were asked. */
  readonly waits: ReadonlyMap<string, OpenWait> = NO_WAITS;
  /** The tokens of those that were answered. */
  readonly answered: ReadonlySet<string> = NO_ANSWERS;
  /** Tasks that were queued or at work when the job ended before them, or for which there was no room. */
  readonly dropped: number = 0;
  /** The most tasks that have waited at a time. */
  readonly highWater: number = 0;
  /** Tells what is left to do, live or as it was written down. An object and not a closure: closures kept the job before from being collected young. */
  source: RemainingWorkSource | undefined = undefined;
  #shared: SharedSpace | undefined;
  #outputs: BoundedLog<OutputRecord> | undefined;

  constructor(
    readonly jobId: string,
    readonly flowId: string,
    now: number,
    historyBound: number,
    /** The time from which its ticks are counted, epoch ms. */
    readonly base: number = now,
  ) {
    this.createdAt = this.updatedAt = now;
    this.history = new History(historyBound, base);
  }

  get shared(): SharedSpace {
    return (this.#shared ??= new SharedSpace());
  }

  set shared(space: SharedSpace) {
    this.#shared = space;
  }

  get outputs(): BoundedLog<OutputRecord> {
    return (this.#outputs ??= new BoundedLog(LOG_BOUND));
  }

  set outputs(outputs: BoundedLog<OutputRecord>) {
    this.#outputs = outputs;
  }

  /** The state of a routine as a reader sees it; undefined before it has run. */
  routineState(routineId: string): Data | undefined {
    const routine = this.routines.get(routineId);
    return routine?.hasRun === true ? routine.view() : undefined;
  }
}

/** How many of its tasks have ended: completed, failed, skipped or dropped. */
export const doneIn = ({ routines }: Pick<JobData, 'routines'>): number => {
  let done = 0;
  for (const { completed, failed, skipped, dropped } of routines.values()) done += completed + failed + skipped + dropped;
  return done;
};
