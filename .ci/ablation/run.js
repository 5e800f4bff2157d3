// Is each part of the engine in the way of every task, or only decoration? Takes one part away at a time, in a copy of the sources,
// runs the specs that are named for it, and wants one of them to fail. A run that hangs has noticed, too.
//
//   npm run ablation                 all mutations of mutations.js
//   npm run ablation -- gate idle    those that speak of a gate, or of idle
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { copyTo, root, workFolder } from '../jest/copy.js';
import { firstFailure, textOf } from '../jest/firstFailure.js';
import { patched } from '../jest/patch.js';
import { mutations } from './mutations.js';

const work = workFolder('ablation');

const AT_ONCE = 2;
const LIMIT_MS = 60_000;
/** All specs, with nothing taken away. */
const BASELINE_LIMIT_MS = 300_000;

// ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────────

const pathOf = (spec) => `spec/${spec}-spec.ts`;

/** A source that cannot be read fails a spec for nothing. */
const rotIn = (mutation) => {
  try {
    transformSync(patched(mutation), { loader: 'ts' });
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

/** A spec that stands still is failed by jest after 10 s; only an endless loop stops everything. */
const hangOrSlow = (quietMs, limitMs) =>
  quietMs > limitMs / 2
    ? { type: 'hang', spec: `hangs, and is killed after ${limitMs / 1_000} s` }
    : { type: 'slow', spec: `was still passing specs after ${limitMs / 1_000} s: too slow to tell` };

const within = (limitMs) => (stop) => {
  let lastPassed = performance.now();
  const timer = setTimeout(() => stop(hangOrSlow(performance.now() - lastPassed, limitMs)), limitMs);
  return {
    hear: ({ type }) => {
      if (type === 'passed') lastPassed = performance.now();
    },
    end: () => clearTimeout(timer),
  };
};

const tried = (folder, specs, options, limitMs) => firstFailure({ folder, specs: specs.map(pathOf), options }, within(limitMs));

// ── what is said ────────────────────────────────────────────────────────────────────────────────────────────────────

// A busy machine gets its time.
const BASELINE = ['--maxWorkers', String(AT_ONCE), '--testTimeout', '60000'];

const checkBaseline = async (list) => {
  const specs = [...new Set(list.flatMap((mutation) => mutation.specs))];
  const failure = await tried(copyTo(join(work, 'whole')), specs, BASELINE, BASELINE_LIMIT_MS);
  if (failure !== undefined) throw new Error(`Nothing is taken away, and yet: ${textOf(failure)}`);
  console.log(`ok  with nothing taken away, ${specs.length} spec files pass`);
};

/** The mutated sources, or jest itself, cannot even be loaded, or the machine is too busy. */
const DOES_NOT_COUNT = ['broken', 'unheard', 'slow'];

const isFound = async (mutation, slot) => {
  const started = performance.now();
  const folder = copyTo(join(work, slot));
  writeFileSync(join(folder, mutation.file), patched(mutation));
  const failure = await tried(folder, mutation.specs, ['--runInBand'], LIMIT_MS);
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

const list = chosen();
const rot = list.flatMap(rotIn);
if (rot.length > 0) throw new Error(`The list does not fit the sources:\n${rot.join('\n')}`);
await checkBaseline(list);
const found = await tryAll(list);
console.log(`${found} of ${list.length} found`);
process.exitCode = found === list.length ? 0 : 1;
