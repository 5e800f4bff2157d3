import { parseArgs } from 'node:util';

export const HELP = `Usage: npm start -- [log] [options]

Reads an access log in the combined format, plain or gzip, and tells what was asked for.

  log            a file, or - for standard input (default: the log in examples/data)
  --workers N    how many tasks run at a time (default: 1)
  --json         print the figures as JSON
  --help         print this`;

export interface Options {
  /** None: the log that comes with the example. */
  readonly file: string | undefined;
  readonly workers: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** What was asked for cannot be done; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export const optionsFrom = (args: string[]): Options => {
  const { values, positionals } = parse(args);
  const { workers, json = false, help = false } = values;
  if (positionals.length > 1) throw new UsageError(`Give one log, not ${String(positionals.length)} (see --help).`);
  return { file: positionals[0], workers: toWorkers(workers), json, help };
};

const KNOWN = {
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const parse = (args: string[]): ReturnType<typeof parseArgs<{ options: typeof KNOWN; allowPositionals: true }>> => {
  try {
    return parseArgs({ args, options: KNOWN, allowPositionals: true });
  } catch (error) {
    const [reason = 'The options cannot be read'] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(`${reason} (see --help).`);
  }
};

const toWorkers = (given = '1'): number => {
  const workers = Number(given);
  if (/^\d+$/.test(given) && workers >= 1 && Number.isSafeInteger(workers)) return workers;
  throw new UsageError(`--workers takes a whole number from 1 up, not '${given}'.`);
};
