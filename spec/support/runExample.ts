import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const EXAMPLES = resolve(__dirname, '../../examples');

/** How a program ended, and all that it has said. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const startExample = (file: string, args: readonly string[] = []): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: EXAMPLES });

/** Runs an example as its reader does: in the folder of the examples, on the built package. */
export const runExample = async (file: string, args: readonly string[] = [], input: Buffer | string = ''): Promise<Ran> => {
  const child = startExample(file, args);
  // A program that has seen enough does not read to the end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return ended(child);
};

export const ended = (child: ChildProcessWithoutNullStreams): Promise<Ran> =>
  new Promise((settle, reject) => {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
    }
    child.on('error', reject).on('close', (code) => {
      settle({ code, ...said });
    });
  });
