import type { Data } from '../flow/Data.js';
import { jobError } from '../job/JobError.js';
import type { Ledger } from '../job/Ledger.js';
import { deferredTaken } from '../job/fold.js';
import { deferred, deferredEmitted } from '../job/noteJob.js';
import { emitted } from '../job/noteRoutine.js';
import type { RoutineData } from '../job/RoutineData.js';
import { describePlace } from '../plan/eventNamed.js';
import type { Connection, Event, Plan, Routine, Slot } from '../plan/Plan.js';
import { checkKept } from './checkKept.js';
import { Arrival, type Due, Emission, LateEmission } from './Emission.js';
import type { Limits } from './Limits.js';
import { Task } from './Task.js';

/** A job as its emissions see it. */
export interface EmittingJob<R> {
  readonly run: R & { readonly isOpen: boolean };
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly routines: { of(routine: Routine): RoutineData };
  readonly engine: EmissionEngine<R>;
  /** The limits of what may wait, if there are some. */
  readonly limits: Pick<Limits<never>, 'check'> | undefined;
  readonly life: { readonly isOver: boolean };
}

interface EmissionEngine<R> {
  readonly time: { readonly tick: number };
  readonly drain: { readonly isActive: boolean; change(work: () => void): void };
  readonly task$: { next(task: Task<R>): void };
}

/**
 * What one job emits: each emission gets its number, is written down, and goes to the Subject of its event, on the stack of whoever
 * emits. What a stream brings from outside comes in here, too.
 */
export class Emissions<R> {
  /** The next number: of an emission, of what a stream brings, of an entry of the history that is kept, of a failure of a stream. */
  order = 1;
  /** How many emissions the paused job keeps. */
  #gathered = 0;

  constructor(private readonly job: EmittingJob<R>) {}

  /** Emits a payload that is the job's own. */
  emit(event: Event, data: Data): void {
    const { run, engine } = this.job;
    if (run.isOpen && engine.drain.isActive) this.send(event, data);
    else this.#emitAsStep(event, data);
  }

  /** The same; part of a step. */
  send(event: Event, data: Data): void {
    const { run, engine } = this.job;
    this.pass(new Emission<R>(run, event, data, this.order++, engine.time.tick));
  }

  private pass(emission: Emission<R>): void {
    const { event } = emission;
    const { ledger, routines } = this.job;
    emitted(ledger, routines.of(event.routine), event.ordinal, emission);
    event.emission$.next(emission);
  }

  /** Emits a payload whose tasks wait until they are due; whoever calls has seen to it that the job has limits, which count them. */
  emitLate(event: Event, data: Data, due: Due): void {
    const { run, engine } = this.job;
    this.#asStep(() => {
      this.pass(new LateEmission<R>(run, event, data, this.order++, engine.time.tick, due));
    });
  }

  /** Its gate is closed, nothing of the flow is at work, or a stream counts the value as `given` in the same step. */
  #emitAsStep(event: Event, data: Data, given?: () => void): void {
    this.#asStep(() => {
      given?.();
      this.send(event, data);
    });
  }

  #asStep(emit: () => void): void {
    const { ledger, engine, life } = this.job;
    if (ledger.data.status === 'paused') this.#gather();
    engine.drain.change(() => {
      // The clock may be the user's, and have ended the job (D31); so below.
      if (!life.isOver) emit();
    });
  }

  /** A handler that has returned long ago, a timer, emits while the job stands still: that is kept, up to a bound. */
  #gather(): void {
    this.checkRoom('emit', this.#gathered);
    this.#gathered++;
  }

  /** @throws JobError `PAUSED_FULL` */
  checkRoom(call: string, held: number): void {
    const { plan, ledger } = this.job;
    const { pausedLimit } = plan.settings;
    if (held >= pausedLimit) throw jobError('PAUSED_FULL', { jobId: ledger.data.jobId, call, limit: pausedLimit });
  }

  /** A task was dropped: a paused job no longer keeps it. */
  dropped(): void {
    if (this.job.ledger.data.status === 'paused' && this.#gathered > 0) this.#gathered--;
  }

  /** The job is paused, and keeps nothing so far. */
  stand(): void {
    this.#gathered = 0;
  }

  /** Keeps an emission until the job is resumed. */
  defer(routineId: string, event: string, data: Data): void {
    deferred(this.job.ledger, { routineId, event, data });
  }

  /** Emits what was deferred. */
  emitDeferred(): void {
    const { ledger } = this.job;
    const events = deferredTaken(ledger.data);
    for (const { routineId, event, data } of events) {
      const known = this.eventOf(routineId, event);
      if (known !== undefined) this.send(known, data);
      else ledger.warn(`Deferred event '${event}' of routine '${routineId}' is unknown to this flow and left out`);
    }
    deferredEmitted(ledger, events.length);
  }

  eventOf(routineId: string, event: string): Event | undefined {
    return this.job.plan.routines.get(routineId)?.events.get(event);
  }

  // ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A stream emits, outside any task; `given` is called in the step in which the value counts, so that no snapshot has one without the
   * other. @throws JobError `QUEUE_FULL`, `PAUSED_FULL`; FlowError `NOT_SERIALISABLE`
   */
  give(event: Event, payload: Data, given: () => void): void {
    this.#emitAsStep(event, this.prepared(event, payload), given);
  }

  /** A stream from outside brings a payload to a slot. @throws as `give` */
  bring(slot: Slot, payload: Data): void {
    const data = this.prepared(slot, payload);
    this.#asStep(() => {
      this.bringIn(slot, data);
    });
  }

  /** The job's own copy of a payload that comes from outside. @throws JobError `QUEUE_FULL`; FlowError `NOT_SERIALISABLE` */
  prepared(place: Event | Slot, payload: Data): Data {
    this.#check(() => describePlace(place), 'emission$' in place ? place.connections : place.direct, payload);
    return this.job.plan.isolate(payload, place);
  }

  /** Brings a payload of the job's own to a slot; part of a step. */
  bringIn(slot: Slot, data: Data): void {
    const arrival = new Arrival(this.job.run, data, this.order++, { isLimited: true });
    this.job.engine.task$.next(new Task(arrival, slot.direct[0]));
  }

  #check(where: () => string, connections: readonly Connection[], payload: Data): void {
    checkKept(this.job.plan, payload, where);
    this.job.limits?.check(where, connections, undefined);
  }
}
