import { checkKnown, checkOption, type Known } from '../flow/checkOption.js';

/** How far a test may go, and with which dice. */
export interface TestFlowOptions {
  /** How far virtual time may go, in ms, above 0: an hour. A job that is at work then is a runaway. @default 3_600_000 */
  readonly horizonMs?: number | undefined;
  /** How many tasks may start, and how many timers may fire: a whole number from 1. @default 100_000 */
  readonly maxSteps?: number | undefined;
  /** What `random` begins with, a whole number: the same seed, the same numbers. @default 1 */
  readonly seed?: number | undefined;
}

const KNOWN: Known<TestFlowOptions> = { horizonMs: true, maxSteps: true, seed: true };

/** @throws FlowError `BAD_OPTION` */
export const checkTestOptions = (options: TestFlowOptions): TestFlowOptions => {
  const { horizonMs = 1, maxSteps = 1, seed = 1 } = checkKnown(options, KNOWN);
  checkOption('horizonMs', horizonMs, typeof horizonMs === 'number' && horizonMs > 0, 'a number above 0, in ms');
  const isCount = maxSteps === Infinity || (Number.isInteger(maxSteps) && maxSteps >= 1);
  checkOption('maxSteps', maxSteps, isCount, 'a whole number from 1');
  checkOption('seed', seed, Number.isInteger(seed), 'a whole number');
  return options;
};
