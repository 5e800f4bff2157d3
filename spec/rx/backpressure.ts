import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a child has seen of a file, and by how many bytes its memory was above what it was at first. */
export interface Report {
  readonly status: string;
  readonly seen: number;
  readonly inOrder: boolean;
  readonly peak: number;
  readonly samples: number;
  readonly highWater: number;
  readonly droppedTasks: number;
}

export const MB = 2 ** 20;

/** A file of so many numbered lines, each of about 60 bytes, in a folder of its own; with what takes it away again. */
export const fileOf = async (lines: number): Promise<{ path: string; remove: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'routilux-lines-'));
  const path = join(folder, 'access.log');
  const file = createWriteStream(path);
  for (let from = 0; from < lines; from += 10_000) {
    const count = Math.min(10_000, lines - from);
    const text = Array.from(
      { length: count },
      (_, at) => `${from + at} 203.0.113.7 "GET /shop/item/${(from + at) % 977}" 200 5120\n`,
    ).join('');
    if (!file.write(text)) await once(file, 'drain');
  }
  await promisify(file.end.bind(file) as (done: () => void) => void)();
  return { path, remove: () => rm(folder, { recursive: true }) };
};

/** Reads a file through a flow, in a process of its own; see backpressure-child.ts. */
export const readIn = async (mode: 'awaiting' | 'sync' | 'pushed', path: string): Promise<Report> => {
  const child = [join(__dirname, 'backpressure-child.ts'), mode, path];
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', ...child]);
  return JSON.parse(stdout) as Report;
};
