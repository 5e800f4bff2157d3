import type { Data } from '../flow/Data.js';
import type { Input } from '../flow/merge.js';
import type { Recorded } from '../job/History.js';
import type { Outlet, Route } from './Plan.js';

/** What a task is of: an emission of an event, or an arrival that no event brings. */
export interface Origin<R> {
  /** The job. */
  readonly run: R;
  readonly data: Data;
  /** Its number in the job; with the place of the connection it makes the task's id. */
  readonly order: number;
  /** How often its task was tried before. */
  readonly tried: number;
  /** What the slot's merge made of the data at the first try. */
  readonly input: Input | undefined;
  /** Forgets that, once the task is taken. */
  forget(): void;
  /** Whether it passes the limits: never an entry, a retry, or a task that was taken up. */
  readonly isLimited: boolean;
  placeOf(route: Route): number;
}

/** A payload that an event emits, on its way to the connections. The history keeps the same object, so it has no more fields than it needs. */
export class Emission<R> implements Recorded, Origin<R> {
  constructor(
    readonly run: R,
    readonly outlet: Outlet,
    readonly data: Data,
    readonly order: number,
    readonly tick: number,
  ) {}

  // Getters, since fields would cost memory for every task that waits.
  /* eslint-disable @typescript-eslint/class-literal-property-style */

  get routineId(): string {
    return this.outlet.node.id;
  }

  get eventName(): string {
    return this.outlet.name;
  }

  get tried(): number {
    return 0;
  }

  get input(): undefined {
    return undefined;
  }

  forget(): void {
    // It has nothing that its task does not need.
  }

  get isLimited(): boolean {
    return true;
  }

  placeOf({ nth }: Route): number {
    return nth ?? 0;
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

/** A payload that no event brings: an entry, a value of a feed, the next attempt of a task, or a task that was written down. */
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

  placeOf(): number {
    return this.place;
  }

  forget(): void {
    this.input = undefined;
  }
}
