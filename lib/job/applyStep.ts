import type { Mutable } from '../prelude/Mutable.js';
import { setOwn } from '../prelude/plainObject.js';
import * as fold from './fold.js';
import type { JobImage } from './JobImage.js';
import { inPlaces, RoutineData } from './RoutineData.js';
import type { Claimed, Fact, Step } from './Step.js';
import { copyOf } from './StreamState.js';

/** Brings a job on by one step of it: the only way in which a job changes that is not at work. */
export const applyStep = (image: JobImage, { facts }: Step): JobImage => facts.reduce(applyFact, image);

/** The same by one fact, such as a record: `record$.pipe(scan(applyFact, image))` is its state at each record. */
export const applyFact = (job: JobImage, fact: Fact): JobImage => {
  (FOLDS[fact.type] as Fold)(job, fact as never);
  return job;
};

type Fold = (job: JobImage, fact: never) => void;

type Told<T extends Fact['type']> = Extract<Fact, { readonly type: T }>;

const nothing = (): void => undefined;

const FOLDS: { readonly [T in Fact['type']]: (job: JobImage, fact: Told<T>) => void } = {
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
  takenUp: nothing,
  admitted: ({ tasks }, task) => {
    tasks.queued(task);
  },
  claimed: (job, claim) => {
    const { taskId, routineId, slot, input, held = input } = claim;
    const routine = job.routineOf(routineId);
    if (claim.gathered !== undefined) gather(job, routine, claim, claim.gathered);
    else if (held !== undefined) {
      fold.takenIn(routine, ordinalOf(routine, slot), held);
      job.tasks.takenIn(taskId, input ?? held);
    }
  },
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

/** A slot that gathers has taken in one value of each of these keys; its handler gets them and those before. */
const gather = (
  job: JobImage,
  routine: RoutineData,
  { taskId, slot }: Claimed,
  gathered: NonNullable<Claimed['gathered']>,
): void => {
  const ordinal = ordinalOf(routine, slot);
  const lists: Record<string, unknown> = { ...routine.held[ordinal] };
  const handed: Record<string, unknown> = {};
  for (const [key, { length, value }] of Object.entries(gathered)) {
    const list = [...((Object.hasOwn(lists, key) ? lists[key] : []) as readonly unknown[]).slice(0, length - 1), value];
    setOwn(lists, key, list);
    setOwn(handed, key, list);
  }
  fold.takenIn(routine, ordinal, lists);
  job.tasks.takenIn(taskId, handed);
};

/** An attempt that was at work has ended. */
const settled = ({ data }: JobImage, routine: RoutineData, outcome: Told<'taskSettled'>['outcome'], attempt: number): void => {
  fold.settled(routine, outcome, attempt);
  if (outcome === 'dropped') fold.dropped(data, 1);
};

// What was written down names the slots that held something.
const ordinalOf = (routine: RoutineData, slot: string): number => {
  if (!routine.slotNames.includes(slot)) (routine as Mutable<RoutineData>).slotNames = [...routine.slotNames, slot];
  return routine.slotNames.indexOf(slot);
};

const run = (job: JobImage, timestamp: Date): void => {
  if (job.data.status !== 'running') fold.statusSet(job.data, 'running', timestamp.getTime());
  job.run(timestamp.getTime());
};

const at = ({ data }: JobImage, timestamp: Date): { readonly tick: number } => ({ tick: timestamp.getTime() - data.createdAt });
