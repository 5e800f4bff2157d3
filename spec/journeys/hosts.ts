import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a host says of its job, as far as its role has it to say. */
export interface Report {
  readonly jobId: string;
  readonly status: string;
  readonly pausePoints: readonly Readonly<Record<string, unknown>>[];
  readonly pending: number;
  readonly history: readonly string[];
  readonly outputs: readonly string[];
  readonly north: Readonly<Record<string, unknown>>;
  readonly completed: number;
  readonly createdAt: string;
  readonly code: string;
  readonly message: string;
}

/** A host at work, in a process of its own. */
export interface Host {
  /** What it has said first; a host that ends without a word fails the spec, with what it said on its stderr. */
  readonly report: Promise<Report>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Waits for its own end. */
  readonly ended: Promise<unknown>;
}

/** Starts a host of `host.ts` in a role, on a folder. */
export const startHost = (role: string, folder: string): Host => {
  const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'host.ts'), role, folder]);
  const ended = once(child, 'close');
  return {
    report: firstLine(child),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

const firstLine = (child: ChildProcess): Promise<Report> =>
  new Promise((resolve, reject) => {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
        const [line, more] = said.stdout.split('\n', 2);
        if (more !== undefined) resolve(JSON.parse(line ?? '') as Report);
      });
    child.on('close', () => {
      reject(new Error(`a host ended without a word: ${said.stderr}`));
    });
  });

/** A host that runs to its own end, and what it said. */
export const runHost = async (role: string, folder: string): Promise<Report> => {
  const host = startHost(role, folder);
  const report = await host.report;
  await host.ended;
  return report;
};

/** A new folder for the hosts of one journey. */
export const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'routilux-hosts-'));

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** What all hosts have done, in order. */
export const ledgerOf = async (folder: string): Promise<readonly string[]> =>
  (await readFile(join(folder, 'ledger'), 'utf8')).split('\n').slice(0, -1);

export const count = (lines: readonly string[], start: string): number => lines.filter((line) => line.startsWith(start)).length;
