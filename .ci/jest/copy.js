// Copies of the project in which sources may be changed, in a folder that goes with the process.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killAll } from './firstFailure.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const COPIED = ['lib', 'spec', 'package.json', 'tsconfig.json', 'jest.config.js'];

/** A folder for copies; jest, and all that it has started, is stopped before it goes. */
export const workFolder = (name) => {
  const work = mkdtempSync(join(tmpdir(), `routilux-${name}-`));
  process.once('exit', () => {
    killAll();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  return work;
};

/** A fresh copy; what is only read there is linked. */
export const copyTo = (folder, linked = ['node_modules']) => {
  rmSync(folder, { recursive: true, force: true });
  for (const each of COPIED) cpSync(join(root, each), join(folder, each), { recursive: true });
  for (const each of linked) symlinkSync(join(root, each), join(folder, each));
  return folder;
};
