import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** How each runner is called, in which folder, and what it needs of the environment. */
const RUNNERS: Readonly<
  Record<string, readonly [folder: string, args: readonly string[], env?: Readonly<Record<string, string>>]>
> = {
  sinon: ['.', ['sinon-child.mjs']],
  'node:test': ['.', ['node-test-child.mjs']],
  vitest: ['vitest', [resolve('node_modules/vitest/vitest.mjs'), 'run']],
  jest: ['jest', ['--experimental-vm-modules', resolve('node_modules/jest/bin/jest.js'), '--config', 'jest.config.mjs']],
  'the legacy ones of jest': [
    'jest',
    ['--experimental-vm-modules', resolve('node_modules/jest/bin/jest.js'), '--config', 'jest.config.mjs'],
    { LEGACY: '1' },
  ],
};

const MOMENTS = {
  beforeTheImport: 'before the import',
  betweenTwoJobs: 'between two jobs',
  inTheMiddle: 'in the middle of a job',
} as const;

/** How a runner ends, and what it says if that is not well. */
const ran = (runner: string, moment: string): Promise<string> =>
  new Promise((settle, reject) => {
    const [folder, args, env = {}] = RUNNERS[runner] as (typeof RUNNERS)[string];
    const child = spawn(process.execPath, args[0]?.endsWith('-child.mjs') === true ? [...args, moment] : args, {
      cwd: resolve(__dirname, folder),
      env: { ...process.env, MOMENT: moment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject).on('close', (code) => {
      settle(code === 0 ? 'well' : said);
    });
  });

// What a child process does stands in `journey.mjs`. It uses the built package.
describe('a process whose timers were faked for a while', () => {
  describe.each(Object.keys(RUNNERS))('by %s', (runner) => {
    it.each(Object.entries(MOMENTS))(
      'should need none for what does not wait, and be whole again afterwards: %s (%s)',
      async (moment) => {
        expect(await ran(runner, moment)).toBe('well');
      },
    );
  });
});
