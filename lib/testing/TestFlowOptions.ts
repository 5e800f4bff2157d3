/** How far a test may go, and with which dice. */
export interface TestFlowOptions {
  /** How far virtual time may go, in ms, above 0: an hour. A job that is at work then is a runaway. @default 3_600_000 */
  readonly horizonMs?: number | undefined;
  /** How many tasks may start, and how many timers may fire: a whole number from 1. @default 100_000 */
  readonly maxSteps?: number | undefined;
  /** What `random` begins with, a whole number: the same seed, the same numbers. @default 1 */
  readonly seed?: number | undefined;
}
