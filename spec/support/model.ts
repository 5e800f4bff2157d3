import type { Data } from '../../lib/index.js';
import {
  draws,
  type EventName,
  EVENTS,
  type Hands,
  JITTER,
  type JobPlan,
  linksFrom,
  MAX_DELAY,
  MERGES,
  ordinalOf,
  type Policy,
  script,
  type SlotName,
  type World,
} from './arbitrary.js';

/**
 * The reference model: what a world must come to, in the plainest way: arrays for queues, one list of timed events,
 * nothing of the engine. It is meant to be read and found right, not to be quick.
 */
export interface Account {
  status: string;
  code: string | undefined;
  /** Every handler call: routine, slot, attempt, payload. */
  log: string[];
  states: Record<string, unknown>;
  history: string[];
  metrics: Record<string, unknown>;
  dropped: number;
  outputs: string[];
  /** What still waits, in order. */
  pending: string[];
  deferred: string[];
  pausePoints: number;
}

/** What a world comes to: each job's account, and the order in which the jobs had their turns. */
export interface Story {
  readonly accounts: readonly Account[];
  readonly turns: readonly number[];
}

/** Ways to make the model wrong: a property that does not notice them proves nothing. */
export interface Faults {
  readonly take?: (queue: Task[]) => Task | undefined;
  readonly delivers?: (deliveries: number) => boolean;
  readonly triesPerRetry?: number;
  readonly forgetsMerges?: boolean;
  readonly nextJob?: (ring: Job[]) => Job | undefined;
}

export interface Task {
  readonly routine: number;
  readonly slot: SlotName;
  /** Came over a link, not as an entry. */
  readonly linked: boolean;
  readonly raw: Data;
  readonly attempt: number;
  input: Data | undefined;
  own: Data | undefined;
  kept: (() => void)[];
  gone: boolean;
}

interface Cell {
  active: number;
  end: number;
  error: string | undefined;
  retryCount: number;
  own: Data | undefined;
  held: Partial<Record<SlotName, Data>>;
  completed: number;
  failed: number;
  skipped: number;
  retried: number;
  dropped: number;
  emitted: Record<string, number>;
}

export interface Job {
  readonly plan: JobPlan;
  readonly place: number;
  status: string;
  code: string | undefined;
  queue: Task[];
  delayed: Set<Task>;
  overdue: Task[];
  running: Set<Task>;
  gate: boolean;
  pausing: boolean;
  /** Tasks that are not done: queued, delayed or running. */
  open: number;
  current: number;
  left: number;
  since: number;
  alarm: Timed | undefined;
  deferred: { routine: number; event: EventName; data: Data }[];
  cells: Map<number, Cell>;
  account: Account;
}

interface Timed {
  readonly at: number;
  readonly work: () => void;
}

/** The ends of a routine, the worst last: a success does not hide an error. */
const ENDS = ['running', 'completed', 'skipped', 'error_continued', 'failed'];

const text = (...parts: unknown[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');

const renamed = (renames: Readonly<Record<string, string>> | undefined, data: Data): Data => {
  if (renames === undefined) return data;
  const kept = Object.entries(data).filter(([key]) => !(key in renames));
  const moved = Object.entries(renames).filter(([from]) => from in data);
  return Object.fromEntries([...kept, ...moved.map(([from, to]) => [to, data[from]] as const)]);
};

const appended = (held: Data, incoming: Data): Data =>
  Object.fromEntries(Object.entries(incoming).map(([key, value]) => [key, [...((held[key] ?? []) as unknown[]), value]]));

const isFinal = (status: string): boolean => ['completed', 'failed', 'cancelled'].includes(status);

export const predict = (world: World, faults: Faults = {}): Story => {
  const agenda: Timed[] = [];
  const ring: Job[] = [];
  const turns: number[] = [];
  const random = draws();
  let now = 0;
  let deliveries = 0;
  let draining = false;

  const later = (delay: number, work: () => void): Timed => {
    const timed = { at: now + delay, work };
    const after = agenda.findIndex(({ at }) => at > timed.at);
    agenda.splice(after < 0 ? agenda.length : after, 0, timed);
    return timed;
  };
  const forget = (timed: Timed | undefined): void => {
    if (timed !== undefined && agenda.includes(timed)) agenda.splice(agenda.indexOf(timed), 1);
  };

  const cellOf = (job: Job, routine: number): Cell => {
    const cell = job.cells.get(routine) ?? newCell();
    job.cells.set(routine, cell);
    return cell;
  };
  const note = (job: Job, routine: number, name: string, data: unknown): void => {
    job.account.history.push(text(`r${routine}`, name, data));
  };

  // ── queue and workers ───────────────────────────────────────────────────────────────────────────────────────────

  const all = world.jobs.map(newJob);
  const alive = (job: Job): boolean => job.status !== 'pending' && !isFinal(job.status);
  const cap = (job: Job): number => job.plan.cap ?? world.workers;
  const limit = (): number => Math.max(world.workers, ...all.filter(alive).map(cap));
  const busy = (): number => all.reduce((sum, { running }) => sum + running.size, 0);
  const isReady = (job: Job): boolean => job.gate && job.queue.length > 0 && job.running.size < cap(job);

  const ready = (job: Job): void => {
    if (isReady(job) && !ring.includes(job)) ring.push(job);
  };
  const enqueue = (job: Job, task: Task): void => {
    job.queue.push(task);
    ready(job);
  };

  const drain = (): void => {
    if (draining) return;
    draining = true;
    while (busy() < limit() && ring.length > 0) {
      const job = (faults.nextJob ?? ((jobs) => jobs.shift()))(ring);
      if (job === undefined || !isReady(job)) continue;
      turn(job);
      ready(job);
    }
    draining = false;
  };

  const turn = (job: Job): void => {
    const task = (faults.take ?? ((queue) => queue.shift()))(job.queue) as Task;
    turns.push(job.place);
    job.running.add(task);
    job.current = task.routine;
    const cell = cellOf(job, task.routine);
    cell.active++;
    try {
      task.input ??= merge(task, cell);
    } catch (error) {
      fail(job, task, error as Error);
      return;
    }
    job.account.log.push(text(`r${task.routine}`, task.slot, task.attempt, task.input));
    advance(job, task, script(planOf(task), { ...task.input }, task.attempt, handsOf(job, task)));
  };

  const planOf = ({ routine, slot }: Task) => (world.routines[routine] as World['routines'][number]).slots[slot];

  const merge = (task: Task, { held }: Cell): Data => {
    const how = planOf(task).merge;
    const before = faults.forgetsMerges === true ? {} : (held[task.slot] ?? {});
    if (how === 'override') return task.raw;
    if (how !== 'append') return (held[task.slot] = MERGES[how](before, task.raw));
    const lists = appended(before, task.raw);
    held[task.slot] = { ...before, ...lists };
    return lists;
  };

  const advance = (job: Job, task: Task, steps: Generator<number, void>): void => {
    const { kind } = planOf(task);
    let step = next(job, task, steps);
    while (step?.done === false && (kind === 'sync' || step.value === 0)) step = next(job, task, steps);
    if (step === undefined || task.gone) return;
    if (step.done === true) succeed(job, task);
    else
      later(step.value, () => {
        if (!task.gone) advance(job, task, steps);
        drain();
      });
  };
  const next = (job: Job, task: Task, steps: Generator<number, void>): IteratorResult<number, void> | undefined => {
    try {
      return steps.next();
    } catch (error) {
      if (!task.gone) fail(job, task, error as Error);
      return undefined;
    }
  };

  // ── what handlers do ────────────────────────────────────────────────────────────────────────────────────────────

  const emit = (job: Job, routine: number, event: EventName, data: Data): void => {
    const { emitted } = cellOf(job, routine);
    emitted[event] = (emitted[event] ?? 0) + 1;
    note(job, routine, event, data);
    for (const { to, slot, renames } of linksFrom(world, routine, event)) {
      if (faults.delivers?.(++deliveries) === false) continue;
      job.open++;
      enqueue(job, taskFor(to, slot, renamed(renames, data), true));
    }
  };

  const handsOf = (job: Job, task: Task): Hands => {
    const { routine } = task;
    const { kind } = planOf(task);
    const effect = (work: () => void): void => {
      if (task.gone) throw new Error('the job is over');
      if (world.emitMode === 'commit') task.kept.push(work);
      else work();
      if (kind === 'stream') drain();
    };
    return {
      ordinal: ordinalOf(job.account.log.length, job.place),
      emit: (event, data) => effect(() => emit(job, routine, kind === 'stream' ? 'o' : event, data)),
      defer: (event, data) => effect(() => void job.deferred.push({ routine, event, data })),
      output: (n) => effect(() => void job.account.outputs.push(text(`r${routine}`, n))),
      count: () => {
        const own = task.own ?? cellOf(job, routine).own;
        const counted = { count: ((own?.['count'] ?? 0) as number) + 1 };
        if (world.emitMode === 'commit') task.own = counted;
        effect(() => (cellOf(job, routine).own = counted));
      },
      cancel: () => {
        if (task.gone) throw new Error('the job is over');
        end(job, 'cancelled');
      },
    };
  };

  // ── how tasks end ───────────────────────────────────────────────────────────────────────────────────────────────

  const leave = (job: Job, task: Task): Cell => {
    const cell = cellOf(job, task.routine);
    task.gone = true;
    job.running.delete(task);
    cell.active--;
    return cell;
  };

  const succeed = (job: Job, task: Task): void => {
    for (const work of task.kept) work();
    const cell = leave(job, task);
    cell.completed++;
    cell.end = Math.max(cell.end, ENDS.indexOf('completed'));
    if (task.attempt > 1) {
      cell.retryCount = task.attempt - 1;
      note(job, task.routine, 'completed', { retried: true });
    }
    close(job);
  };

  const fail = (job: Job, task: Task, error: Error): void => {
    const policy = world.routines[task.routine]?.policy ?? world.policy;
    const outcome = decide(policy, task, error);
    const cell = leave(job, task);
    if (outcome === 'retry') {
      cell.retried++;
      cell.retryCount = task.attempt;
      retry(job, task, policy as Policy);
      return;
    }
    cell[outcome === 'skipped' ? 'skipped' : 'failed']++;
    cell.retryCount = Math.max(cell.retryCount, task.attempt - 1);
    cell.end = Math.max(cell.end, ENDS.indexOf(outcome));
    cell.error = error.message;
    const facts = { ...(task.linked ? { slot: task.slot } : {}), error: error.message, error_type: error.constructor.name };
    note(job, task.routine, policy === undefined ? 'error' : outcome === 'failed' ? 'error' : outcome, facts);
    if (outcome !== 'failed') close(job);
    else {
      job.open--;
      end(job, 'failed', 'TASK_FAILED');
    }
  };

  const decide = (policy: Policy | undefined, { attempt, linked }: Task, error: Error): string => {
    if (policy === undefined) return world.unhandledErrors === 'record' && linked ? 'error_continued' : 'failed';
    if (policy.strategy === 'continue') return 'error_continued';
    if (policy.strategy === 'skip') return 'skipped';
    if (policy.strategy === 'stop' || (policy.picky && !(error instanceof RangeError))) return 'failed';
    return attempt <= policy.maxRetries ? 'retry' : 'failed';
  };

  const retry = (job: Job, task: Task, { delayMs, backoff }: Policy): void => {
    const tries = faults.triesPerRetry ?? 1;
    const again = { ...task, attempt: task.attempt + tries, own: undefined, kept: [], gone: false };
    if (delayMs === 0) {
      enqueue(job, again);
    } else {
      const delay = Math.min(delayMs * backoff ** (task.attempt - 1), MAX_DELAY) * (1 - JITTER * random());
      job.delayed.add(again);
      later(delay, () => {
        if (!job.delayed.delete(again)) return;
        if (job.gate) enqueue(job, again);
        else job.overdue.push(again);
        drain();
      });
    }
    if (job.pausing) quietDown(job);
    else ready(job);
  };

  const close = (job: Job): void => {
    job.open--;
    if (job.pausing) quietDown(job);
    else if (job.open === 0 && job.gate) end(job, 'completed');
    else ready(job);
  };

  // ── the life of a job ───────────────────────────────────────────────────────────────────────────────────────────

  const begin = (job: Job): void => {
    const params = { fuel: job.plan.fuel, n: job.plan.n };
    job.status = 'running';
    job.open = 1;
    job.queue.push(taskFor(0, 'trigger', params, false));
    note(job, 0, 'start', params);
    openGate(job);
  };

  const openGate = (job: Job): void => {
    job.gate = true;
    job.since = now;
    job.alarm = later(job.left, () => {
      note(job, job.current, 'error', 'timeout');
      end(job, 'failed', 'TIMEOUT');
      drain();
    });
    ready(job);
  };

  const stopClock = (job: Job): void => {
    job.left -= now - job.since;
    forget(job.alarm);
  };

  const end = (job: Job, status: string, code?: string): void => {
    if (status !== 'completed') job.account.dropped = job.open;
    for (const task of job.running) {
      const cell = leave(job, task);
      cell.dropped++;
      cell.end = ENDS.indexOf('failed');
    }
    Object.assign(job, { status, code, gate: false, pausing: false, open: 0, queue: [], overdue: [] });
    job.delayed.clear();
    forget(job.alarm);
  };

  const quietDown = (job: Job): void => {
    if (job.running.size > 0) return;
    job.pausing = false;
    job.status = 'paused';
    job.account.pausePoints++;
    stopClock(job);
  };

  const disturb = {
    cancel: (job: Job): void => end(job, 'cancelled'),
    pause: (job: Job): void => {
      if (job.pausing || job.status === 'paused') return;
      job.gate = false;
      job.pausing = true;
      quietDown(job);
    },
    resume: (job: Job): void => {
      if (!job.pausing && job.status !== 'paused') return;
      if (job.pausing) stopClock(job);
      Object.assign(job, { pausing: false, status: 'running' });
      const waiting = [...job.queue, ...job.overdue];
      Object.assign(job, { queue: [], overdue: [] });
      for (const { routine, event, data } of job.deferred.splice(0)) emit(job, routine, event, data);
      job.queue.push(...waiting);
      openGate(job);
      if (job.open === 0) end(job, 'completed');
    },
  };

  // ── from the first instant to the last ──────────────────────────────────────────────────────────────────────────

  const step = (work: () => unknown): void => {
    work();
    drain();
  };
  for (const job of all) {
    if (job.plan.startAt > 0) later(job.plan.startAt, () => step(() => begin(job)));
    for (const { at, kind } of job.plan.disturbances) later(at, () => step(() => alive(job) && disturb[kind](job)));
  }
  for (const job of all) if (job.plan.startAt === 0) begin(job);
  drain();
  for (let timed = agenda.shift(); timed !== undefined; timed = agenda.shift()) {
    now = timed.at;
    timed.work();
  }
  return { accounts: all.map(accountOf), turns };
};

const newCell = (): Cell => ({
  ...{ active: 0, end: 0, error: undefined, retryCount: 0, own: undefined, held: {} },
  ...{ completed: 0, failed: 0, skipped: 0, retried: 0, dropped: 0, emitted: {} },
});

const newJob = (plan: JobPlan, place: number): Job => ({
  ...{ plan, place, status: 'pending', code: undefined, queue: [], delayed: new Set(), overdue: [], running: new Set() },
  ...{ gate: false, pausing: false, open: 0, current: 0, left: plan.timeoutMs, since: 0, alarm: undefined, deferred: [] },
  cells: new Map(),
  account: {
    ...{ status: '', code: undefined, log: [], states: {}, history: [], metrics: {} },
    ...{ dropped: 0, outputs: [], pending: [], deferred: [], pausePoints: 0 },
  },
});

const taskFor = (routine: number, slot: SlotName, raw: Data, linked: boolean): Task => ({
  ...{ routine, slot, raw, linked, attempt: 1, input: undefined, own: undefined, kept: [], gone: false },
});

const accountOf = ({ account, status, code, cells, queue, overdue, deferred }: Job): Account => ({
  ...account,
  status,
  code,
  states: eachOf(cells, ({ own, active, end, retryCount, error, dropped }) => ({
    ...own,
    status: active > 0 ? 'running' : ENDS[end],
    retryCount,
    error: dropped > 0 ? 'let go' : error,
  })),
  metrics: eachOf(cells, ({ completed, failed, skipped, retried, dropped, emitted }) => ({
    ...{ total: completed + failed + skipped, completed, failed, skipped, retried, dropped },
    emitted: Object.fromEntries(EVENTS.map((event) => [event, emitted[event] ?? 0])),
  })),
  pending: [...queue, ...overdue].map(({ routine, slot, attempt }) => text(`r${routine}`, slot, attempt)),
  deferred: deferred.map(({ routine, event, data }) => text(`r${routine}`, event, data)),
});

const eachOf = (cells: Job['cells'], view: (cell: Cell) => unknown): Record<string, unknown> =>
  Object.fromEntries([...cells].sort(([a], [b]) => a - b).map(([routine, cell]) => [`r${routine}`, view(cell)]));
