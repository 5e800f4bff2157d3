import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Report {
  readonly status: string;
  readonly completed: number;
  readonly resident: readonly number[];
  readonly heap: readonly number[];
}

const MB = 2 ** 20;

/** One job of so many million hops, in a process of its own. */
const hop = async (millions: number, history: number): Promise<Report> => {
  const child = [join(__dirname, 'flat-child.ts'), `${millions * 1_000_000}`, `${history}`];
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', ...child]);
  return JSON.parse(stdout) as Report;
};

/** By how much memory grows per million hops, in MB, from the `warm`th million on. */
const growth = (bytes: readonly number[], warm: number): number => {
  const [from = NaN, to = NaN] = [bytes[warm - 1], bytes.at(-1)];
  return (to - from) / (bytes.length - warm) / MB;
};

describe('ten million synchronous hops', () => {
  it('should complete, on a flat stack and in flat memory (S15, D30, X)', async () => {
    const { status, completed, resident, heap } = await hop(10, 1_000);
    expect({ status, completed }).toEqual({ status: 'completed', completed: 10_000_000 });
    expect(resident).toHaveLength(10);
    expect(growth(heap, 3)).toBeLessThan(0.1);
    expect(growth(resident, 3)).toBeLessThan(1);
  }, 600_000);

  it('should be seen to grow where a job keeps everything: the measure is not blind', async () => {
    const { status, resident, heap } = await hop(3, Infinity);
    expect(status).toBe('completed');
    expect(growth(heap, 1)).toBeGreaterThan(10);
    expect(growth(resident, 1)).toBeGreaterThan(10);
  }, 600_000);
});
