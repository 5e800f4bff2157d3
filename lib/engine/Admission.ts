import type { Observer } from 'rxjs';
import { type Data, NO_DATA } from '../flow/Data.js';
import { type OutputObserver, type ExecuteOptions, NO_OPTIONS, type Wanted, wantedFrom } from '../flow/ExecuteOptions.js';
import { flowError } from '../flow/FlowError.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import { JobData } from '../job/JobData.js';
import { cancelOn } from './cancelOn.js';
import type { Engine } from './Engine.js';
import { enter } from './enter.js';
import type { HandlerContext } from './HandlerContext.js';
import type { Handles, Run, RunOptions } from './JobParts.js';
import { JobRun } from './JobRun.js';
import type { Plan, Slot } from '../plan/Plan.js';
import { isInside } from './refuseWaiting.js';
import { type Redeeming, Ticket } from './Ticket.js';
import { viewsOf } from './Views.js';
import { keepWarm } from './keepWarm.js';

type State = Handles['state'];

/** The latest time that a job is believed to have seen, epoch ms: room is left for what it goes on to do. */
const LATEST = 8e15;

/** What an admission takes from its flow. */
export interface Admitting {
  readonly settings: FlowSettings;
  readonly plan: Plan;
}

/** Makes what users hold of a run; a state that comes from elsewhere is kept. */
type MakeHandles = (data: JobData, state: State | undefined) => Handles;

/** Lets jobs into a flow, whether they start here or come from elsewhere, until it is closed. */
export class Admission implements Redeeming {
  #isClosed = false;
  /** A run of the present plan that never begins (see `keepWarm`). */
  #warm: Run | undefined;
  /** What a run gets that asks for nothing else, by the present settings. */
  #usual: Wanted | undefined;
  #settings: FlowSettings | undefined;

  readonly #template: Admitting;
  readonly #engine: Engine;
  readonly #makeHandles: MakeHandles;

  constructor(template: Admitting, engine: Engine, makeHandles: MakeHandles) {
    this.#template = template;
    this.#engine = engine;
    this.#makeHandles = makeHandles;
  }

  /** No job comes in any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** The plan of a job that comes in now. @throws FlowError `SHUT_DOWN` */
  open(): Plan {
    this.check(undefined);
    const { plan } = this.#template;
    if (this.#warm?.parts.plan !== plan) this.#warm = this.#newWarmRun(plan);
    return plan;
  }

  /** @throws FlowError `SHUT_DOWN`, `DUPLICATE_JOB` */
  check(jobId: string | undefined): void {
    const { flowId } = this.#template.settings;
    if (this.#isClosed) throw flowError('SHUT_DOWN', { flowId });
    if (jobId !== undefined && this.#engine.jobs.get(jobId) !== undefined) throw flowError('DUPLICATE_JOB', { flowId, jobId });
  }

  /**
   * Looks at the clock, and checks again right before a job is made: ids, getters and the clock are the user's (D31).
   *
   * @throws FlowError `SHUT_DOWN`, `DUPLICATE_JOB`, `JOBS_FULL`
   */
  lookAgain(jobId: string, starter: HandlerContext | undefined, isToStand = false): void {
    this.#engine.drain.refresh();
    this.check(jobId);
    if (!isInside(starter) && !isToStand) this.#checkRoom();
  }

  #checkRoom(): void {
    const { flowId, maxJobs, maxPendingJobs } = this.#template.settings;
    const { places } = this.#engine;
    if (places.isFull && places.waiting >= maxPendingJobs) throw flowError('JOBS_FULL', { flowId, maxJobs, maxPendingJobs });
  }

  /**
   * The time from which the ticks of a job from elsewhere are counted, epoch ms. If the clock here is behind what the job has seen, its
   * time goes on from there.
   */
  baseFor({ updatedAt }: JobData): number {
    const { now, base } = this.#engine.time;
    return base + Math.max(Math.min(updatedAt, LATEST) - Math.floor(now), 0);
  }

  /** Nothing has happened in a new job. */
  newData(jobId: string, historyBound: number, createdAt = this.#engine.time.now): JobData {
    return new JobData(jobId, this.#template.settings.flowId, createdAt, historyBound, this.#engine.time.base);
  }

  newRun(plan: Plan, data: JobData, options: RunOptions, starter: HandlerContext | undefined, state?: State): JobRun {
    const run = new JobRun(plan, this.#engine, data, options, starter);
    run.parts.handles = this.#makeHandles(data, state);
    return run;
  }

  /** What a run asks for; those that ask for nothing else than their flow share one answer. */
  wanted(options: ExecuteOptions, settings: FlowSettings): Wanted {
    if (options !== NO_OPTIONS) return wantedFrom(options, settings);
    if (this.#settings !== settings) this.#usual = wantedFrom(options, (this.#settings = settings));
    return this.#usual as Wanted;
  }

  /** Whether a job that is asked for can only wait: nobody looks at it, or stops it, before it begins. */
  canOnlyWait(starter: HandlerContext | undefined, { output, signal }: Wanted): boolean {
    return this.#engine.places.isFull && starter === undefined && output === undefined && signal === undefined;
  }

  keepWaiting(jobId: string, plan: Plan, entry: Slot, params: Data, wanted: Wanted): Ticket {
    const ticket = new Ticket(this, jobId, plan, entry, params, wanted, this.#engine.time.now);
    this.#engine.jobs.addBox(ticket);
    this.#engine.places.wait(ticket);
    return ticket;
  }

  redeem(ticket: Ticket): Run {
    const { jobId, plan, entry, createdAt } = ticket;
    const data = this.newData(jobId, plan.settings.history, createdAt);
    const run = this.newRun(plan, data, runOptionsOf(entry, ticket.params, ticket.wanted), undefined);
    run.takeOver(ticket);
    enter(run, entry);
    this.#engine.jobs.add(run);
    return run;
  }

  admit(run: Run, { output, signal }: Wanted): Run {
    if (output !== undefined) viewsOf(run.parts).sink(toObserver(output));
    this.#engine.admit(run);
    if (signal !== undefined) cancelOn(signal, run.parts.life);
    // One whose signal has aborted already is cancelled when it would begin.
    if (run.parts.life.insteadOfBegin !== undefined) this.#engine.places.hasten(run);
    return run;
  }

  /** Lets a job in that stands still, and goes on at once unless it is to be left `paused`. */
  keep(run: Run, { output, signal }: Wanted, paused: boolean): Run {
    const { life } = run.parts;
    if (output !== undefined) viewsOf(run.parts).sink(toObserver(output));
    this.#engine.jobs.add(run);
    run.keepScope();
    if (signal !== undefined) cancelOn(signal, life);
    if (!life.isOver && (!paused || life.insteadOfBegin !== undefined)) life.pausing.resume();
    return run;
  }

  #newWarmRun(plan: Plan): Run {
    const options = { ...wantedFrom({}, plan.settings), entryRoutineId: '', params: NO_DATA, leftMs: Infinity };
    return keepWarm(new JobRun(plan, this.#engine, this.newData('', 2), options, undefined));
  }
}

/** What one run asks for, entering at a slot. */
export const runOptionsOf = ({ routine }: Slot, params: Data, { cap, limit, timeoutMs, detached }: Wanted): RunOptions => ({
  entryRoutineId: routine.id,
  params,
  cap,
  limit,
  timeoutMs,
  leftMs: timeoutMs,
  detached,
});

const toObserver = (output: OutputObserver): Partial<Observer<OutputRecord>> =>
  typeof output === 'function' ? { next: output } : output;
