import type { Origin } from './Emission.js';
import type { Route } from './Plan.js';

/** A slot activation task: a payload, and the connection that brings it to its slot. */
export class Task<R> {
  constructor(
    readonly origin: Origin<R>,
    readonly route: Route,
  ) {}
}
