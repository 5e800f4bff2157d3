import type { Data } from '../flow/Data.js';
import type { Recorded } from '../job/History.js';
import type { Attempt } from './Attempt.js';
import type { Outlet, Route } from './Plan.js';

/**
 * A payload on its way into the flow. It stands in the queue once, whatever the number of its targets, and hands out
 * one slot activation task per route.
 */
export interface Emission {
  readonly routes: readonly Route[];
  readonly data: Data;
  /** Its number in the job; with the place of a route it makes the task's id. */
  readonly order: number;
  /** The place of its first route; above 0 for a retry, and for the rest of an emission handed out in part. */
  readonly firstPlace: number;
  /** How often its task was tried before. */
  readonly tried: number;
  /** What the slot's merge made of it at the first try. */
  readonly input: Data | undefined;
}

/** What came from an event. The history keeps the same object, so it has no more fields than it needs. */
export class Emitted implements Emission, Recorded {
  constructor(
    readonly outlet: Outlet,
    readonly data: Data,
    readonly order: number,
    readonly tick: number,
  ) {}

  // Getters, since fields would cost memory for every task that waits.
  /* eslint-disable @typescript-eslint/class-literal-property-style */

  get routes(): readonly Route[] {
    return this.outlet.routes;
  }

  get firstPlace(): number {
    return 0;
  }

  get tried(): number {
    return 0;
  }

  get input(): Data | undefined {
    return undefined;
  }

  get routineId(): string {
    return this.outlet.node.id;
  }

  get eventName(): string {
    return this.outlet.name;
  }
}

/** What a job begins with. */
export const entryEmission = (routes: readonly Route[], data: Data): Emission => ({
  routes,
  data,
  order: 0,
  firstPlace: 0,
  tried: 0,
  input: undefined,
});

/** The next attempt of a task that failed, under the same id. */
export const retryEmission = ({ route, emission, place, attempt, input }: Attempt): Emission => ({
  routes: [route],
  data: emission.data,
  order: emission.order,
  firstPlace: place,
  tried: attempt,
  input,
});

/** What comes from no event: a value that a stream outside the job brings to a slot. */
export const arrival = (routes: readonly Route[], data: Data, order: number): Emission => ({
  ...entryEmission(routes, data),
  order,
});

/** What is left of an emission when some of its tasks have been handed out. */
export const restOf = (emission: Emission, taken: number): Emission =>
  taken === 0 ? emission : partOf(emission, taken, emission.routes.length);

/** Each task of an emission as an emission of its own. */
export const singlesOf = (emission: Emission): readonly Emission[] =>
  emission.routes.length === 1 ? [emission] : emission.routes.map((_, at) => partOf(emission, at, at + 1));

const partOf = ({ routes, data, order, firstPlace, tried, input }: Emission, from: number, to: number): Emission => ({
  routes: routes.slice(from, to),
  data,
  order,
  firstPlace: firstPlace + from,
  tried,
  input,
});
