import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchFailure, measureCase } from './rounds.js';
import { smoke } from './smoke.js';
import { block, head, legend, rowsOf } from './table.js';

const DIST = new URL('../dist/cjs/index.mjs', import.meta.url);

const HELP = `Measures routilux against the bare floor and its peers.

  npm run bench -- [options]

  --only W1,W6     these workloads only
  --rounds N       rounds that count, after one of warm-up; the median is shown. Default 5
  --cap S          a round of a peer is stopped after S seconds, and the peer is out. Default 30
  --before FOLDER  measures another build too, the package in that folder, in a column of its own
  --json FILE      writes everything measured to a file
  --smoke          everything once, small: checks results, never times
  --help           this text, and the workloads
`;

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const whole = (name, text) =>
  /^[1-9]\d*$/.test(text) ? Number(text) : fail(`--${name} takes a whole number from 1, not '${text}'.`);

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        cap: { type: 'string', default: '30' },
        before: { type: 'string' },
        json: { type: 'string' },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}\n\n${HELP}`);
  }
};

/** A difference between two copies of rxjs would be measured as one between ours and the naive. */
const versions = () => {
  const [ours, here] = [createRequire(DIST), createRequire(import.meta.url)];
  const versionOf = (require, name) => require(`${name}/package.json`).version;
  const rxjs = versionOf(here, 'rxjs');
  if (versionOf(ours, 'rxjs') !== rxjs)
    fail(`routilux runs on rxjs ${versionOf(ours, 'rxjs')}, the bench on ${rxjs}: pin the same version in both.`);
  const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url)));
  return { node: process.versions.node, ...dependencies };
};

const chosen = (workloads, only) => {
  if (only === undefined) return workloads;
  const ids = only.split(',').map((id) => id.trim().toLowerCase());
  const known = new Map(workloads.map((workload) => [workload.id.toLowerCase(), workload]));
  return ids.map(
    (id) => known.get(id) ?? fail(`There is no workload '${id}'. There are: ${workloads.map((each) => each.id).join(', ')}.`),
  );
};

const doorOf = (folder) => {
  const path = resolve(process.env.INIT_CWD ?? '.', folder, 'dist/cjs/index.mjs');
  return existsSync(path) ? pathToFileURL(path).href : fail(`There is no built package in '${folder}': no ${path}.`);
};

const say = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
const hush = () => process.stderr.isTTY && process.stderr.write('\r\x1b[K');

const measureAll = async (workloads, { rounds, capMs }) => {
  const reports = [];
  process.stdout.write(head());
  for (const workload of workloads) {
    const measured = [];
    for (const [at, each] of workload.cases.entries()) {
      const onRound = (round) => {
        if (process.stderr.isTTY || round === 0)
          say(`${workload.id} ${each.name}: ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
      };
      measured.push(await measureCase(workload, at, { rounds, capMs, onRound }));
    }
    const rows = rowsOf(workload, measured);
    hush();
    process.stdout.write(block(workload, rows));
    reports.push(report(workload, measured, rows));
  }
  process.stdout.write(legend());
  return reports;
};

const report = (workload, measured, rows) => ({
  id: workload.id,
  title: workload.title,
  goal: workload.goal,
  unit: workload.unit ?? 'ns',
  cases: workload.cases.map(({ name, size }, at) => ({ name, size, tasks: workload.tasks(size), results: measured[at] })),
  rows,
});

const machine = () => ({ cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg() });

const main = async () => {
  const options = readOptions();
  if (options.before !== undefined) process.env.ROUTILUX_BEFORE = doorOf(options.before);
  // The workloads import the package, so they are loaded only once it is known to be there.
  if (!existsSync(DIST)) fail('The package is not built: run `npm run build` in the root first.');
  const { workloads } = await import('./workloads/index.js');
  if (options.help) {
    process.stdout.write(
      `${HELP}\n${workloads.map(({ id, title, goal }) => `  ${id.padEnd(5)}${title}\n       ${goal}`).join('\n')}\n`,
    );
    return;
  }
  const picked = chosen(workloads, options.only);
  const [rounds, capMs] = [whole('rounds', options.rounds), whole('cap', options.cap) * 1_000];
  const about = { date: new Date().toISOString(), versions: versions(), machine: machine(), rounds };
  if (options.smoke) {
    const checked = await smoke(picked, say);
    hush();
    process.stdout.write(`bench smoke: ${checked} contenders give the right result, and a wrong one is noticed.\n`);
    return;
  }
  const reports = await measureAll(picked, { rounds, capMs });
  const load = machine().load[0].toFixed(1);
  process.stdout.write(`Node ${about.versions.node}, ${about.machine.cores} cores, load ${load}, median of ${rounds} rounds.\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...about, workloads: reports }, null, 2)}\n`);
};

main().catch((error) => {
  hush();
  fail(`bench failed: ${error instanceof BenchFailure ? error.message : error.stack}`);
});
