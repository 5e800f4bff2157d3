// Is each part of the engine in the way of every task, or only decoration? Takes one part away at a time, in a copy of the sources,
// runs the specs that are named for it, and wants one of them to fail. A run that hangs has noticed, too.
//
//   npm run ablation                 all mutations of mutations.js
//   npm run ablation -- gate idle    those that speak of a gate, or of idle
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mutations } from './mutations.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const work = mkdtempSync(join(tmpdir(), 'routilux-ablation-'));

const AT_ONCE = 2;
const LIMIT_MS = 60_000;
/** All specs, with nothing taken away. */
const BASELINE_LIMIT_MS = 300_000;
const COPIED = ['lib', 'spec', 'package.json', 'tsconfig.json', 'jest.config.js'];

// ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────────

const pathOf = (spec) => `spec/${spec}-spec.ts`;

/** The sources with one part taken away. A text that is not there once, and only once, is a line of the list that has rotted. */
const mutated = ({ file, from, to }) => {
  const parts = readFileSync(join(root, file), 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`stands ${parts.length - 1} times in ${file}, not once: ${from}`);
  return parts.join(to);
};

const rotIn = (mutation) => {
  try {
    mutated(mutation);
  } catch (error) {
    return [`${mutation.what}: ${error.message}`];
  }
  const missing = mutation.specs.map(pathOf).filter((path) => !existsSync(join(root, path)));
  return missing.map((path) => `${mutation.what}: there is no ${path}`);
};

const chosen = () => {
  const words = process.argv.slice(2).map((word) => word.toLowerCase());
  return words.length === 0 ? mutations : mutations.filter(({ what }) => words.some((word) => what.toLowerCase().includes(word)));
};

// ── jest ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const copyTo = (name) => {
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  for (const each of COPIED) cpSync(join(root, each), join(folder, each), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

const running = new Set();

/** A process and all that it has started. */
const kill = ({ pid }) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

const JEST = ['--max-old-space-size=1000', join(root, 'node_modules/jest/bin/jest.js'), '-c', join(here, 'jest.config.js')];

/** What measures memory, or counts to a million, takes too long here. */
const QUICK = ['--testNamePattern', '^(?!.*(in memory|million))'];

const startJest = (folder, specs, options) => {
  const args = [...JEST, '--rootDir', folder, '--bail', ...QUICK, ...options, ...specs.map(pathOf)];
  const child = spawn(process.execPath, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
};

/** A spec that stands still is failed by jest after 10 s; only an endless loop stops everything. */
const hangOrSlow = (quietMs, limitMs) =>
  quietMs > limitMs / 2
    ? { type: 'hang', spec: `hangs, and is killed after ${limitMs / 1_000} s` }
    : { type: 'slow', spec: `was still passing specs after ${limitMs / 1_000} s: too slow to tell` };

/** Runs specs until the first one fails: gives that one, or undefined if all have passed. */
const firstFailure = (folder, specs, options, limitMs) =>
  new Promise((resolve) => {
    const child = startJest(folder, specs, options);
    let verdict;
    let said = '';
    let lastPassed = performance.now();
    const stop = (why) => {
      verdict ??= why;
      kill(child);
    };
    const hear = (report) => {
      if (report.type === 'passed') lastPassed = performance.now();
      else stop(report);
    };
    const timer = setTimeout(() => stop(hangOrSlow(performance.now() - lastPassed, limitMs)), limitMs);
    createInterface({ input: child.stdout }).on('line', (line) => hear(JSON.parse(line)));
    child.stderr.on('data', (text) => (said += text));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(verdict ?? (code === 0 ? undefined : endedBy(code, signal, said)));
    });
  });

// ── what is said ────────────────────────────────────────────────────────────────────────────────────────────────────

const textOf = ({ file, spec, message }) => [file, spec, message].filter((part) => part !== undefined).join(' › ');

// A busy machine gets its time.
const BASELINE = ['--maxWorkers', String(AT_ONCE), '--testTimeout', '60000'];

const checkBaseline = async (list) => {
  const specs = [...new Set(list.flatMap((mutation) => mutation.specs))];
  const failure = await firstFailure(copyTo('whole'), specs, BASELINE, BASELINE_LIMIT_MS);
  if (failure !== undefined) throw new Error(`Nothing is taken away, and yet: ${textOf(failure)}`);
  console.log(`ok  with nothing taken away, ${specs.length} spec files pass`);
};

/** The mutated sources, or jest itself, cannot even be loaded, or the machine is too busy. */
const DOES_NOT_COUNT = ['broken', 'unheard', 'slow'];

/** A jest that ends by itself has told why, unless it never came to a spec. */
const endedBy = (code, signal, message) => ({
  type: signal === null ? 'unheard' : 'ended',
  spec: `jest ended by ${signal ?? code}`,
  message,
});

const isFound = async (mutation, slot) => {
  const started = performance.now();
  const folder = copyTo(slot);
  writeFileSync(join(folder, mutation.file), mutated(mutation));
  const failure = await firstFailure(folder, mutation.specs, ['--runInBand'], LIMIT_MS);
  const found = failure !== undefined && !DOES_NOT_COUNT.includes(failure.type);
  const seconds = Math.round((performance.now() - started) / 1_000);
  console.log(
    `${found ? 'found' : 'NOT FOUND'}  ${mutation.what}: ${failure === undefined ? 'all pass' : textOf(failure)} (${seconds} s)`,
  );
  return found;
};

/** Two side by side, each in a folder of its own. */
const tryAll = async (list) => {
  const left = [...list];
  let found = 0;
  const work = async (slot) => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) if (await isFound(next, slot)) found++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => work(`copy-${n}`)));
  return found;
};

process.once('exit', () => {
  for (const child of running) kill(child);
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const list = chosen();
const rot = list.flatMap(rotIn);
if (rot.length > 0) throw new Error(`The list does not fit the sources:\n${rot.join('\n')}`);
await checkBaseline(list);
const found = await tryAll(list);
console.log(`${found} of ${list.length} found`);
process.exitCode = found === list.length ? 0 : 1;
