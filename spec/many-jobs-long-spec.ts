import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Told {
  readonly came: Readonly<Record<string, number>>;
  readonly first: number;
  readonly peak: number;
}

const jobsAtOnce = async (maxJobs: number): Promise<Told> => {
  if (!existsSync('dist')) throw new Error('this spec runs the built package: npm run build first');
  const child = ['--expose-gc', join(__dirname, 'many-jobs-child.cjs'), String(maxJobs)];
  const { stdout } = await promisify(execFile)(process.execPath, child);
  return JSON.parse(stdout) as Told;
};

describe('2,000 jobs at once, of 20 tasks that wait (D35)', () => {
  it('should all complete in time with maxJobs, one batch after the other, on a tenth of the memory', async () => {
    const [some, all] = [await jobsAtOnce(50), await jobsAtOnce(Infinity)];
    expect([some.came, all.came]).toEqual([{ completed: 2_000 }, { completed: 2_000 }]);
    // The first 50 share the workers, and end as one: after a fortieth. Without maxJobs all of them do.
    expect(some.first).toBeLessThan(0.1);
    expect(all.first).toBeGreaterThan(0.5);
    expect(some.peak).toBeLessThan(all.peak / 10);
  });
});
