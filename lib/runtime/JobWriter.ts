import type { Data } from '../flow/Data.js';
import { type JobData, doneIn, PAUSE_POINT_BOUND } from '../job/JobData.js';
import { type RemainingTask, type RemainingWork, taskIdOf } from '../job/RemainingWork.js';
import { LOG_BOUND } from '../job/SharedSpace.js';
import type { Fact, Step } from '../job/Step.js';
import { showWait } from '../job/Wait.js';
import { encode } from '../wire/encode.js';
import type { StoredStep } from '../wire/Store.js';
import { toFailure, toRoutine, toRun } from '../wire/writeJob.js';
import { Draft } from './Draft.js';
import { dueKey, keyOf, KINDS, LEFT_TO_DO, pad, underToken } from './keys.js';
import { type Counted, putWhole } from './putWhole.js';
import { NO_ROWS, type OpenRows, WrittenTasks } from './WrittenTasks.js';

/** What a writer has to know of a job that was stored before. */
export interface Written extends OpenRows {
  /** How many rows of each kind that only grow were written. */
  readonly counts: Readonly<Record<Counted, number>>;
  /** The tokens of its open questions. */
  readonly tokens: ReadonlySet<string>;
}

const NOTHING_WRITTEN: Written = {
  ...NO_ROWS,
  counts: { emitted: 0, kept: 0, output: 0, log: 0, pause: 0, deferred: 0, again: 0 },
  tokens: new Set(),
};

/** A job as it is written. */
export interface WrittenJob {
  readonly data: JobData;
  readonly about: Omit<RemainingWork, 'tasks'>;
  readonly pending: number;
  /** What it has left to do, in the order in which it will run. */
  tasks(): readonly RemainingTask[];
}

/** What stays the same of a job as long as it is kept. */
export interface Origin {
  /** What it was started with, as it is compared. */
  readonly entry: string;
  /** Where it stands among all jobs: in the order of their start. */
  readonly createdKey: string;
  /** When it begins, if that was put off: epoch ms. */
  readonly startsAt?: number | undefined;
}

/** The version of the rows: that of the JSON of a job. */
const ROWS_VERSION = 2;

type Told<T extends Fact['type']> = Extract<Fact, { readonly type: T }>;

/** What a step does beside what a job is after it: claims, and entries of indexes. */
const BESIDE_ALL: ReadonlySet<Fact['type']> = new Set(['claimed', 'waiting', 'answered', 'expired', 'ended']);

const nothing = (): void => undefined;

/**
 * Makes of what has happened to one job the rows that have changed: what a step has changed, and not what the job has gathered. What a row
 * says of the job, or of a routine, is read from the job as it is now: all that has happened until now is in the step.
 */
export class JobWriter {
  #counts: Record<Counted, number>;
  readonly #tasks: WrittenTasks;
  readonly #tokens: Set<string>;
  /** What routines had set when that was written last. */
  readonly #own = new Map<string, Data>();
  readonly #nth = new Map<string, number>();
  /** Where it stands among those that are due some time. */
  #due: string | undefined;
  #draft = new Draft();
  #isWhole = false;
  /** The routines of which something is to be written. */
  readonly #routines = new Set<string>();

  constructor(
    private readonly job: () => WrittenJob,
    private readonly origin: Origin,
    /** How long the job is kept when it has ended, in ms. */
    private readonly retainMs: number,
    written: Written = NOTHING_WRITTEN,
  ) {
    const { jobId, routines } = this.#data;
    const { startsAt } = origin;
    this.#due = startsAt === undefined ? undefined : dueKey(startsAt, jobId);
    this.#counts = { ...written.counts };
    this.#tokens = new Set(written.tokens);
    this.#tasks = new WrittenTasks(
      jobId,
      (...row) => {
        this.#put(...row);
      },
      () => this.#draft,
      () => this.#count('again'),
      written,
    );
    for (const [routineId, { own }] of routines) {
      if (own !== undefined) this.#own.set(routineId, own);
      this.#nthOf(routineId);
    }
  }

  /** The next step writes all of the job, and not only what has changed: its routines have other names. */
  rewrite(): void {
    this.#isWhole = true;
  }

  write({ jobId, facts }: Step): StoredStep {
    this.#draft = new Draft();
    this.#routines.clear();
    const isWhole = this.#isWhole;
    if (isWhole) this.#putWhole();
    for (const fact of facts) if (!isWhole || BESIDE_ALL.has(fact.type)) (this.#folds[fact.type] as (fact: Fact) => void)(fact);
    for (const routineId of this.#routines) this.#putRoutine(routineId);
    this.#putHead();
    return this.#draft.toStep(jobId);
  }

  /** As it is now, with the step at hand. */
  #putWhole(): void {
    const job = this.job();
    const { data } = job;
    this.#isWhole = false;
    for (const kind of KINDS) this.#draft.clear(kind);
    this.#own.clear();
    for (const routineId of data.routines.keys()) {
      this.#routines.add(routineId);
      this.#putState(routineId);
    }
    const left = job.tasks();
    this.#counts = putWhole(data, left, (...row) => {
      this.#put(...row);
    });
    this.#tasks.order = this.job().about.order;
    this.#tasks.takeUp(
      left.map((task) => ({ taskId: taskIdOf(data.jobId, task.order, task.place), isLater: task.dueAt !== undefined })),
    );
  }

  get #data(): JobData {
    return this.job().data;
  }

  #put(kind: string, key: string, value: object, fence?: number): void {
    this.#draft.put(kind, key, encode(`Job '${this.#data.jobId}'`, value), fence);
  }

  /** The number of one more of a kind, from 0. */
  #count(kind: Counted): number {
    return this.#counts[kind]++;
  }

  // ── the job ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #putHead(): void {
    const { data, about, pending } = this.job();
    const { status, history, shared, outputs } = data;
    this.#put('job', '', {
      version: ROWS_VERSION,
      jobId: data.jobId,
      flowId: data.flowId,
      status,
      reason: data.reason,
      error: data.error && toFailure(data.error),
      currentRoutineId: data.currentRoutineId,
      createdAt: new Date(data.createdAt),
      updatedAt: new Date(data.updatedAt),
      historyBound: history.bound,
      highWater: data.highWater || undefined,
      dropped: { tasks: data.dropped, records: history.dropped, logEntries: shared.entries.dropped, outputs: outputs.dropped },
      run: toRun({ ...about, tasks: [] }),
      room: history.bound === Infinity ? undefined : history.room,
      counts: this.#counts,
      pending,
      done: doneIn(data),
      waits: data.waits.size,
      entry: this.origin.entry,
      createdKey: this.origin.createdKey,
      startsAt: this.origin.startsAt,
      due: this.#due,
    });
  }

  #end(): void {
    const { jobId, updatedAt } = this.#data;
    for (const kind of LEFT_TO_DO) this.#draft.clear(kind);
    this.#tasks.clear();
    for (const token of this.#tokens) this.#draft.leave('wait', this.#underToken(token));
    this.#notDue();
    this.#draft.leave('open', this.origin.createdKey);
    if (this.retainMs === Infinity) return;
    this.#due = dueKey(updatedAt + this.retainMs, jobId);
    this.#draft.enter('due', this.#due);
  }

  #notDue(): void {
    if (this.#due !== undefined) this.#draft.leave('due', this.#due);
    this.#due = undefined;
  }

  readonly #touch = ({ routineId }: { readonly routineId: string }): void => {
    this.#routines.add(routineId);
  };

  readonly #folds: { readonly [T in Fact['type']]: (fact: Told<T>) => void } = {
    admitted: (task) => {
      const { createdKey } = this.origin;
      this.#draft.enter('job', createdKey);
      this.#draft.enter('open', createdKey);
      if (this.#due !== undefined) this.#draft.enter('due', this.#due);
      this.#tasks.putTask('task', task);
    },
    started: ({ entryRoutineId: routineId, entryParams: data, timestamp }) => {
      const start = { routineId, eventName: 'start', data, timestamp, order: 0 };
      if (this.#data.history.bound > 0) this.#put('history', 'start', start);
    },
    ended: () => {
      this.#end();
    },
    paused: ({ timestamp, reason, checkpoint, pendingTasks }) => {
      const { currentRoutineId } = this.#data;
      const point = { timestamp, reason, checkpoint, currentRoutineId, pendingTasks };
      this.#put('pause', pad(this.#count('pause') % PAUSE_POINT_BOUND), point);
    },
    resumed: () => {
      this.#tasks.before(this.#counts.deferred > 0);
    },
    takenUp: nothing,
    parked: nothing,
    unparked: nothing,
    warning: nothing,
    waiting: ({ token }) => {
      this.#openWait(token);
    },
    answered: ({ token }) => {
      this.#closeWait(token);
      this.#put('answered', keyOf(token), { token });
      this.#draft.enter('answered', this.#underToken(token));
    },
    expired: ({ token }) => {
      this.#closeWait(token);
    },
    deferred: ({ routineId, event, data }) => {
      this.#put('deferred', pad(this.#count('deferred')), { routineId, event, data });
    },
    deferredEmitted: () => {
      this.#draft.clear('deferred');
      this.#counts.deferred = 0;
      this.#tasks.before(false);
    },
    kept: ({ routineId, eventName, data, order, timestamp }) => {
      const room = this.#data.history.bound - 1;
      this.#tasks.order = order + 1;
      const entry = { routineId, eventName, data, timestamp, order, kept: true };
      if (room > 0) this.#put('kept', pad(placeIn(room, this.#count('kept'))), entry);
    },
    sharedSet: ({ key, value }) => {
      this.#put('shared', keyOf(key), { key, data: [value] });
    },
    sharedLogged: ({ entry }) => {
      const n = this.#count('log');
      this.#put('log', pad(n % LOG_BOUND), { n, data: entry });
    },
    output: ({ output: { jobId: _, ...output }, kept = true }) => {
      if (!kept) return;
      const n = this.#count('output');
      this.#put('output', pad(n % LOG_BOUND), { n, ...output });
    },

    // ── its routines ────────────────────────────────────────────────────────────────────────────────────────────────
    routineSeen: this.#touch,
    highWater: this.#touch,
    timed: this.#touch,
    operatorCompleted: this.#touch,
    // A flow whose routines keep streams has no durable jobs.
    streamsSet: nothing,
    streamChanged: nothing,
    failureNoted: (fact) => {
      this.#touch(fact);
      this.#tasks.meet(fact.taskId);
    },
    stateSet: (fact) => {
      this.#touch(fact);
      this.#putState(fact.routineId);
    },
    emitted: ({ routineId, event: eventName, data, timestamp }) => {
      const { bound } = this.#data.history;
      const order = this.#tasks.order++;
      this.#routines.add(routineId);
      const entry = { routineId, eventName, data, timestamp, order };
      if (bound > 0) this.#put('history', pad(placeIn(bound, this.#count('emitted'))), entry);
    },

    // ── its tasks ───────────────────────────────────────────────────────────────────────────────────────────────────
    taskStarted: nothing,
    takenIn: nothing,
    // An attempt ends with what it tracks.
    tracked: nothing,
    untracked: nothing,
    taskQueued: (task) => {
      this.#tasks.queued(task);
    },
    taskDelayed: (task) => {
      this.#tasks.delayed(task);
    },
    claimed: (claim) => {
      this.#tasks.claimed(claim);
    },
    taskSettled: ({ taskId, outcome, routineId }) => {
      this.#routines.add(routineId);
      this.#tasks.settled(taskId, outcome === 'retry');
    },
  };

  #openWait(token: string): void {
    const wait = this.#data.waits.get(token);
    // It may have been closed in the same step.
    if (wait === undefined) return;
    this.#tokens.add(token);
    this.#put('wait', keyOf(token), showWait(wait));
    this.#draft.remove('answered', keyOf(token));
    this.#draft.leave('answered', this.#underToken(token));
    this.#draft.enter('wait', this.#underToken(token));
  }

  #closeWait(token: string): void {
    this.#tokens.delete(token);
    this.#draft.remove('wait', keyOf(token));
    this.#draft.leave('wait', this.#underToken(token));
  }

  #underToken(token: string): string {
    return underToken(token, this.#data.jobId);
  }

  #putRoutine(routineId: string): void {
    const routine = this.#data.routines.get(routineId);
    if (routine === undefined) return;
    const { state: _, slots: __, ...counts } = toRoutine(routine, { has: () => false });
    this.#put('routine', keyOf(routineId), { ...counts, nth: this.#nthOf(routineId) });
  }

  /** Routines are read in the order in which they did something first. */
  #nthOf(routineId: string): number {
    const nth = this.#nth.get(routineId) ?? this.#nth.size;
    this.#nth.set(routineId, nth);
    return nth;
  }

  /** The keys that are others than those that were written last. */
  #putState(routineId: string): void {
    const own = this.#data.routines.get(routineId)?.own ?? {};
    const before = this.#own.get(routineId) ?? {};
    this.#own.set(routineId, own);
    for (const key of Object.keys(before)) if (!Object.hasOwn(own, key)) this.#draft.remove('state', keyOf(routineId, key));
    for (const [key, data] of Object.entries(own))
      if (!Object.hasOwn(before, key) || before[key] !== data)
        this.#put('state', keyOf(routineId, key), { routineId, key, data: [data] });
  }
}

/** The place of the n-th entry, from 0, in a ring. */
const placeIn = (bound: number, n: number): number => (bound === Infinity ? n : n % bound);
