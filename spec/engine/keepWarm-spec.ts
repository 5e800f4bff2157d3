import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How often V8 threw code of the engine away since it had forgotten what its objects look like. */
const forgotten = async (): Promise<number> => {
  const args = ['--expose-gc', '--trace-deopt', '--import', 'tsx', join(__dirname, 'keepWarm-child.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 });
  return stdout.split('\n').filter((line) => line.includes('reason: weak objects')).length;
};

describe('keepWarm', () => {
  it('should keep the optimised code where no job is alive at a collection (decision 11)', async () => {
    // Seen: 3, and 75 to 94 without it, where a job of a million tasks runs at a third of the speed.
    expect(await forgotten()).toBeLessThan(30);
  });
});
