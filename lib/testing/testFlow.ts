import type { FlowTest } from './FlowTest.js';
import type { TestFlowOptions } from './TestFlowOptions.js';
import { TestRun } from './TestRun.js';
import { lendTime } from './VirtualClock.js';

/**
 * Runs a test of whole flows in virtual time, promises included; resolves when it holds.
 *
 * Its body is an `async` function that lives in virtual time itself, not a description that is flushed afterwards as in
 * `TestScheduler.run`: a flow is steered while it runs (paused, resumed, cancelled, fed), and `await sleep(20); job.resume()`
 * says this in the order in which it happens, with the same `sleep` that handlers use. What is expected may be written before
 * or after, since everything is recorded and checked at the end. Between two timers all promises and macrotasks are answered
 * until nothing stirs; then time moves on to the next timer at once. Only what waits for the real world (a file, `setTimeout`)
 * has no place here. While it runs, RxJS's `asyncScheduler` waits in virtual time as well, so `delay(5)` does, and a flow that
 * was made without `flowOptions`; its timestamps stay real. One test at a time.
 *
 * @example
 * it('should try again after 20 ms', () =>
 *   testFlow(async ({ flowOptions, start, takes, expectJob }) => {
 *     const flow = new Flow({ ...flowOptions, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 20 }) });
 *     const fails = new Routine();
 *     fails.defineSlot('trigger', takes(5, (_data, { attempt }) => {
 *       if (attempt === 1) throw new Error('once');
 *     }));
 *     flow.addRoutine(fails, 's');
 *     expectJob(start(flow, 's')).toBe({
 *       starts: ' s---- 20ms s----|',
 *       retries: '-----s 19ms -----|',
 *     });
 *   }));
 *
 * Rejects with what the body throws; TestingError `UNLIKE` where a diagram differs, with both drawn and the first difference
 * marked; `RUNAWAY` at the horizon; `STUCK` where the body waits for what never comes; `AT_WORK`.
 */
export const testFlow = async (body: (test: FlowTest) => unknown, options: TestFlowOptions = {}): Promise<void> => {
  const run = new TestRun(options);
  const giveBack = lendTime(run.clock);
  try {
    await run.play(body);
  } finally {
    giveBack();
  }
  run.check();
};
