// Runs specs in a copy of the project until the first one fails.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const JEST = [join(here, '../../node_modules/jest/bin/jest.js'), '-c', join(here, 'jest.config.js')];

/** What measures memory, or counts to a million, takes too long here. */
const QUICK = ['--testNamePattern', '^(?!.*(in memory|million))'];

const running = new Set();

/** A process and all that it has started. */
const kill = ({ pid }) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

export const killAll = () => {
  for (const child of running) kill(child);
};

const startJest = ({ folder, specs, options, env = {}, heapMb = 1_000 }) => {
  const args = [`--max-old-space-size=${heapMb}`, ...JEST, '--rootDir', folder, '--bail', ...QUICK, ...options, ...specs];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
};

/** A jest that ends by itself has told why, unless it never came to a spec. */
const endedBy = (code, signal, message) => ({
  type: signal === null ? 'unheard' : 'ended',
  spec: `jest ended by ${signal ?? code}`,
  message,
});

/**
 * Gives the failure, or undefined if all have passed: `failed`, `broken` (a file cannot be loaded), `ended` (jest was killed),
 * `unheard` (jest fails, and no spec), or what `watch` says. `watch` is called with each report, and may stop all with a verdict
 * of its own.
 */
export const firstFailure = (run, watch) =>
  new Promise((resolve) => {
    const child = startJest(run);
    let verdict;
    let said = '';
    const stop = (why) => {
      verdict ??= why;
      kill(child);
    };
    const { hear, end } = watch(stop);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = JSON.parse(line);
      hear(report);
      if (report.type !== 'file' && report.type !== 'passed') stop(report);
    });
    child.stderr.on('data', (text) => (said += text));
    child.once('close', (code, signal) => {
      end();
      resolve(verdict ?? (code === 0 ? undefined : endedBy(code, signal, said)));
    });
  });

/** How a failure is told in one line. */
export const textOf = ({ file, spec, message }) => [file, spec, message].filter((part) => part !== undefined).join(' › ');
