// Tries each folder of examples/frameworks as a stranger would have it: in a folder of its own, with the locked packages of
// its framework and routilux from a tarball, which is packed once from `dist` (build it first).
//
//   node .ci/frameworks.js                  all of them
//   node .ci/frameworks.js react nestjs     these
//   node .ci/frameworks.js --lock nestjs    writes its lock file anew, after a change of its package.json
//
// In the package.json of an example routilux is `file:routilux.tgz`. Its lock file has no integrity for that one, so that
// `npm ci` takes the tarball of the day, and no address of a registry.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packInto } from './pack.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const examples = join(root, 'examples/frameworks');
const work = mkdtempSync(join(tmpdir(), 'routilux-frameworks-'));

const QUIET = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts'];

// Time for an install on a slow line, and an end for a journey that hangs.
const npm = (args, cwd) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', timeout: 600_000, stdio: ['ignore', 'pipe', 'inherit'] });

const copyOf = (name, tarball) => {
  const folder = join(work, name);
  const isOurs = (path) => basename(path) !== 'node_modules';
  cpSync(join(examples, name), folder, { recursive: true, filter: isOurs });
  copyFileSync(tarball, join(folder, 'routilux.tgz'));
  return folder;
};

const tryOut = (folder) => {
  npm(['ci', ...QUIET], folder);
  // The summary of node:test; what runs its journey otherwise is only timed.
  const [, passed] = /^(?:#|ℹ) pass (\d+)$/m.exec(npm(['test', '--silent'], folder)) ?? [];
  return passed === undefined ? '' : `${passed} tests, `;
};

const lock = (folder, name) => {
  rmSync(join(folder, 'package-lock.json'), { force: true });
  npm(['install', '--package-lock-only', '--omit-lockfile-registry-resolved', ...QUIET], folder);
  const locked = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  delete locked.packages['node_modules/routilux'].integrity;
  writeFileSync(join(examples, name, 'package-lock.json'), `${JSON.stringify(locked, undefined, 2)}\n`);
  return 'locked, ';
};

/** Whether it went well; the others get their turn either way. */
const step = (name, job) => {
  const started = performance.now();
  try {
    const note = job();
    console.log(`ok  ${name}: ${note}${Math.round((performance.now() - started) / 1000)} s`);
    return true;
  } catch (error) {
    console.log(`${error.stdout ?? ''}\nFAILED  ${name}: ${error.message}`);
    return false;
  }
};

const all = () => readdirSync(examples).filter((name) => existsSync(join(examples, name, 'package.json')));

const args = process.argv.slice(2);
const names = args.filter((arg) => arg !== '--lock');
const job = args.includes('--lock') ? lock : tryOut;

try {
  const { tarball } = packInto(work);
  const went = (names.length > 0 ? names : all()).map((name) => step(name, () => job(copyOf(name, tarball), name)));
  process.exitCode = went.every(Boolean) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
