import { Observable, type OperatorFunction, Subject, type Subscription, takeWhile } from 'rxjs';
import type { HandlerContext } from '../engine/HandlerContext.js';
import type { JobRun } from '../engine/JobRun.js';
import type { Inlet, Node, Outlet } from '../engine/Plan.js';
import type { Stream } from '../engine/Streams.js';
import { tearDown } from '../engine/tearDown.js';
import type { Data } from '../flow/Data.js';
import { streamsSet } from '../job/fold.js';
import type { StreamState } from '../job/StreamState.js';
import type { Mutable } from '../prelude/Mutable.js';
import { copyDeep } from '../prelude/plainObject.js';
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
  #inputs: Data[] | undefined;
  readonly #state: Mutable<StreamState>;
  readonly #inlet: Inlet;
  readonly #outlet: Outlet;
  /** The attempt that hands an input in. */
  #attempt: HandlerContext | undefined;
  /** What went wrong while it did. */
  #error: { readonly error: unknown } | undefined;
  /** Values that are still to come out again, since the stream is brought to where it was. */
  #known: number;
  /** Whether it was the job that completed its input. */
  #completed = false;
  /** Holds the job open after the completion of the input. */
  #release: (() => void) | undefined;

  constructor(
    private readonly run: JobRun,
    private readonly node: Node,
    private readonly spec: OperatorSpec,
    left: StreamState | undefined,
  ) {
    this.#inlet = node.slots.get('input') as Inlet;
    this.#outlet = node.events.get('output') as Outlet;
    const { given = 0, begun = false } = left ?? {};
    this.#inputs = spec.replay ? [] : undefined;
    this.#known = given;
    this.#state = { inputs: this.#inputs, given, begun, stage: left?.stage === 'over' ? 'over' : 'open' };
    // In the place of what was told of it before.
    streamsSet(run.data, node.id, [this.#state]);
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
    // It may have been let go of before there was anything to unsubscribe from.
    if (this.#live !== live) this.#leave(live);
  }

  // An operator that emits without a pause is left at the next value after it was let go of.
  #outputOf(live: Live): Observable<unknown> {
    const output$ = new Observable((observer) => this.spec.operator(live.input$.asObservable()).subscribe(observer));
    // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the job that says when to stop
    return output$.pipe(takeWhile(() => this.#live === live && !this.run.over));
  }

  get isOpen(): boolean {
    return this.#state.stage === 'open';
  }

  /** Hands an input in; throws what the operator fails with. */
  next(data: Data, attempt: HandlerContext): void {
    if (this.isOpen) this.#during(attempt, data);
    else if (this.#completed)
      this.run.views.warn(`Input of routine '${this.node.id}' came after its operator had completed; it is left out`);
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
    const kept = this.#inputs === undefined ? undefined : copyDeep(data);
    this.#state.begun = true;
    this.#drive(() => this.#live?.input$.next(data));
    if (kept !== undefined && this.#error === undefined) this.#inputs?.push(kept);
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
    this.#state.stage = 'completing';
    this.#completed = true;
    this.#release = this.run.intake.hold(() => undefined);
    const live = this.#live;
    this.#drive(() => live?.input$.complete());
    // One that has failed has nothing more to give.
    if (live === undefined || live.output?.closed === true) this.#end();
  }

  #end(): void {
    if (this.#state.stage === 'over') return;
    this.#state.stage = 'over';
    this.#live = undefined;
    this.run.noteStreamed(this.node);
    this.#release?.();
    this.#release = undefined;
  }

  #emit(value: unknown): void {
    this.#state.begun = true;
    if (this.#known > 0) {
      this.#known--;
      return;
    }
    this.#state.given++;
    // What is thrown here would be nobody's.
    try {
      this.#giveOut(payloadOf(value));
    } catch (error) {
      this.#fail(error);
    }
  }

  #giveOut(payload: Data): void {
    if (this.#attempt !== undefined) this.#attempt.emit(this.#outlet.name, payload);
    else this.run.give(this.#outlet, payload);
  }

  #fail(error: unknown): void {
    const live = this.#live;
    this.#live = undefined;
    if (live !== undefined) this.#leave(live);
    if (this.#attempt === undefined) {
      // While the job is paused, the stream is where it was: taken up elsewhere, it fails there.
      this.run.intake.failAt(this.#inlet, error, () => {
        this.#forget();
      });
    } else {
      this.#error = { error };
      this.#forget();
    }
  }

  /** The error is told: what it held is gone, and it begins anew with the next input, if there may be one. */
  #forget(): void {
    this.#state.inputs = this.#inputs = this.spec.replay ? [] : undefined;
    this.#state.begun = false;
    this.#state.given = this.#known = 0;
    if (!this.isOpen) this.#end();
  }

  stop(): void {
    const live = this.#live;
    this.#live = undefined;
    this.#state.stage = 'over';
    if (live !== undefined) this.#leave(live);
  }

  #leave({ output }: Live): void {
    this.#drive(() => output?.unsubscribe());
  }

  // Errors of the operator come as such; what is thrown is its teardown's.
  #drive(work: () => void): void {
    tearDown(this.run, `the operator of routine '${this.node.id}'`, work);
  }
}
