import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Report {
  readonly results: number;
  readonly started: number;
  /** Jobs that the flow held before the end, and after it. */
  readonly live: number;
  readonly left: number;
  /** States of jobs that are not collected. */
  readonly alive: number;
  readonly heap: readonly number[];
}

const JOBS = process.env['ROUTILUX_LONG'] === undefined ? 10_000 : 100_000;

const run = async (mode: string, jobs: number, inside = '', keep = ''): Promise<Report> => {
  const child = [join(__dirname, 'flat-child.ts'), mode, `${jobs}`, inside, keep];
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', ...child]);
  return JSON.parse(stdout) as Report;
};

/** By how much the heap grows in the last seven tenths, in bytes per job; the weak references of the measure are among it. */
const growth = ({ heap, started }: Report): number => ((heap[9] ?? NaN) - (heap[2] ?? NaN)) / (started * 0.7);

const MOST = 150;

/** Measured once more if it grows: on a busy machine a collection may come late, and what leaks does so each time. */
const lean = async (mode: string, inside: string): Promise<Report> => {
  const report = await run(mode, JOBS, inside);
  return growth(report) < MOST ? report : run(mode, JOBS, inside);
};

describe(`${JOBS} values through a flow as an operator`, () => {
  it.each([
    ['merge', ''],
    ['concat', ''],
    ['switch', ''],
    ['exhaust', ''],
    // A subscription, and so a job, for each of them.
    ['job', ''],
    // One job for all of them.
    ['stream', ''],
    ['merge', 'operator'],
    ['exhaust', 'operator'],
    ['job', 'operator'],
    ['stream', 'operator'],
  ])(
    'should leave nothing behind, with %s %s (issue 4)',
    async (mode, inside) => {
      const report = await lean(mode, inside);
      expect(report).toMatchObject({ results: JOBS, started: JOBS, left: 0 });
      expect(report.live).toBeLessThanOrEqual(1);
      // The last of them may stand on the stack still, or in code that is optimised: a few, whatever the number of jobs.
      expect(report.alive).toBeLessThanOrEqual(10);
      expect(report.heap).toHaveLength(10);
      expect(growth(report)).toBeLessThan(MOST);
    },
    600_000,
  );

  it('should be seen to leave something behind where the states are kept: the measure is not blind', async () => {
    const report = await run('merge', 2_000, '', 'keep');
    expect(report.alive).toBe(2_000);
    expect(growth(report)).toBeGreaterThan(500);
  }, 600_000);
});
