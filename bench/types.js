// The shapes that the bench is made of; no code.

/**
 * What a case is made of: numbers that its workload names, and `workers`.
 *
 * @typedef {Readonly<Record<string, number>>} Size
 */

/**
 * What the handlers of a run leave behind; compared after every run with what the case expects.
 *
 * @typedef {{ count: number, sum: number }} Tally
 */

/**
 * One timed run. A number that it gives is the measured value; else the value is the time per task, in ns.
 *
 * @typedef {() => Promise<number | void> | number | void} Run
 */

/**
 * Sets a contender up for a case, untimed. The options are those of a Flow.
 *
 * @typedef {(size: Size, tally: Tally, options: object) => Run} Prepare
 */

/** @typedef {(data: any) => unknown} Handler */

/**
 * What handlers of the engines without flows are given: `push` queues one task, and the last handler calls `end`, where a
 * number is the measured value.
 *
 * @typedef {{
 *   push(handler: Handler, data: object): void,
 *   readonly tally: Tally,
 *   end(value?: number): void,
 * }} Desk
 */

/**
 * Builds the handlers once, and gives the function that pushes the first tasks.
 *
 * @typedef {(size: Size, desk: Desk) => () => void} Routines
 */

/**
 * A queue and its workers. `run` starts afresh: `feed` pushes, and where the engine can, nothing runs before it has returned.
 *
 * @typedef {{ push(handler: Handler, data: object): void, run(feed: () => void): void }} Engine
 */

/** @typedef {{ readonly floor: Prepare, readonly peers: Readonly<Record<string, Prepare>>, readonly ours: Prepare }} Contenders */

/** @typedef {{ readonly atMost: number, readonly stretch?: number }} Goal */

/**
 * One row of measurements: `smoke` is what differs in the smoke, `goal` is for our default settings.
 *
 * @typedef {Partial<Contenders> & { readonly name: string, readonly size: Size, readonly smoke: Size, readonly goal?: Goal }} Case
 */

/**
 * Settings of ours beside default and lean, compared with a contender. Default: the floor.
 *
 * @typedef {{ readonly options: object, readonly goal: Goal, readonly against?: string }} Variant
 */

/**
 * A row computed from measured ones: `cost` is the value of a case by its name, `ratio` the same over the floor's.
 *
 * @typedef {{
 *   readonly label: string,
 *   readonly goal: Goal,
 *   of(at: { cost(name: string): number, ratio(name: string): number }): number,
 * }} Derived
 */

/**
 * `goal` says in words what `cases`, `variants` and `derived` say in numbers. `unit` is that of a value that runs measure
 * themselves (default: ns, the time per task); `over` is what it is divided by: the floor's in the same run (default), a
 * fixed value, or nothing. Contenders of a case stand before those of the workload.
 *
 * @typedef {Contenders & {
 *   readonly id: string,
 *   readonly title: string,
 *   readonly goal: string,
 *   readonly cases: readonly Case[],
 *   tasks(size: Size): number,
 *   expected(size: Size): Tally,
 *   readonly unit?: 'ns' | 'µs' | 'ms' | 'B' | 'MB',
 *   readonly over?: 'floor' | 'nothing' | number,
 *   readonly variants?: Readonly<Record<string, Variant>>,
 *   readonly derived?: readonly Derived[],
 * }} Workload
 */

export {};
