import type { Data } from '../flow/Data.js';
import type { Recorded } from '../job/History.js';
import type { Attempt } from './Attempt.js';
import type { Outlet, Route } from './Plan.js';

/**
 * A payload on its way into the flow. It stands in the queue once, whatever the number of its targets, and hands out
 * one slot activation task per route; the history keeps the same object.
 */
export class Emission implements Recorded {
  constructor(
    /** The event it came from; none for an entry and a retry. */
    readonly outlet: Outlet | undefined,
    readonly routes: readonly Route[],
    readonly data: Data,
    /** Its number in the job; with the place of a route it makes the task's id. */
    readonly order: number,
    /** Epoch ms. */
    readonly timestamp: number,
    /** The attempt that failed, where this brings the next one. */
    readonly failed: Attempt | undefined,
    /** The place of its first route; above 0 for a retry, and for the rest of an emission handed out in part. */
    readonly firstPlace: number,
  ) {}

  get routineId(): string {
    return this.outlet?.node.id ?? '';
  }

  get eventName(): string {
    return this.outlet?.name ?? '';
  }
}

/** What a job begins with. */
export const entryEmission = (routes: readonly Route[], params: Data, now: number): Emission =>
  new Emission(undefined, routes, params, 0, now, undefined, 0);

/** The next attempt of a task that failed, under the same id. */
export const retryEmission = (failed: Attempt, now: number): Emission =>
  new Emission(undefined, [failed.route], failed.emission.data, failed.emission.order, now, failed, failed.place);
