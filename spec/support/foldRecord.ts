import * as fold from '../../lib/job/fold.js';
import type { JobData } from '../../lib/job/JobData.js';
import type { JobRecord } from '../../lib/job/JobRecord.js';
import {
  numbersIn,
  type RemainingWork,
  type RemainingWorkSource,
  type RemainingTask,
  taskIdOf,
} from '../../lib/job/RemainingWork.js';
import { inPlaces, RoutineData } from '../../lib/job/RoutineData.js';
import { copyOf } from '../../lib/job/StreamState.js';
import type { Mutable } from '../../lib/prelude/Mutable.js';
import { FoldedTasks } from './FoldedTasks.js';

/** A job as its records tell it, from a state that was written down on. It is brought on in place, by `foldRecord`. */
export class FoldedJob implements RemainingWorkSource {
  readonly tasks: FoldedTasks;
  /** The number of the next emission. */
  order: number;
  #begun: boolean;
  /** Running time that is left, in ms, and since when the clock runs, epoch ms; undefined while it stands. */
  #leftMs: number;
  #since: number | undefined = undefined;
  readonly #rest: RemainingWork;

  /** @param data as it was written down, of a job none of whose tasks has been at work since; from here on it is this one's */
  constructor(readonly data: JobData) {
    this.#rest = data.source?.remaining() as RemainingWork;
    const { begun, leftMs, order, tasks } = this.#rest;
    this.#begun = begun;
    this.#leftMs = leftMs;
    this.order = order;
    this.tasks = new FoldedTasks(data.jobId, tasks, (task) => taskIdOf(data.jobId, task.order, task.place));
    data.source = this;
  }

  begin(): void {
    this.#begun = true;
  }

  /** The clock of its timeout runs from `now` on, or stands. */
  run(now: number): void {
    this.#since ??= now;
  }

  stand(now: number): void {
    this.#leftMs -= now - (this.#since ?? now);
    this.#since = undefined;
  }

  /** What a stream brings, and its failure, has a number that no emission tells; no later one gets it again. */
  count(taskId: string): void {
    const [order] = numbersIn(this.data.jobId, taskId) ?? [0];
    this.order = Math.max(this.order, order + 1);
  }

  routineOf(routineId: string): RoutineData {
    const known = this.data.routines.get(routineId);
    const routine = known ?? new RoutineData(routineId, [], []);
    if (known === undefined) fold.routineMet(this.data, routine);
    return routine;
  }

  waiting(): readonly RemainingTask[] {
    return this.tasks.pending;
  }

  remaining(): RemainingWork {
    const leftMs = Math.max(this.#leftMs, 0);
    return { ...this.#rest, begun: this.#begun, leftMs, order: this.order, tasks: this.tasks.all };
  }
}

/** Brings a job on by one record of it: `record$.pipe(scan(foldRecord, job))` is its state at each record. */
export const foldRecord = (job: FoldedJob, record: JobRecord): FoldedJob => {
  (FOLDS[record.type] as Fold)(job, record as never);
  return job;
};

type Fold = (job: FoldedJob, record: never) => void;

type Told<T extends JobRecord['type']> = Extract<JobRecord, { readonly type: T }>;

const nothing = (): void => undefined;

const FOLDS: { readonly [T in JobRecord['type']]: (job: FoldedJob, record: Told<T>) => void } = {
  // ── the job ───────────────────────────────────────────────────────────────────────────────────────────────────────
  started: (job, { entryRoutineId, entryParams, timestamp }) => {
    fold.started(job.data, { routineId: entryRoutineId, eventName: 'start', data: entryParams, ...at(job, timestamp), order: 0 });
    job.begin();
    run(job, timestamp);
  },
  paused: (job, { timestamp, reason, checkpoint, pendingTasks }) => {
    const { currentRoutineId } = job.data;
    fold.paused(job.data, { timestamp, reason, checkpoint, currentRoutineId, pendingTasks });
    fold.statusSet(job.data, 'paused', timestamp.getTime());
    job.stand(timestamp.getTime());
  },
  resumed: (job, { timestamp }) => {
    run(job, timestamp);
    if (fold.deferredTaken(job.data).length > 0) job.tasks.setAside();
  },
  waiting: ({ data }, { token, routineId, event, slot, question, data: given, schema, timeoutEvent, since, until }) => {
    const times = { since: since.getTime(), until: until?.getTime() };
    fold.waitOpened(data, { token, routineId, event, slot, question, data: given, schema, timeoutEvent, ...times });
  },
  answered: ({ data }, { token }) => {
    fold.waitAnswered(data, token);
  },
  expired: ({ data }, { token }) => {
    fold.waitClosed(data, token);
  },
  parked: (job, { timestamp }) => {
    job.stand(timestamp.getTime());
  },
  unparked: (job, { timestamp }) => {
    job.run(timestamp.getTime());
  },
  deferred: ({ data }, { routineId, event, data: payload }) => {
    fold.deferred(data, { routineId, event, data: payload });
  },
  deferredEmitted: ({ data, tasks }) => {
    tasks.takeBack();
    fold.waited(data, tasks.waiting);
  },
  kept: (job, { routineId, eventName, data, order, timestamp }) => {
    fold.kept(job.data, { routineId, eventName, data, ...at(job, timestamp), order });
    job.order = order + 1;
  },
  sharedSet: ({ data }, { key, value }) => {
    fold.sharedSet(data, key, value);
  },
  sharedLogged: ({ data }, { entry }) => {
    fold.sharedLogged(data, entry);
  },
  output: ({ data }, { output, kept = true }) => {
    if (kept) fold.output(data, output);
  },
  warning: nothing,
  ended: (job, { status, error, reason, timestamp }) => {
    const { data, tasks } = job;
    if (error !== undefined) fold.failedWith(data, error);
    if (reason !== undefined) fold.reasonGiven(data, reason);
    fold.dropped(data, tasks.size);
    tasks.clear();
    fold.waitsForgotten(data);
    fold.statusSet(data, status, timestamp.getTime());
    job.stand(timestamp.getTime());
  },

  // ── its routines ──────────────────────────────────────────────────────────────────────────────────────────────────
  routineSeen: ({ data }, { routineId, slots, events }) => {
    const routine = data.routines.get(routineId) ?? new RoutineData(routineId, slots, events);
    fold.routineMet(data, inPlaces(routineId, slots, events, routine));
  },
  emitted: (job, { routineId, event, data, timestamp }) => {
    const routine = job.routineOf(routineId);
    const emission = { routineId, eventName: event, data, ...at(job, timestamp), order: job.order++ };
    fold.emitted(job.data, routine, routine.eventNames.indexOf(event), emission);
  },
  stateSet: (job, { routineId, state }) => {
    fold.stateSet(job.routineOf(routineId), state);
  },
  streamsSet: ({ data }, { routineId, streams }) => {
    fold.streamsSet(data, routineId, streams.map(copyOf));
  },
  streamChanged: ({ data }, { routineId, place, change }) => {
    const state = [...(data.streams.get(routineId) ?? [])][place];
    if (state !== undefined) fold.streamChanged(state, change);
  },
  operatorCompleted: (job, { routineId }) => {
    fold.endSet(job.routineOf(routineId), 'completed');
  },
  highWater: (job, { routineId, slot, waiting }) => {
    const routine = job.routineOf(routineId);
    fold.slotWaited(routine, ordinalOf(routine, slot), waiting);
  },
  timed: (job, { routineId, ms }) => {
    fold.timed(job.routineOf(routineId), ms);
  },
  failureNoted: (job, { timestamp, ...failure }) => {
    fold.failureNoted(job.routineOf(failure.routineId), failure, timestamp.getTime());
    job.tasks.failed(failure.taskId);
    job.count(failure.taskId);
  },

  // ── its tasks ─────────────────────────────────────────────────────────────────────────────────────────────────────
  taskQueued: (job, record) => {
    job.tasks.queued(record);
    job.count(record.taskId);
    fold.waited(job.data, job.tasks.waiting);
  },
  taskDelayed: ({ tasks }, record) => {
    tasks.delayed(record);
  },
  taskStarted: (job, record) => {
    job.tasks.started(record);
    fold.taken(job.data, job.routineOf(record.routineId));
  },
  takenIn: (job, { taskId, routineId, slot, data, held = data }) => {
    const routine = job.routineOf(routineId);
    fold.takenIn(routine, ordinalOf(routine, slot), held);
    job.tasks.takenIn(taskId, data);
  },
  taskSettled: (job, record) => {
    const { outcome, routineId, attempt } = record;
    const routine = job.routineOf(routineId);
    if (job.tasks.settled(record, outcome)) settled(job, routine, outcome, attempt);
    else fold.shed(job.data, routine);
    job.count(record.taskId);
  },
  tracked: ({ tasks }, { taskId, attempt }) => {
    tasks.tracked(taskId, attempt, 1);
  },
  untracked: ({ tasks }, { taskId, attempt }) => {
    tasks.tracked(taskId, attempt, -1);
  },
};

/** An attempt that was at work has ended. */
const settled = ({ data }: FoldedJob, routine: RoutineData, outcome: Told<'taskSettled'>['outcome'], attempt: number): void => {
  fold.settled(routine, outcome, attempt);
  if (outcome === 'dropped') fold.dropped(data, 1);
};

// What was written down names the slots that held something.
const ordinalOf = (routine: RoutineData, slot: string): number => {
  if (!routine.slotNames.includes(slot)) (routine as Mutable<RoutineData>).slotNames = [...routine.slotNames, slot];
  return routine.slotNames.indexOf(slot);
};

const run = (job: FoldedJob, timestamp: Date): void => {
  if (job.data.status !== 'running') fold.statusSet(job.data, 'running', timestamp.getTime());
  job.run(timestamp.getTime());
};

const at = ({ data }: FoldedJob, timestamp: Date): { readonly tick: number } => ({ tick: timestamp.getTime() - data.createdAt });
