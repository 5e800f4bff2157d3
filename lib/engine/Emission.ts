import type { Data } from '../flow/Data.js';
import type { Input } from '../flow/merge.js';
import type { Recorded } from '../job/History.js';
import type { Connection, Event } from '../plan/Plan.js';

/** When the tasks of an emission that was put off are due. */
export interface Due {
  /** Epoch ms: what is told, and written down. */
  readonly at: number;
  /** The reading of the clock: the time of day may be set meanwhile, and the delay stays what it is. */
  readonly reading: number;
}

/** The origin of a task: an emission of an event, or an arrival that no event brings. */
export interface Origin<R> {
  /** The job. */
  readonly run: R;
  readonly data: Data;
  /** Its number in the job; with the place of the connection it makes the task's id. */
  readonly order: number;
  /** How often its task was tried before. */
  readonly tried: number;
  /** The merged payload of the first try. */
  readonly input: Input | undefined;
  /** Forgets the merged payload, once the task is taken. */
  forget(): void;
  /** Whether the limits count for it: not for an entry, a retry, or a task that was taken up. */
  readonly isLimited: boolean;
  /** When it is due, if it was put off. */
  readonly due: Due | undefined;
  placeOf(connection: Connection): number;
}

/** A payload that an event emits, on its way to the connections. The history keeps the same object, so it has no more fields than it needs. */
export class Emission<R> implements Recorded, Origin<R> {
  constructor(
    readonly run: R,
    readonly event: Event,
    readonly data: Data,
    readonly order: number,
    readonly tick: number,
  ) {}

  // Getters, since fields would cost memory for every task that waits.
  /* eslint-disable @typescript-eslint/class-literal-property-style */

  get routineId(): string {
    return this.event.routine.id;
  }

  get eventName(): string {
    return this.event.name;
  }

  get tried(): number {
    return 0;
  }

  get input(): undefined {
    return undefined;
  }

  forget(): void {
    // An emission was never tried before.
  }

  get isLimited(): boolean {
    return true;
  }

  get due(): Due | undefined {
    return undefined;
  }

  placeOf({ nth }: Connection): number {
    return nth ?? 0;
  }
}

/** An emission whose tasks wait for their time. */
export class LateEmission<R> extends Emission<R> {
  constructor(
    run: R,
    event: Event,
    data: Data,
    order: number,
    tick: number,
    private readonly until: Due,
  ) {
    super(run, event, data, order, tick);
  }

  override get due(): Due {
    return this.until;
  }
}

/** What an arrival may say of its task. */
export interface Arriving {
  readonly place?: number;
  readonly tried?: number;
  readonly input?: Input | undefined;
  readonly isLimited?: boolean;
}

const FIRST: Arriving = {};

/**
 * A payload that no event brings: an entry, a value of a feed, the next attempt of a task, a task that was written down, or one that a
 * limit may drop by itself.
 */
export class Arrival<R> implements Origin<R> {
  readonly place: number;
  readonly tried: number;
  input: Input | undefined;
  readonly isLimited: boolean;

  constructor(
    readonly run: R,
    readonly data: Data,
    readonly order: number,
    { place = 0, tried = 0, input, isLimited = false }: Arriving = FIRST,
  ) {
    this.place = place;
    this.tried = tried;
    this.input = input;
    this.isLimited = isLimited;
  }

  get due(): undefined {
    return undefined;
  }

  placeOf(): number {
    return this.place;
  }

  forget(): void {
    this.input = undefined;
  }
}
