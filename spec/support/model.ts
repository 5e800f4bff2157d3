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
  readWith,
  REFUSED,
  script,
  type SlotName,
  text,
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
  shared: string[];
  sharedLog: unknown[];
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
  readonly atWork?: (job: Job) => Task[];
  readonly nextJob?: (ring: Job[]) => Job | undefined;
}

export interface Task {
  readonly routine: number;
  readonly slot: SlotName;
  /** Came over a link, not as an entry. */
  readonly linked: boolean;
  readonly raw: Data;
  readonly attempt: number;
  /** Its number in the job, in the order in which tasks came to be; the same for every attempt. */
  readonly seq: number;
  input: Data | undefined;
  /** What its attempt has set, where that is not to be seen before it succeeds. */
  own: Data | undefined;
  ownShared: Map<string, number>;
  kept: (() => void)[];
  /** Its handler is done, or aborted. */
  gone: boolean;
  /** Failed or aborted: nothing that it does counts. */
  stale: boolean;
  /** What a promise that it left behind was rejected with. */
  error: Error | undefined;
  /** Promises that it has left behind and that have not settled. */
  left: number;
}

/** A promise that a handler left behind. */
interface Token {
  readonly task: Task;
}

/** A flow that jobs are at work in: a fresh one for each job that is moved. */
interface Host {
  ring: Job[];
  draining: boolean;
  readonly random: () => number;
}

interface Cell {
  /** What of it was at work in the flow that the job has left is to be done again, and that was all that it had done. */
  isNew: boolean;
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
  host: Host;
  queue: Task[];
  /** With the time when each is due. */
  delayed: Map<Task, number>;
  overdue: Task[];
  running: Set<Task>;
  tracked: Set<Token>;
  gate: boolean;
  pausing: boolean;
  /** Tasks that are not done: queued, delayed or running; and promises that are left behind. */
  open: number;
  tasks: number;
  shared: Map<string, number>;
  current: number;
  left: number;
  /** Since when its clock runs; undefined while it stands. */
  since: number | undefined;
  alarm: Timed | undefined;
  deferred: { routine: number; event: EventName; data: Data }[];
  cells: Map<number, Cell>;
  account: Account;
}

interface Timed {
  readonly at: number;
  /** In a microtask: after all else of its instant. */
  readonly late: boolean;
  readonly work: () => void;
}

/** The ends of a routine, the worst last: a success does not hide an error. */
const ENDS = ['running', 'completed', 'skipped', 'error_continued', 'failed'];

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
  const hosts: Host[] = [];
  const turns: number[] = [];
  const dues = new WeakMap<Task, number>();
  let now = 0;
  let deliveries = 0;

  const later = (delay: number, work: () => void, late = false): Timed => at(now + delay, work, late);

  const at = (instant: number, work: () => void, late = false): Timed => {
    const timed = { at: instant, late, work };
    const after = agenda.findIndex((other) => other.at > timed.at || (other.at === timed.at && other.late && !late));
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

  const newHost = (): Host => {
    const host = { ring: [], draining: false, random: draws() };
    // What has come to a fresh flow goes on before what it has left behind.
    hosts.unshift(host);
    return host;
  };

  // ── queue and workers ───────────────────────────────────────────────────────────────────────────────────────────

  const first = newHost();
  const all = world.jobs.map((plan, place) => newJob(plan, place, first));
  const alive = (job: Job): boolean => job.status !== 'pending' && !isFinal(job.status);
  // What was written down may lower the number of the flow, and never raises it (D36).
  const cap = ({ plan, host }: Job): number =>
    host === first ? (plan.cap ?? world.workers) : Math.min(plan.cap ?? world.workers, world.workers);
  const on = (host: Host): Job[] => all.filter((job) => job.host === host);
  // A job that stands still takes no worker, and lets others have no more (D14).
  const goesOn = (job: Job): boolean => alive(job) && job.status !== 'paused';
  const limit = (host: Host): number => Math.max(world.workers, ...on(host).filter(goesOn).map(cap));
  const busy = (host: Host): number => on(host).reduce((sum, { running }) => sum + running.size, 0);
  const isReady = (job: Job): boolean => job.gate && job.queue.length > 0 && job.running.size < cap(job);

  const ready = (job: Job): void => {
    if (isReady(job) && !job.host.ring.includes(job)) job.host.ring.push(job);
  };
  const enqueue = (job: Job, task: Task): void => {
    job.queue.push(task);
    ready(job);
  };

  const drain = (): void => {
    for (const host of hosts) drainHost(host);
  };
  const drainHost = (host: Host): void => {
    if (host.draining) return;
    host.draining = true;
    while (busy(host) < limit(host) && host.ring.length > 0) {
      const job = (faults.nextJob ?? ((jobs) => jobs.shift()))(host.ring);
      if (job === undefined || !isReady(job)) continue;
      turn(job);
      ready(job);
    }
    host.draining = false;
  };

  const turn = (job: Job): void => {
    const task = (faults.take ?? ((queue) => queue.shift()))(job.queue) as Task;
    turns.push(job.place);
    startClock(job);
    job.running.add(task);
    job.current = task.routine;
    const cell = cellOf(job, task.routine);
    cell.isNew = false;
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
    const incoming = read(task);
    const before = faults.forgetsMerges === true ? {} : (held[task.slot] ?? {});
    if (how === 'override') return incoming;
    if (how !== 'append') return (held[task.slot] = MERGES[how](before, incoming));
    const lists = appended(before, incoming);
    held[task.slot] = { ...before, ...lists };
    return lists;
  };

  const read = (task: Task): Data => {
    const { codec } = planOf(task);
    const data = codec === undefined ? task.raw : readWith(codec, task.raw);
    if (data === 'refused') throw new JobError(REFUSED);
    return data;
  };

  const advance = (job: Job, task: Task, steps: Generator<number, void>): void => {
    const { kind } = planOf(task);
    let step = next(job, task, steps);
    while (step?.done === false && kind === 'sync') step = next(job, task, steps);
    if (step === undefined || task.gone) return;
    if (step.done === true) ends(job, task, () => succeed(job, task));
    else onceAfter(task, step.value, () => advance(job, task, steps));
  };
  const next = (job: Job, task: Task, steps: Generator<number, void>): IteratorResult<number, void> | undefined => {
    try {
      return steps.next();
    } catch (error) {
      ends(job, task, () => fail(job, task, error as Error));
      return undefined;
    }
  };
  /** What a promise comes to is known in a microtask. */
  const ends = (job: Job, task: Task, work: () => void): void => {
    if (planOf(task).kind === 'promise') onceAfter(task, 0, work);
    else if (!task.gone) work();
  };
  const onceAfter = (task: Task, ms: number, work: () => void): void => {
    const isLate = ms === 0 && planOf(task).kind === 'promise';
    const go = (): void => {
      if (!task.gone) work();
      drain();
    };
    later(ms, go, isLate);
  };

  // ── what handlers do ────────────────────────────────────────────────────────────────────────────────────────────

  const emit = (job: Job, routine: number, event: EventName, data: Data, due = 0): void => {
    const { emitted } = cellOf(job, routine);
    emitted[event] = (emitted[event] ?? 0) + 1;
    note(job, routine, event, data);
    for (const { to, slot, renames } of linksFrom(world, routine, event)) {
      if (faults.delivers?.(++deliveries) === false) continue;
      job.open++;
      const task = taskFor(to, slot, renamed(renames, data), true, job.tasks++);
      if (due === 0) enqueue(job, task);
      else delayUntil(job, task, due);
    }
  };

  /** From the call on, also if it counts later; 0 for at once. */
  const dueAfter = (after: number): number => (after === 0 ? 0 : now + after);

  const handsOf = (job: Job, task: Task): Hands => {
    const { routine } = task;
    const { kind } = planOf(task);
    const isBuffering = (): boolean => world.emitMode === 'commit' && (!task.gone || task.left > 0);
    const checkAlive = (): void => {
      if (task.stale || task.error !== undefined || isFinal(job.status)) throw new Error('the job is over');
    };
    const effect = (work: () => void): void => {
      checkAlive();
      if (isBuffering()) task.kept.push(work);
      else work();
    };
    return {
      ordinal: ordinalOf(job.account.log.length, job.place),
      emit: (event, data, _, after) => {
        const due = dueAfter(kind === 'stream' ? 0 : after);
        effect(() => emit(job, routine, kind === 'stream' ? 'o' : event, data, due));
        // A value of a stream comes to the engine by itself, not out of a handler's turn.
        if (kind === 'stream') drainHost(job.host);
      },
      defer: (event, data) => effect(() => void job.deferred.push({ routine, event, data })),
      output: (n) => effect(() => void job.account.outputs.push(text(`r${routine}`, n))),
      count: () => {
        const own = task.own ?? cellOf(job, routine).own;
        const counted = { count: ((own?.['count'] ?? 0) as number) + 1 };
        if (isBuffering()) task.own = counted;
        effect(() => (cellOf(job, routine).own = counted));
      },
      share: (n) => {
        const key = `k${n % 3}`;
        const counted = (task.ownShared.get(key) ?? job.shared.get(key) ?? 0) + 1;
        if (isBuffering()) task.ownShared.set(key, counted);
        effect(() => job.shared.set(key, counted));
        effect(() => void job.account.sharedLog.push(n));
      },
      track: (ms, work) => {
        checkAlive();
        track(job, task, ms, work);
      },
      late: (ms, work) => {
        const { host } = job;
        later(ms, () => {
          // What runs on where a job was moved from is another's story.
          const isLate = task.stale || task.error !== undefined || job.host !== host || isFinal(job.status);
          if (!isLate) work();
          drain();
        });
      },
      emitTracked: (event, data, after) => {
        const due = dueAfter(after);
        effect(() => emit(job, routine, event, data, due));
      },
      pause: () => {
        checkAlive();
        disturb.pause(job);
      },
      cancel: () => {
        checkAlive();
        end(job, 'cancelled');
      },
    };
  };

  const track = (job: Job, task: Task, ms: number, work: () => void): void => {
    const token = { task };
    job.open++;
    task.left++;
    job.tracked.add(token);
    later(ms, () => {
      const error = job.tracked.has(token) ? errorOf(work) : undefined;
      drain();
      later(0, () => job.tracked.delete(token) && settleTracked(job, task, error), true);
    });
  };

  // ── how tasks end ───────────────────────────────────────────────────────────────────────────────────────────────

  const leave = (job: Job, task: Task): Cell => {
    const cell = cellOf(job, task.routine);
    task.gone = true;
    job.running.delete(task);
    cell.active--;
    return cell;
  };

  /** What it has done counts, all of it in one step, once it and what it left behind have ended well. */
  const commit = (task: Task): void => {
    if (task.left > 0 || task.stale || task.error !== undefined) return;
    for (const work of task.kept.splice(0)) work();
    Object.assign(task, { own: undefined, ownShared: new Map() });
  };

  const succeed = (job: Job, task: Task): void => {
    if (task.error !== undefined) {
      leave(job, task);
      close(job);
      return;
    }
    commit(task);
    const cell = leave(job, task);
    cell.completed++;
    cell.end = Math.max(cell.end, ENDS.indexOf('completed'));
    if (task.attempt > 1) {
      cell.retryCount = task.attempt - 1;
      note(job, task.routine, 'completed', { retried: true });
    }
    close(job);
  };

  const policyOf = ({ routine }: Task): Policy | undefined => world.routines[routine]?.policy ?? world.policy;

  const fail = (job: Job, task: Task, error: Error): void => {
    const policy = policyOf(task);
    const cell = leave(job, task);
    if (task.error !== undefined) {
      close(job);
      return;
    }
    const outcome = decide(policy, task, error);
    task.stale = true;
    if (outcome === 'retry') {
      cell.retried++;
      cell.retryCount = task.attempt;
      retry(job, task, policy as Policy);
      return;
    }
    conclude(job, task, outcome, error);
  };

  /** A promise that was left behind settles; where it is rejected, its task has failed after all. */
  const settleTracked = (job: Job, task: Task, error: Error | undefined): void => {
    task.left--;
    if (error === undefined || task.stale || task.error !== undefined) {
      if (task.gone) commit(task);
      close(job);
    } else {
      const policy = policyOf(task);
      if (task.gone) cellOf(job, task.routine).completed--;
      task.error = error;
      conclude(job, task, policy?.strategy === 'retry' ? 'failed' : decide(policy, task, error), error);
    }
    drain();
  };

  const conclude = (job: Job, task: Task, outcome: string, error: Error): void => {
    const cell = cellOf(job, task.routine);
    const policy = policyOf(task);
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
    const again = { ...fresh(task), attempt: task.attempt + tries };
    if (delayMs === 0) {
      enqueue(job, again);
    } else {
      const delay = Math.min(delayMs * backoff ** (task.attempt - 1), MAX_DELAY) * (1 - JITTER * job.host.random());
      delayUntil(job, again, now + delay);
    }
    if (job.pausing) quietDown(job);
    else ready(job);
  };

  const delayUntil = (job: Job, task: Task, due: number): void => {
    job.delayed.set(task, due);
    at(Math.max(due, now), () => {
      if (!job.delayed.delete(task)) return;
      if (job.gate) enqueue(job, task);
      else overdue(job, task, due);
      drain();
    });
  };

  /** What has come due behind a closed gate stands in due order. */
  const overdue = (job: Job, task: Task, due: number): void => {
    dues.set(task, due);
    job.overdue.push(task);
    job.overdue.sort((a, b) => (dues.get(a) ?? 0) - (dues.get(b) ?? 0));
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
    job.queue.push(taskFor(0, 'trigger', params, false, job.tasks++));
    note(job, 0, 'start', params);
    openGate(job);
  };

  const openGate = (job: Job): void => {
    job.gate = true;
    startClock(job);
    ready(job);
  };

  const startClock = (job: Job): void => {
    if (job.since !== undefined) return;
    job.since = now;
    job.alarm = later(job.left, () => {
      note(job, job.current, 'error', 'timeout');
      end(job, 'failed', 'TIMEOUT');
      drain();
    });
  };

  const stopClock = (job: Job): void => {
    job.left -= now - (job.since ?? now);
    job.since = undefined;
    forget(job.alarm);
  };

  /** Where all that is left waits for its time, the clock stands. */
  const park = (job: Job): void => {
    if (!job.gate) return;
    if (isParked(job)) stopClock(job);
    else startClock(job);
  };

  const end = (job: Job, status: string, code?: string): void => {
    if (status !== 'completed') job.account.dropped = waiting(job) + atWork(job).length;
    for (const task of job.running) {
      const cell = leave(job, task);
      task.stale = true;
      if (task.error !== undefined) continue;
      cell.dropped++;
      cell.end = ENDS.indexOf('failed');
    }
    Object.assign(job, { status, code, gate: false, pausing: false, open: 0, queue: [], overdue: [] });
    job.delayed.clear();
    job.tracked.clear();
    forget(job.alarm);
  };

  const quietDown = (job: Job): void => {
    if (job.running.size > 0 || job.tracked.size > 0) return;
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
      goOn(job);
    },
    move: (job: Job): void => {
      if (job.status !== 'paused') stopClock(job);
      move(job);
      goOn(job);
    },
    leave: (job: Job): void => disturb.move(job),
    carry: (job: Job): void => {
      if (job.status === 'paused') disturb.move(job);
    },
  };

  const goOn = (job: Job): void => {
    Object.assign(job, { pausing: false, status: 'running' });
    const tasks = [...job.queue, ...job.overdue];
    Object.assign(job, { queue: [], overdue: [] });
    for (const { routine, event, data } of job.deferred.splice(0)) emit(job, routine, event, data);
    job.queue.push(...tasks);
    openGate(job);
    if (job.open === 0) end(job, 'completed');
  };

  /** To a fresh flow: what is at work is to be done again, before whatever waits; a delay ends at a whole ms. */
  const move = (job: Job): void => {
    const left = (faults.atWork ?? atWork)(job);
    const delayed = [...job.delayed].sort(([, a], [, b]) => a - b).map(([task, due]) => ({ task, due: Math.trunc(due) }));
    for (const task of [...left, ...job.running]) task.stale = true;
    for (const task of job.running) leave(job, task);
    for (const cell of job.cells.values()) cell.isNew = hasLeftNothing(cell);
    const host = newHost();
    job.host.ring = job.host.ring.filter((other) => other !== job);
    Object.assign(job, { host, gate: false, queue: [...left.map(fresh), ...job.queue], open: 0 });
    job.tracked.clear();
    job.delayed.clear();
    for (const { task, due } of delayed) {
      if (due > now) delayUntil(job, task, due);
      else overdue(job, task, due);
    }
    job.open = waiting(job);
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
  for (const job of all) park(job);
  for (let timed = agenda.shift(); timed !== undefined; timed = agenda.shift()) {
    now = timed.at;
    timed.work();
    for (const job of all) park(job);
  }
  return { accounts: all.map(accountOf), turns };
};

const isParked = ({ queue, running, tracked, delayed }: Job): boolean =>
  queue.length + running.size + tracked.size === 0 && [...delayed.keys()].every(({ attempt }) => attempt === 1);

/** The tasks whose handler, or a promise that it left behind, has not ended, oldest first; one that has failed is done. */
const atWork = ({ running, tracked }: Job): Task[] => {
  const all = new Set([...running, ...[...tracked].map(({ task }) => task)]);
  return [...all].filter(({ error, stale }) => error === undefined && !stale).sort((a, b) => a.seq - b.seq);
};

const waiting = ({ queue, overdue, delayed }: Job): number => queue.length + overdue.length + delayed.size;

const hasLeftNothing = ({ end, retried, dropped, emitted }: Cell): boolean =>
  end + retried + dropped === 0 && Object.values(emitted).every((count) => count === 0);

/** The task as the next attempt finds it. */
const fresh = (task: Task): Task => ({
  ...task,
  ...{ own: undefined, ownShared: new Map(), kept: [], gone: false, stale: false, error: undefined, left: 0 },
});

/** As the engine calls what it throws itself. */
class JobError extends Error {}

const errorOf = (work: () => void): Error | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error;
  }
};

const newCell = (): Cell => ({
  ...{ isNew: false, active: 0, end: 0, error: undefined, retryCount: 0, own: undefined, held: {} },
  ...{ completed: 0, failed: 0, skipped: 0, retried: 0, dropped: 0, emitted: {} },
});

const newJob = (plan: JobPlan, place: number, host: Host): Job => ({
  ...{ plan, place, host, status: 'pending', code: undefined, queue: [], delayed: new Map(), overdue: [], running: new Set() },
  ...{ tracked: new Set(), tasks: 0, shared: new Map() },
  ...{ gate: false, pausing: false, open: 0, current: 0, left: plan.timeoutMs, since: undefined, alarm: undefined, deferred: [] },
  cells: new Map(),
  account: {
    ...{ status: '', code: undefined, log: [], states: {}, history: [], metrics: {} },
    ...{ dropped: 0, outputs: [], shared: [], sharedLog: [], pending: [], deferred: [], pausePoints: 0 },
  },
});

const taskFor = (routine: number, slot: SlotName, raw: Data, linked: boolean, seq: number): Task => ({
  ...{ routine, slot, raw, linked, seq, attempt: 1, input: undefined, own: undefined, ownShared: new Map() },
  ...{ kept: [], gone: false, stale: false, error: undefined, left: 0 },
});

const accountOf = ({ account, status, code, cells, queue, overdue, deferred, shared }: Job): Account => ({
  ...account,
  shared: [...shared].sort().map(([key, count]) => text(key, count)),
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
  Object.fromEntries(
    [...cells]
      .filter(([, cell]) => !(cell.isNew && hasLeftNothing(cell)))
      .sort(([a], [b]) => a - b)
      .map(([routine, cell]) => [`r${routine}`, view(cell)]),
  );
