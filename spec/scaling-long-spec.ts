/**
 * What users can make large costs no more than its size (D46): four times as much of it costs at most six times the CPU time. Each area
 * is measured in a process of its own, on the built package; `scaling/measure.mjs` says how, and why it does not fail by chance.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { publicNames } from './support/publicNames.js';

interface Scaling {
  readonly name: string;
  /** The size, and the CPU time of it in ms. */
  readonly n: number;
  readonly ms: number;
  /** How many times as much four times the size costs. */
  readonly ratio: number;
}

const BOUND = 6;

const PATHS = ['lib/index.ts', 'lib/rx/index.ts', 'lib/node/index.ts', 'lib/testing/index.ts'];

const { config } = ts.readConfigFile('tsconfig.build.json', (path) => ts.sys.readFile(path)) as { config: object };
const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, '.');

const PAIRS = [
  ['describing', 'running'],
  ['jobs', 'reading'],
  ['values', 'rx'],
  ['files', 'testing'],
] as const;

const AREAS = PAIRS.flat();

/**
 * A young generation that nothing outgrows: else there is a step where the smaller size fits in and the larger does not. And no threads of V8
 * beside: what they do, and when, is another thing in each run.
 */
const FLAGS = ['--expose-gc', '--single-threaded', '--min-semi-space-size=128', '--max-semi-space-size=128', '--no-warnings'];

const run = async (script: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, join(__dirname, 'scaling', script), ...args]);
  return stdout;
};

const measured = async (area: string): Promise<readonly Scaling[]> =>
  (await run('child.mjs', area))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Scaling);

/** Public names whose cost has no size, by the reason. */
const WITHOUT_SIZE: Readonly<Record<string, readonly string[]>> = {
  'one value': [
    ...['Flow.flowId', 'Flow.executionTimeoutMs', 'Job.id', 'Job.state', 'Job.status', 'Job.pausing', 'Routine.type'],
    ...['JobState.jobId', 'JobState.flowId', 'JobState.status', 'JobState.error', 'JobState.reason', 'JobState.currentRoutineId'],
    ...['JobState.createdAt', 'JobState.updatedAt', 'JobState'],
  ],
  'one object around another': ['faultyStore'],
};

describe('the scaling of the public operations (D46)', () => {
  beforeAll(() => {
    // `npm run test:full` builds first; a bare `jest` has to be told.
    if (!existsSync('dist')) throw new Error('this spec measures the built package: npm run build first');
  });

  // Two at a time, since a machine has two cores.
  it.each(PAIRS)(
    'should cost at most six times as much at four times the size: %s, %s',
    async (...areas) => {
      for (const found of await Promise.all(areas.map(measured))) {
        expect(found.length).toBeGreaterThan(1);
        expect(found.filter(({ ratio }) => ratio > BOUND)).toEqual([]);
      }
    },
    600_000,
  );

  it('should be seen to be over the bound with a quadratic copy: the measure is not blind', async () => {
    const found = await measured('controls');
    expect(found).toHaveLength(3);
    expect(found.filter(({ ratio }) => ratio <= BOUND)).toEqual([]);
  }, 600_000);

  it('should be measured for every public name that users call or read', async () => {
    const covered = JSON.parse(await run('list.mjs', ...AREAS)) as readonly string[];
    const without = Object.values(WITHOUT_SIZE).flat();
    expect(covered.filter((name) => without.includes(name))).toEqual([]);
    expect([...covered, ...without].sort()).toEqual([...publicNames(ts.createProgram(fileNames, options), PATHS)].sort());
  });
});
