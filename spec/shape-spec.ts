import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Report {
  readonly status: string;
  readonly handled: number;
  /** How often each Subject of the package was `next`ed. */
  readonly nexts: readonly number[];
  /** Each `mergeMap` that was called: its number, how many inner observables it had, and at once, and what came out. */
  readonly pools: readonly {
    readonly limit: unknown;
    readonly inners: number;
    readonly peak: number;
    readonly attempts: number;
  }[];
}

/** 1,000 emissions over 2 connections with 3 workers, on the built CommonJS package. */
const run = async (mode: string): Promise<Report> => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'shape-child.cjs'), mode], { timeout: 60_000 });
  return JSON.parse(stdout) as Report;
};

describe('the shape of a flow at work (decision 12)', () => {
  beforeAll(() => {
    // `npm test` builds first; a bare `jest` has to be told.
    if (!existsSync('dist')) throw new Error('this spec runs the built package: npm run build first');
  });

  it.each([
    ['at once', 1],
    ['later', 3],
    ['in a stream', 3],
    ['failing', 1],
  ])(
    'should be a Subject per event, one task stream, and a mergeMap with the number of workers: handlers that end %s',
    async (mode, workers) => {
      const { status, handled, nexts, pools } = await run(mode);
      expect([status, handled]).toEqual(['completed', 2_000]);
      // The event of the source, and the stream of all tasks, among them the entry and that of the run that is kept warm, which is never
      // attempted (decision 11). Beside these only gates that open and close.
      expect(nexts.filter((count) => count > 10).sort((a, b) => a - b)).toEqual([1_000, 2_002]);
      // Every attempt comes out of it. A worker that is idle is hired no second time.
      expect(pools).toEqual([{ limit: 3, inners: workers, open: workers, peak: workers, attempts: 2_001 }]);
    },
    60_000,
  );
});
