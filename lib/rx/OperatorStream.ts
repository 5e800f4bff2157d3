import { Observable, type OperatorFunction, Subject, type Subscription, takeWhile } from 'rxjs';
import type { HandlerContext } from '../engine/HandlerContext.js';
import { streamsOf } from '../engine/JobStreams.js';
import type { JobParts } from '../engine/JobParts.js';
import type { Stream } from '../engine/streamKinds.js';
import { tearDown } from '../engine/tearDown.js';
import type { Data } from '../flow/Data.js';
import { operatorCompleted } from '../job/noteRoutine.js';
import { streamChanged, streamsSet } from '../job/noteStream.js';
import type { StreamChange, StreamState } from '../job/StreamState.js';
import type { Event, Routine, Slot } from '../plan/Plan.js';
import { copyGiven } from '../prelude/plainObject.js';
import { payloadOf } from './payloadOf.js';

/** How an operator stands in a flow. */
export interface OperatorSpec {
  readonly operator: OperatorFunction<Data, unknown>;
  /** Whether its inputs are kept, so that it can be brought to the same point elsewhere. */
  readonly replay: boolean;
}

/** One subscription to the operator. */
interface Live {
  readonly input$: Subject<Data>;
  output: Subscription | undefined;
}

/**
 * An operator at work in one job: a Subject at its input, its values on the event. What comes out while an input is handed in
 * belongs to the task of that input; what comes later (a timer, an inner stream) to the job alone.
 */
export class OperatorStream implements Stream {
  /** None after an error, until the next input. */
  #live: Live | undefined;
  readonly #state: StreamState;
  readonly #slot: Slot;
  readonly #event: Event;
  /** The attempt that hands an input in. */
  #attempt: HandlerContext | undefined;
  /** What went wrong while it did. */
  #error: { readonly error: unknown } | undefined;
  /** How many values have come out, also of an attempt that does not count yet. */
  #given: number;
  /** Values that are still to come out again, since the stream is brought to where it was. */
  #known: number;
  /** Its stage, also by an attempt that does not count yet. */
  #stage: StreamState['stage'];
  /** Whether it was the job that completed its input. */
  #completed = false;
  /** Holds the job open after the completion of the input. */
  #release: (() => void) | undefined;

  constructor(
    private readonly job: JobParts,
    private readonly routine: Routine,
    private readonly spec: OperatorSpec,
    left: StreamState | undefined,
  ) {
    this.#slot = routine.slots.get('input') as Slot;
    this.#event = routine.events.get('output') as Event;
    const { given = 0, begun = false } = left ?? {};
    this.#known = this.#given = given;
    this.#stage = left?.stage === 'over' ? 'over' : 'open';
    this.#state = { inputs: spec.replay ? [] : undefined, given, begun, stage: this.#stage };
    // In the place of what was told of it before.
    streamsSet(job.ledger, routine.id, [this.#state]);
    if (this.isOpen) this.#begin(left);
  }

  #begin(left: StreamState | undefined): void {
    this.#subscribe();
    for (const input of left?.inputs ?? []) this.#hand(input);
    if (left?.stage === 'completing') this.complete();
  }

  #subscribe(): void {
    const live: Live = { input$: new Subject(), output: undefined };
    this.#live = live;
    // What its teardown throws is told, and is no failure.
    this.#drive(() => {
      live.output = this.#outputOf(live).subscribe({
        next: (value) => {
          this.#emit(value);
        },
        error: (error: unknown) => {
          if (this.#live === live) this.#fail(error);
        },
        complete: () => {
          if (this.#live === live) this.#end();
        },
      });
    });
    // It may have been released before there was a subscription to end.
    if (this.#live !== live) this.#leave(live);
  }

  // An operator that emits without a pause is left at the next value after its release.
  #outputOf(live: Live): Observable<unknown> {
    const output$ = new Observable((observer) => this.spec.operator(live.input$.asObservable()).subscribe(observer));
    // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the job that says when to stop
    return output$.pipe(takeWhile(() => this.#live === live && !this.job.life.isOver));
  }

  #noteBegun(): void {
    if (!this.#state.begun) this.#change({ begun: true });
  }

  #change(change: StreamChange): void {
    streamChanged(this.job.ledger, this.routine.id, this.#state, change);
  }

  get isOpen(): boolean {
    return this.#stage === 'open';
  }

  #enter(stage: StreamState['stage']): void {
    this.#stage = stage;
    this.#note({ stage });
  }

  /** Hands an input in; throws what the operator fails with. */
  next(data: Data, attempt: HandlerContext): void {
    if (this.isOpen) this.#during(attempt, data);
    else if (this.#completed)
      this.job.ledger.warn(`Input of routine '${this.routine.id}' came after its operator had completed; it is left out`);
  }

  #during(attempt: HandlerContext, data: Data): void {
    this.#attempt = attempt;
    try {
      if (this.#live === undefined) this.#subscribe();
      if (this.#error === undefined) this.#hand(data);
      this.#rethrow(attempt);
    } finally {
      this.#attempt = undefined;
    }
  }

  #hand(data: Data): void {
    // The operator may do with its input what it likes.
    const input = this.#state.inputs === undefined ? undefined : copyGiven(data, true);
    this.#noteBegun();
    this.#drive(() => this.#live?.input$.next(data));
    if (input !== undefined && this.#error === undefined) this.#note({ input });
  }

  #rethrow(attempt: HandlerContext): void {
    if (this.#error === undefined) return;
    const { error } = this.#error;
    this.#error = undefined;
    // What it held is gone: the same input would not give the same.
    attempt.more.isLast = true;
    throw error;
  }

  complete(): void {
    if (!this.isOpen) return;
    this.#enter('completing');
    this.#completed = true;
    this.#release = streamsOf(this.job).hold(() => undefined);
    const live = this.#live;
    this.#drive(() => live?.input$.complete());
    // One that has failed has nothing more to give.
    if (live === undefined || live.output?.closed === true) this.#end();
  }

  #end(): void {
    if (this.#stage === 'over') return;
    this.#enter('over');
    this.#live = undefined;
    this.#noteEnd();
    this.#release?.();
    this.#release = undefined;
  }

  /** With `emitMode: 'commit'` it is told behind the values that come before it. */
  #noteEnd(): void {
    const { ledger, routines } = this.job;
    const routine = routines.of(this.routine);
    if (this.#attempt?.isBuffering !== true) operatorCompleted(ledger, routine);
    else this.#attempt.effects.add({ type: 'operatorCompleted', routineId: routine.routineId });
  }

  #emit(value: unknown): void {
    this.#noteBegun();
    if (this.#known > 0) {
      this.#known--;
      return;
    }
    // What is thrown here would be nobody's.
    try {
      this.#giveOut(payloadOf(value));
    } catch (error) {
      this.#fail(error);
    }
  }

  #giveOut(payload: Data): void {
    if (this.#attempt === undefined) this.job.emissions.give(this.#event, payload, this.#noteGiven);
    else {
      this.#attempt.emit(this.#event.name, payload);
      this.#noteGiven();
    }
  }

  readonly #noteGiven = (): void => {
    this.#note({ given: ++this.#given });
  };

  /** With `emitMode: 'commit'` it counts with what the attempt has emitted. */
  #note(change: StreamChange): void {
    if (this.#attempt?.isBuffering !== true) this.#change(change);
    else this.#attempt.effects.add({ type: 'streamChanged', routineId: this.routine.id, change });
  }

  #fail(error: unknown): void {
    const live = this.#live;
    this.#live = undefined;
    if (live !== undefined) this.#leave(live);
    if (this.#attempt === undefined) {
      // While the job is paused, the stream is where it was: taken up elsewhere, it fails there.
      streamsOf(this.job).failAt(this.#slot, error, () => {
        this.#forget();
      });
    } else {
      this.#error = { error };
      this.#forget();
    }
  }

  /** The error is told: what it held is gone, and it begins anew with the next input, if there may be one. */
  #forget(): void {
    this.#known = this.#given = 0;
    this.#change({ inputs: this.spec.replay ? [] : undefined, begun: false, given: 0 });
    if (!this.isOpen) this.#end();
  }

  stop(): void {
    const live = this.#live;
    this.#live = undefined;
    this.#stage = 'over';
    this.#change({ stage: 'over' });
    if (live !== undefined) this.#leave(live);
  }

  #leave({ output }: Live): void {
    this.#drive(() => output?.unsubscribe());
  }

  // Errors of the operator come as such; what is thrown is its teardown's.
  #drive(work: () => void): void {
    tearDown(this.job, `the operator of routine '${this.routine.id}'`, work);
  }
}
