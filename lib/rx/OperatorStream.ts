import { Observable, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import type { Attempt } from '../engine/Attempt.js';
import type { JobRun } from '../engine/JobRun.js';
import type { Inlet, Node, Outlet } from '../engine/Plan.js';
import type { Stream } from '../engine/Streams.js';
import type { Data } from '../flow/Data.js';
import type { StreamState } from '../job/StreamState.js';
import { payloadOf } from './payloadOf.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How an operator stands in a flow. */
export interface OperatorSpec {
  readonly operator: OperatorFunction<Data, unknown>;
  /** Whether its inputs are kept, so that it can be brought to the same point elsewhere. */
  readonly replay: boolean;
}

/**
 * An operator at work in one job: a Subject at its input, its values on the event. What comes out while an input is handed in
 * belongs to the task of that input; what comes later (a timer, an inner stream) to the job alone.
 */
export class OperatorStream implements Stream {
  #input$ = new Subject<Data>();
  #inputs: Data[] | undefined;
  #output: Subscription | undefined;
  readonly #state: Mutable<StreamState>;
  readonly #inlet: Inlet;
  readonly #outlet: Outlet;
  /** The attempt that hands an input in. */
  #attempt: Attempt | undefined;
  /** What went wrong while it did. */
  #error: { readonly error: unknown } | undefined;
  /** Values that come out again, since the stream is brought to where it was. */
  #known = 0;
  #release: (() => void) | undefined;

  constructor(
    private readonly run: JobRun,
    private readonly node: Node,
    private readonly spec: OperatorSpec,
    left: StreamState | undefined,
  ) {
    this.#inlet = node.slots.get('input') as Inlet;
    this.#outlet = node.events.get('output') as Outlet;
    this.#inputs = spec.replay ? [] : undefined;
    this.#state = { inputs: this.#inputs, given: 0, begun: left !== undefined, stage: 'open' };
    this.#keep();
    if (left?.stage === 'over') this.#state.stage = 'over';
    else this.#begin(left);
  }

  // In the place of what was told of it before.
  #keep(): void {
    const { data } = this.run;
    data.streams = new Map(data.streams).set(this.node.id, [this.#state]);
  }

  #begin(left: StreamState | undefined): void {
    this.#known = left?.given ?? 0;
    this.#subscribe();
    for (const input of left?.inputs ?? []) this.#hand(input);
    if (left?.stage === 'completing') this.complete();
    this.#known = 0;
  }

  #subscribe(): void {
    const output$ = new Observable((observer) => this.spec.operator(this.#input$.asObservable()).subscribe(observer));
    const output = output$.subscribe({
      next: (value) => {
        this.#emit(value);
      },
      error: (error: unknown) => {
        this.#fail(error);
      },
      complete: () => {
        this.#end();
      },
    });
    // It may have ended at once, itself or the job.
    if (this.#isStopped) output.unsubscribe();
    else if (!output.closed) this.#output = output;
  }

  get #isStopped(): boolean {
    return this.#state.stage === 'over';
  }

  get isOpen(): boolean {
    return this.#state.stage === 'open';
  }

  /** Hands an input in; throws what the operator fails with. */
  next(data: Data, attempt: Attempt): void {
    if (!this.isOpen) return;
    this.#attempt = attempt;
    try {
      if (this.#output === undefined) this.#renew();
      if (this.#error === undefined) this.#hand(data);
      this.#rethrow();
    } finally {
      this.#attempt = undefined;
    }
  }

  #hand(data: Data): void {
    this.#state.begun = true;
    this.#input$.next(data);
    this.#inputs?.push(data);
  }

  #rethrow(): void {
    if (this.#error === undefined) return;
    const { error } = this.#error;
    this.#error = undefined;
    throw error;
  }

  /** After an error that does not end the job it begins anew with the next input. */
  #renew(): void {
    this.#input$ = new Subject();
    this.#state.inputs = this.#inputs = this.spec.replay ? [] : undefined;
    this.#state.given = 0;
    this.#subscribe();
  }

  complete(): void {
    if (!this.isOpen) return;
    this.#state.stage = 'completing';
    this.#release = this.run.intake.hold(() => undefined);
    // One that has failed has nothing more to give.
    if (this.#output === undefined) this.#end();
    else this.#input$.complete();
  }

  #end(): void {
    this.#state.stage = 'over';
    this.#output = undefined;
    this.run.noteStreamed(this.node);
    this.#release?.();
    this.#release = undefined;
  }

  #emit(value: unknown): void {
    if (this.run.over) return;
    this.#state.begun = true;
    this.#state.given++;
    if (this.#known > 0) this.#known--;
    else this.#tryToGive(payloadOf(value));
  }

  // What is thrown here would be nobody's.
  #tryToGive(payload: Data): void {
    try {
      this.#giveOut(payload);
    } catch (error) {
      this.#output?.unsubscribe();
      this.#fail(error);
    }
  }

  #giveOut(payload: Data): void {
    if (this.#attempt !== undefined) this.#attempt.emit(this.#outlet.name, payload);
    else this.run.give(this.#outlet, payload);
  }

  #fail(error: unknown): void {
    this.#output = undefined;
    if (this.#attempt !== undefined) this.#error = { error };
    else this.#failAlone(error);
  }

  #failAlone(error: unknown): void {
    this.run.intake.failAt(this.#inlet, error);
    if (!this.isOpen) this.#end();
  }

  stop(): void {
    try {
      this.#output?.unsubscribe();
    } catch (error) {
      this.run.views.warn(`The teardown of the operator of routine '${this.node.id}' threw`, error);
    }
    this.#output = undefined;
    this.#state.stage = 'over';
  }
}
