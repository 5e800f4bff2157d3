// What a web server's log has to tell: who came, when, for what, and what went wrong.
//
//   reader ──lines──▸ parser ──request──▸ router ──page, asset, robot, error──▸ by kind, status, hour, host, path
//     ▴                │ │                                                          ▴
//     └──────done──────┘ └──malformed───────────────────────────────────────────────┴──▸ malformed
//
// Run it with `npm start`, or with a log of your own: `npm start -- /var/log/apache2/access.log.1.gz --workers 4`.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Flow, type JobState } from 'routilux';
import { type Log, openLog } from './access-log/Log.js';
import { isEmpty, isNoLog, LogError } from './access-log/LogError.js';
import { HELP, type Options, optionsFrom, UsageError } from './access-log/options.js';
import { type Progress, showProgress } from './access-log/progress.js';
import { render, toReport } from './access-log/report.js';
import { Collector, countBy, type Field, Parser, Reader, Router } from './access-log/routines.js';

const EXAMPLE = relative('', fileURLToPath(new URL('data/apache_access.log.gz', import.meta.url)));
const FIELDS: readonly Field[] = ['kind', 'status', 'hour', 'host', 'path'];

/** The flow itself, as in the picture above. */
const accessLogFlow = (maxWorkers: number): Flow => {
  const flow = new Flow({ flowId: 'access-log', maxWorkers, executionTimeoutMs: Infinity });
  const [reader, parser, router, collector] = [new Reader(), new Parser(), new Router(), new Collector()];
  flow.addRoutine(reader, 'reader');
  flow.addRoutine(parser, 'parser');
  flow.addRoutine(router, 'router');
  flow.addRoutine(collector, 'malformed');
  flow.connect(reader.lines, parser.lines);
  flow.connect(parser.request, router.request);
  flow.connect(parser.malformed, collector.malformed);
  for (const field of FIELDS) {
    const tally = countBy(field);
    flow.addRoutine(tally, `by-${field}`);
    const counted = tally.slot('counted');
    for (const event of [router.page, router.asset, router.robot, router.error]) flow.connect(event, counted);
    flow.connect(parser.malformed, counted);
  }
  flow.connect(parser.done, reader.next);
  return flow;
};

/** Runs the flow over a log; the job's state holds the figures. */
const read = async (log: Log, workers: number, progress: Progress): Promise<JobState> => {
  const state = await accessLogFlow(workers).execute(
    'reader',
    { log },
    { output: ({ data: { bytes, lines } }) => progress.show(bytes as number, lines as number) },
  );
  const { error } = state;
  if (error !== undefined) throw error.cause instanceof LogError ? error.cause : error;
  const { parsed, seen } = (state.routineState('parser') ?? { parsed: 0, seen: 0 }) as { parsed: number; seen: number };
  if (seen === 0) throw isEmpty();
  if (parsed === 0) throw isNoLog();
  return state;
};

const report = async ({ file = EXAMPLE, workers, json }: Options): Promise<void> => {
  const name = file === '-' ? 'standard input' : file;
  let log: Log | undefined;
  let progress: Progress | undefined;
  try {
    log = await openLog(file);
    progress = showProgress(log.size);
    const figures = toReport(await read(log, workers, progress));
    progress.end(true);
    console.log(json ? JSON.stringify({ log: name, ...figures }, undefined, 2) : render(name, figures));
  } catch (error) {
    progress?.end(false);
    throw error instanceof LogError ? new LogError(`Cannot read ${file === '-' ? name : `'${file}'`}: ${error.message}.`) : error;
  } finally {
    log?.close();
  }
};

// Whoever reads our output may stop in the middle of it (`npm start | head`): nothing is wrong then.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

try {
  const options = optionsFrom(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await report(options);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof LogError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
