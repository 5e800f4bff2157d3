import { decode, isCodec } from '../flow/Codec.js';
import type { Data } from '../flow/Data.js';
import { jobError } from '../job/JobError.js';
import type { Ledger } from '../job/Ledger.js';
import { waitAnswered, waitExpired, waitOpened } from '../job/noteWait.js';
import type { OpenWait } from '../job/Wait.js';
import type { Event, Plan, Slot } from '../plan/Plan.js';
import type { Delayed } from './Delays.js';
import { Timetable, type TimetableJob } from './Timetable.js';

/** A job as its questions see it. */
export interface AskingJob<R> extends TimetableJob {
  readonly run: R & TimetableJob['run'];
  readonly plan: TimetableJob['plan'] & Pick<Plan, 'routines'>;
  readonly ledger: Ledger;
  readonly emissions: AskingEmissions;
  readonly engine: TimetableJob['engine'] & AskingEngine<R>;
  /** What watches it, if anything does. */
  readonly views: { asked(): boolean } | undefined;
}

interface AskingEmissions {
  /** @throws JobError `QUEUE_FULL`; FlowError `NOT_SERIALISABLE` */
  prepared(place: Event | Slot, payload: Data): Data;
  send(event: Event, data: Data): void;
  bringIn(slot: Slot, data: Data): void;
}

interface AskingEngine<R> {
  readonly drain: TimetableJob['engine']['drain'] & { change(work: () => void): void };
  /** Followers are told at the end of this stretch of work. */
  progressed(run: R): void;
  readonly released$: { next(run: R): void };
}

/**
 * The questions that a job waits for (`ctx.waitFor`): the state of the job says which are open, here they are answered, or closed when
 * their time is over. They hold no worker and no pause.
 */
export class Questions<R> {
  /** Behind a closed gate a question stays open, and may still be answered. */
  readonly #timeouts: Timetable<OpenWait>;
  readonly #timeoutOf = new Map<string, Delayed<OpenWait>>();

  constructor(private readonly job: AskingJob<R>) {
    this.#timeouts = new Timetable(job, (wait) => {
      this.#expire(wait);
    });
  }

  /** A question counts from now on; part of a step. */
  open(wait: OpenWait): void {
    waitOpened(this.job.ledger, wait);
    this.#tell();
    const timeout = this.#add(wait);
    if (timeout !== undefined) this.#timeouts.arm(timeout);
  }

  /** The questions of a job from elsewhere; their timeouts run once the gate opens. */
  takeUp(): void {
    for (const wait of this.job.ledger.data.waits.values()) this.#add(wait);
  }

  // Thousands may be asked and answered in one stretch of work (D46).
  #tell(): void {
    const { views, engine, run } = this.job;
    if (views?.asked() === true) engine.progressed(run);
  }

  #add(wait: OpenWait): Delayed<OpenWait> | undefined {
    const { token, until } = wait;
    if (until === undefined) return undefined;
    const timeout = this.#timeouts.add(wait, this.#timeouts.dueAt(until));
    this.#timeoutOf.set(token, timeout);
    return timeout;
  }

  // ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Answers a question, once.
   *
   * @throws JobError `UNKNOWN_TOKEN`, `ALREADY_ANSWERED`, `ANSWER_MISMATCH`, `QUEUE_FULL`; FlowError `NOT_SERIALISABLE`
   */
  answer(token: string, given: unknown, by: string | undefined): void {
    const { emissions, engine } = this.job;
    const wait = this.#waitFor(token);
    const place = this.#placeOf(wait, wait.event);
    const { data, slot } = wait;
    const says = { answer: read(wait, given), token, ...(by !== undefined && { by }) };
    const payload = emissions.prepared(place, slot === undefined || data === undefined ? says : { ...says, data });
    let isDone = false;
    // The codec, getters of the answer and the clock may be the user's, and have answered it, or ended the job (D31).
    engine.drain.change(() => {
      if (this.job.ledger.data.waits.get(token) !== wait) return;
      isDone = true;
      waitAnswered(this.job.ledger, token, by);
      this.#stopTimeout(token);
      this.#close(place, payload);
    });
    if (isDone) return;
    this.#waitFor(token);
    // Another question stands under it now.
    throw jobError('ALREADY_ANSWERED', { jobId: this.job.ledger.data.jobId, token });
  }

  #waitFor(token: string): OpenWait {
    const { jobId, waits, answered } = this.job.ledger.data;
    const wait = waits.get(token);
    if (wait !== undefined) return wait;
    throw answered.has(token)
      ? jobError('ALREADY_ANSWERED', { jobId, token })
      : jobError('UNKNOWN_TOKEN', { jobId, token, open: [...waits.keys()] });
  }

  #stopTimeout(token: string): void {
    const timeout = this.#timeoutOf.get(token);
    this.#timeoutOf.delete(token);
    if (timeout !== undefined) this.#timeouts.drop(timeout);
  }

  #placeOf({ routineId, slot }: OpenWait, event: string | undefined): Event | Slot {
    const routine = this.job.plan.routines.get(routineId);
    // They were looked up when the question was asked, or taken up.
    return (event === undefined ? routine?.slots.get(slot as string) : routine?.events.get(event)) as Event | Slot;
  }

  /** It is open no more, and what comes of it goes its way. */
  #close(place: Event | Slot, payload: Data): void {
    const { emissions, engine, run } = this.job;
    this.#tell();
    if ('emission$' in place) emissions.send(place, payload);
    else emissions.bringIn(place, payload);
    // If no connection takes it, it may have been the last that the job has waited for.
    engine.released$.next(run);
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #expire(wait: OpenWait): void {
    const { token, event, timeoutEvent = event, data } = wait;
    this.#timeoutOf.delete(token);
    waitExpired(this.job.ledger, token);
    this.#close(
      this.#placeOf(wait, timeoutEvent),
      timeoutEvent === undefined && data !== undefined ? { token, data } : { token },
    );
  }

  reopen(): void {
    this.#timeouts.reopen();
  }

  hold(): void {
    this.#timeouts.hold();
  }

  clear(): void {
    this.#timeouts.clear();
    this.#timeoutOf.clear();
  }
}

/** What the schema of a question makes of an answer; a JSON Schema is for whoever answers. */
const read = ({ token, schema }: OpenWait, answer: unknown): unknown => {
  if (!isCodec(schema)) return answer;
  const decoded = decode(schema, answer);
  if ('value' in decoded) return decoded.value;
  throw jobError('ANSWER_MISMATCH', { token, mismatches: decoded.mismatches });
};
