import type { JobMarbles, MarbleValues } from './Line.js';
import { expectation, recorderOf } from './recordMarbles.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how jest's matchers are typed
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- they have to be jest's own
    interface Matchers<R, T = {}> {
      /** Whether a recording of a job, or a job that was recorded, is as its marbles say (see `flowMatchers`). */
      toHaveMarbles(lines: JobMarbles, values?: MarbleValues): R;
    }
  }
}

interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

const NO_RECORDING =
  'toHaveMarbles takes a job that was recorded, or what recordMarbles(job), or watch(job) in a testFlow, gave.';

/**
 * Matchers for jest's `expect`, and for any other that takes the same shape.
 *
 * They are typed for jest's global `expect`. For `@jest/globals` and vitest declare `toHaveMarbles` in their own interface:
 * `declare module 'expect' { interface Matchers<R> { toHaveMarbles(lines: JobMarbles, values?: MarbleValues): R } }`.
 *
 * @example
 * expect.extend(flowMatchers); // once, as in a setup file
 *
 * const recording = recordMarbles(job);
 * await job.done;
 * expect(recording).toHaveMarbles({ starts: 's--t---|', 'emits s.o': '---a---|' }, { a: { n: 1 } });
 */
export const flowMatchers = {
  /** @throws TestingError `BAD_LINE`, `BAD_MARBLES` */
  toHaveMarbles: (recording: unknown, lines: JobMarbles, values: MarbleValues = {}): MatcherResult => {
    const steps = recorderOf(recording)?.steps;
    if (steps === undefined) return { pass: false, message: () => NO_RECORDING };
    const report = expectation(lines, values)(steps);
    const message = (): string =>
      report === undefined ? `${String(recording)}\n\nis not to be so.` : `The marbles differ\n\n${report}`;
    return { pass: report === undefined, message };
  },
};
