// How much the core weighs where every byte is paid for (minified, compressed, its peers left out), and what its types
// cost the compiler.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * What GOALS asks for, which the engine alone is near and the engine with its JSON is not (decision 8), and what no change may
 * pass. The pipeline has cost 2.7 kB (decision 12), records that add up to the state of a job 1.9 kB (decision 13), what user
 * code may do at odd moments 0.8 kB, what users met (places for jobs, children, options that are known, ends of one task) 3.1 kB, a structure
 * that nobody takes for another 0.5 kB, telling two copies of the package apart 0.3 kB, streams of handlers that are closed 1.0 kB, what
 * follows a failure 0.9 kB, clocks that are faked or set 0.6 kB, values that come back as they were or are refused 2.2 kB, messages 0.5 kB,
 * options and arguments that are refused everywhere 0.5 kB, types of a routine that hold no values 0.1 kB, places that jobs wait for in little memory 0.3 kB,
 * who borrows a worker, of whom, and at once 0.6 kB, delays, questions and parked jobs 3.2 kB, the seam of durable jobs 0.3 kB.
 */
const GOAL = 16_000;
const LIMIT = 53_300;
/**
 * The same for a page that imports `Flow` and `Routine` alone: without a `Registry` and `JobState` it ships neither io-ts nor what
 * reads JSON, and without an operator nothing of the streams of routines.
 */
const FLOW_LIMIT = 48_100;

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** What a page ships that imports this much. */
const WHOLE = "export * from './index.js';";
const FLOW_AND_ROUTINE = "export { Flow, Routine } from './index.js';";

/** The bundle of a page, and how many bytes of it each file of `dist/esm` has. */
const bundle = async (contents) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: 'dist/esm' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    // The paths of this repository's tsconfig.json would lead back to the sources.
    tsconfigRaw: {},
    external: ['rxjs', 'fp-ts', 'io-ts', 'fp-ts/*', 'io-ts/*'],
  });
  const code = outputFiles[0].contents;
  const [{ inputs }] = Object.values(metafile.outputs);
  return {
    minified: code.length,
    gzip: gzipSync(code, { level: 9 }).length,
    brotli: brotliCompressSync(code).length,
    bytesOf: new Map(Object.entries(inputs).map(([path, { bytesInOutput }]) => [path.replace('dist/esm/', ''), bytesInOutput])),
  };
};

const sizes = ({ minified, gzip, brotli }) => `${kB(minified)} minified; gzip ${kB(gzip)}, brotli ${kB(brotli)}`;

/** The folder of a file, or `doors`. */
const partOf = (path) => (path.includes('/') ? `${path.split('/')[0]}/` : 'doors');

/** A table: each part, and below it each of its files, the largest first; minified bytes in both bundles. */
const table = (whole, small) => {
  const paths = [...whole.bytesOf.keys()].filter((path) => whole.bytesOf.get(path) > 0);
  const sum = (files, { bytesOf }) => files.reduce((total, path) => total + (bytesOf.get(path) ?? 0), 0);
  const row = (name, files) =>
    `${name.padEnd(36)}${String(sum(files, whole)).padStart(8)}${String(sum(files, small)).padStart(20)}`;
  const bySize = (a, b) => sum(b, whole) - sum(a, whole);
  const parts = [...new Set(paths.map(partOf))].map((part) => paths.filter((path) => partOf(path) === part)).sort(bySize);
  const rows = parts.flatMap((files) => [
    row(partOf(files[0]), files),
    ...files.sort((a, b) => bySize([a], [b])).map((path) => row(`  ${path}`, [path])),
  ]);
  return [`${'minified bytes'.padEnd(36)}${'whole'.padStart(8)}${'{ Flow, Routine }'.padStart(20)}`, ...rows].join('\n');
};

/** An example of 20 typed connections, between routines with codecs. */
const example = () => {
  const routines = Array.from(
    { length: 21 },
    (_, i) => `const r${i} = defineRoutine({
  type: 'r${i}',
  events: { output: t.type({ n${i + 1}: t.number, text: t.string }) },
  slots: {
    input: {
      codec: t.type({ n${i}: t.number, text: t.string }),
      handler: ({ n${i}, text }, ctx) => ctx.emit('output', { n${i + 1}: n${i} + 1, text }),
    },
  },
});
flow.addRoutine(r${i}, 'r${i}');`,
  );
  const connections = Array.from({ length: 20 }, (_, i) => `flow.connect(r${i}.event('output'), r${i + 1}.slot('input'));`);
  return `import * as t from 'io-ts';\nimport { defineRoutine, Flow } from 'routilux';\nconst flow = new Flow();\n${[...routines, ...connections].join('\n')}\n`;
};

// Where no linter looks, which may be at work beside this.
const TYPE_FILE = '.ci/out/typecheck-cost.ts';

const FLAGS =
  '--noEmit --strict --skipLibCheck --target es2022 --module nodenext --moduleResolution nodenext --types node --extendedDiagnostics --ignoreConfig';

const secondsToCompile = (text) => {
  mkdirSync(dirname(TYPE_FILE), { recursive: true });
  writeFileSync(TYPE_FILE, text);
  try {
    const said = execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...FLAGS.split(' '), TYPE_FILE], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return Number(/^Total time:\s+([\d.]+)s$/m.exec(said)?.[1]);
  } catch (error) {
    throw new Error(`The example does not compile:\n${error.stdout}`, { cause: error });
  } finally {
    rmSync(TYPE_FILE, { force: true });
  }
};

/** The best of three: what the compiler needs, not what the machine was busy with. */
const best = (text) => Math.min(...[1, 2, 3].map(() => secondsToCompile(text)));

const [whole, small] = [await bundle(WHOLE), await bundle(FLOW_AND_ROUTINE)];
console.log(table(whole, small));
console.log(`core, all of it: ${sizes(whole)} (goal ${kB(GOAL)}, limit ${kB(LIMIT)})`);
console.log(`core, { Flow, Routine }: ${sizes(small)} (limit ${kB(FLOW_LIMIT)})`);

const [empty, typed] = [best('export {};\n'), best(example())];
console.log(
  `20 typed connections: ${typed.toFixed(2)} s to compile, an empty file ${empty.toFixed(2)} s: ${(typed - empty).toFixed(2)} s more (goal: 1.00 s)`,
);

const guard = (what, { brotli }, limit) => {
  if (brotli <= limit) return;
  console.error(`${what} is ${brotli - limit} bytes over its limit.`);
  process.exitCode = 1;
};

guard('The core', whole, LIMIT);
guard('The core of { Flow, Routine }', small, FLOW_LIMIT);
