import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { JobStatus } from './JobStatus.js';
import type { LogEntry } from './SharedSpace.js';
import type { StreamChange, StreamState } from './StreamState.js';
import type { Wait } from './Wait.js';

/** A slot activation, as a record shows it. */
export interface SlotActivationTask {
  /** Stable over retries, pauses and hosts: good as an idempotency key. */
  readonly taskId: string;
  /** The routine that it is for. */
  readonly routineId: string;
  /** The slot that it is for. */
  readonly slot: string;
  /** The payload as it was queued: before mapping, codec and merge. */
  readonly data: Data;
  /** 1 = the first one. */
  readonly attempt: number;
  /** Attempts before this one: `attempt - 1`. */
  readonly retryCount: number;
  /** The connection it came over; none for an entry. */
  readonly connection?: Connection;
  /** When it will join the queue: a retry in its delay, or an emission that was put off (`delayMs`, `at`). */
  readonly dueAt?: Date;
}

/** How an attempt ended. `dropped`: the job ended before it did, or there was no room for it. */
export type TaskOutcome = 'completed' | 'failed' | 'error_continued' | 'skipped' | 'retry' | 'dropped';

interface Step {
  /** The job that it is about. */
  readonly jobId: string;
  /** Records of one moment may share it. */
  readonly timestamp: Date;
}

/** An attempt that has left a promise running. */
interface Tracking {
  readonly taskId: string;
  readonly routineId: string;
  readonly attempt: number;
}

/** Records that complete the others: with them a fold of the records gives the state of the job (see the law of decision 13). */
export type Note =
  /** A routine does something in this job for the first time. */
  | {
      readonly type: 'routineSeen';
      readonly routineId: string;
      readonly slots: readonly string[];
      readonly events: readonly string[];
    }
  /** A slot has mapped, read and merged the payload of a task. */
  | {
      readonly type: 'takenIn';
      readonly taskId: string;
      readonly routineId: string;
      readonly slot: string;
      /** What its handler gets. */
      readonly data: Data;
      /** What the slot holds, if that is more: `append` gathers keys that this payload lacks. */
      readonly held?: Data;
    }
  /** A task waits until `dueAt`: a retry, or one of an emission that was put off. */
  | ({ readonly type: 'taskDelayed' } & SlotActivationTask)
  /** A promise that a task left running keeps the job open, or does so no more (`ctx.track`). */
  | ({ readonly type: 'tracked' } & Tracking)
  | ({ readonly type: 'untracked' } & Tracking)
  /** A run of a handler took so long, in ms; told of each run while somebody watches, unless the flow keeps no metrics. */
  | { readonly type: 'timed'; readonly routineId: string; readonly ms: number }
  /**
   * A failure counts: of a task, a tracked promise, a stream of a routine, or an attempt that is aborted with its job; `hadSucceeded`
   * if a tracked promise fails after the success of its task.
   */
  | {
      readonly type: 'failureNoted';
      readonly taskId: string;
      readonly routineId: string;
      readonly outcome: TaskOutcome;
      readonly message: string;
      readonly retryCount: number;
      readonly hadSucceeded: boolean;
    }
  /** An entry of the history that emissions do not push out: an error, a retry that succeeded. */
  | {
      readonly type: 'kept';
      readonly routineId: string;
      readonly eventName: string;
      readonly data: Data;
      readonly order: number;
    }
  /** More tasks of a limited slot wait than ever before. */
  | { readonly type: 'highWater'; readonly routineId: string; readonly slot: string; readonly waiting: number }
  /** The state of a routine has changed (`ctx.setState`). */
  | { readonly type: 'stateSet'; readonly routineId: string; readonly state: Data }
  | { readonly type: 'sharedSet'; readonly key: string; readonly value: unknown }
  | { readonly type: 'sharedLogged'; readonly entry: LogEntry }
  /** An event waits for a resume; after that resume all of them have been emitted, before the tasks that wait. */
  | { readonly type: 'deferred'; readonly routineId: string; readonly event: string; readonly data: Data }
  | { readonly type: 'deferredEmitted'; readonly count: number }
  /** The streams that a routine keeps are these, in this order; one of them has come further. */
  | { readonly type: 'streamsSet'; readonly routineId: string; readonly streams: readonly StreamState[] }
  | { readonly type: 'streamChanged'; readonly routineId: string; readonly place: number; readonly change: StreamChange }
  /** The operator of a routine has completed. */
  | { readonly type: 'operatorCompleted'; readonly routineId: string };

/**
 * Something that happens in a job, told by its `type`; `record$` gives them in the order in which they happen. All have `jobId` and
 * `timestamp`.
 *
 * | type | told when | has |
 * | --- | --- | --- |
 * | `started` | the job begins | `entryRoutineId`, `entryParams` |
 * | `taskQueued` | a task joins the queue | the task |
 * | `taskStarted` | an attempt begins | the task |
 * | `takenIn` | a slot has mapped, read and merged a payload, right before its handler | `taskId`, `routineId`, `slot`, `data` |
 * | `emitted` | a handler emits | `routineId`, `event`, `data` |
 * | `output` | a handler hands something out | `output`; `kept: false` if the log does not keep it |
 * | `taskSettled` | an attempt ends | the task, `outcome`, perhaps `error` |
 * | `taskDelayed` | a retry waits, or a task of an emission that was put off | the task with `dueAt` |
 * | `failureNoted` | a failure counts | `taskId`, `routineId`, `outcome`, `message`, `retryCount`, `hadSucceeded` |
 * | `waiting` | a question is open (`ctx.waitFor`) | the `Wait` |
 * | `answered`, `expired` | a question is answered; its time is over | `token`, perhaps `by` |
 * | `parked`, `unparked` | all that is left waits for its time or an answer; there is something to do again | nothing more |
 * | `paused`, `resumed` | the job is quiet; it goes on | `reason`, `checkpoint`, `pendingTasks` |
 * | `warning` | something is odd, and the job goes on | `message`, perhaps `error` |
 * | `ended` | the job has come to its end | `status`, perhaps `error` or `reason` |
 * | `routineSeen` | a routine does something for the first time | `routineId`, `slots`, `events` |
 * | `stateSet` | the state of a routine changes | `routineId`, `state` |
 * | `sharedSet`, `sharedLogged` | something shared is set, or logged | `key` and `value`; `entry` |
 * | `deferred`, `deferredEmitted` | an event waits for a resume; all of them have been emitted | the event; `count` |
 * | `tracked`, `untracked` | a promise begins, or ends, to keep the job open | `taskId`, `routineId`, `attempt` |
 * | `timed` | a run of a handler was timed | `routineId`, `ms` |
 * | `kept` | the history keeps an entry that emissions do not push out | the entry |
 * | `highWater` | more tasks of a limited slot wait than ever | `routineId`, `slot`, `waiting` |
 * | `streamsSet`, `streamChanged`, `operatorCompleted` | a stream of a routine comes further | `routineId` and how far |
 */
export type JobRecord = Step &
  (
    | {
        /** What happened. */
        readonly type: 'started';
        readonly entryRoutineId: string;
        readonly entryParams: Data;
      }
    | ({ readonly type: 'taskQueued' } & SlotActivationTask)
    | ({ readonly type: 'taskStarted' } & SlotActivationTask)
    | { readonly type: 'emitted'; readonly routineId: string; readonly event: string; readonly data: Data }
    | ({ readonly type: 'taskSettled'; readonly outcome: TaskOutcome; readonly error?: unknown } & SlotActivationTask)
    | { readonly type: 'output'; readonly output: OutputRecord; readonly kept?: false }
    | { readonly type: 'paused'; readonly reason?: string; readonly checkpoint?: unknown; readonly pendingTasks: number }
    | { readonly type: 'resumed' }
    | ({ readonly type: 'waiting' } & Wait)
    | { readonly type: 'answered'; readonly token: string; readonly by?: string }
    | { readonly type: 'expired'; readonly token: string }
    | { readonly type: 'parked' }
    | { readonly type: 'unparked' }
    | { readonly type: 'warning'; readonly message: string; readonly error?: unknown }
    | { readonly type: 'ended'; readonly status: JobStatus; readonly error?: RoutiluxError; readonly reason?: string }
    | Note
  );

type WithoutStep<T> = T extends Step ? Omit<T, keyof Step> : never;

/** A record without the id of its job and the time. */
export type JobRecordBody = WithoutStep<JobRecord>;
