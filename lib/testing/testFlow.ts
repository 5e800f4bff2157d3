import type { FlowTest } from './FlowTest.js';
import type { TestFlowOptions } from './TestFlowOptions.js';
import { TestRun } from './TestRun.js';
import { lendTime } from './VirtualClock.js';

/**
 * Runs a test of whole flows in virtual time, promises included. Resolves when all that the test expects holds.
 *
 * The body is an `async` function that itself lives in virtual time; it is no description that is flushed afterwards, as in
 * `TestScheduler.run`. So the body can pause, resume, cancel and feed a job while the job runs: `await sleep(20); job.resume()`
 * says so in the order of events, with the same `sleep` that handlers use. A test may say what it expects before or after it
 * happens, since the kit records everything and checks it at the end.
 *
 * Between two timers the kit waits until all promises and macrotasks are answered; then time moves on to the next timer at once.
 * A handler must not wait for the real world (a file, `setTimeout`): where the platform tells (Node from 20.16 on), such a test
 * ends at once. During the test RxJS's `asyncScheduler` waits in virtual time as well: so do `delay(5)` and a flow that was made without `flowOptions`, but the timestamps of that flow stay real. Only one
 * test can run at a time: the next one ends what a test that ran out of time, or that nobody awaited, has left at work.
 *
 * A job that fails makes the test red, unless a diagram says how it goes, or the body looks at its status or error after its end.
 *
 * Rejects with the error that the body throws, or with a TestingError: `UNLIKE` if a diagram differs, with both drawn and the
 * first difference marked; `RUNAWAY` at the horizon; `STUCK` if the body waits for something that never comes; `OUTSIDE` if a handler
 * waits for the real world; `FAILED` if a job failed and nobody expected it; `AT_WORK` if another one is running in the same test, or if
 * the next test has begun. FlowError `BAD_OPTION` if an option is wrong.
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
 */
export const testFlow = async (body: (test: FlowTest) => unknown, options: TestFlowOptions = {}): Promise<void> => {
  const run = new TestRun(options);
  const giveBack = lendTime(run.clock, (error) => {
    run.end(error);
  });
  try {
    await run.play(body);
  } finally {
    giveBack();
  }
  run.check();
};
