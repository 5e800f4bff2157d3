// Packs the package as it would be published, installs it in an empty folder, and uses it there as strangers do:
// import, require, both, TypeScript in four settings, a Vite page in a real browser, and the Nodes it says it runs on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packInto } from '../pack.js';
import { checkInBrowser } from './browser.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const { devDependencies: pins } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Binaries of Node from the npm registry, no install script needed. */
const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

const folder = mkdtempSync(join(tmpdir(), 'routilux-smoke-'));

const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000, stdio: ['ignore', 'pipe', 'inherit'] });

const tool = (path, ...args) => {
  try {
    return run(process.execPath, [join(root, 'node_modules', path), ...args]);
  } catch (error) {
    process.stdout.write(error.stdout ?? '');
    throw error;
  }
};

const step = async (name, work) => {
  const note = await work();
  console.log(`ok  ${name}${typeof note === 'string' ? `: ${note}` : ''}`);
};

const pack = () => {
  const { filename, files, size } = packInto(folder);
  const stray = files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^((dist|docs|examples)\/|(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|bench\/README\.md)$)/.test(
          path,
        ),
    );
  assert.deepEqual(stray, [], 'files that no user needs');
  for (const needed of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/contract.md', 'docs/api/README.md', 'examples/README.md'])
    assert(
      files.some(({ path }) => path === needed),
      `${needed} is missing`,
    );
  return { filename, note: `${files.length} files, ${Math.round(size / 1000)} kB` };
};

const install = (tarball) => {
  const peers = Object.fromEntries(['rxjs', 'fp-ts', 'io-ts', '@types/node'].map((name) => [name, pins[name]]));
  const nodes = Object.fromEntries(
    Object.entries(NODES).map(([major, version]) => [`node${major}`, `npm:node-linux-${process.arch}@${version}`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { routilux: `file:${tarball}`, ...peers, ...nodes } }),
  );
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts']);
  cpSync(join(here, 'consumers'), folder, { recursive: true });
};

const onNode = (major) => {
  const node = join(folder, 'node_modules', `node${major}`, 'bin/node');
  const version = run(node, ['--version']).trim();
  assert(version.startsWith(`v${major}.`), `${version} is not Node ${major}`);
  // Each ends by itself, or its time runs out.
  const said = ['esm.mjs', 'common.cjs', 'both.mjs'].map((file) => run(node, [file]).trim());
  assert.deepEqual(said, ['import works', 'require works', 'import and require share every class']);
  return version;
};

/** As its reader is told: saved as `first.mts`, and run by `npx tsx`. */
const firstFlow = () => {
  const readme = readFileSync(join(folder, 'node_modules/routilux/README.md'), 'utf8');
  const [, code, promised] = /^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```/m.exec(readme);
  writeFileSync(join(folder, 'first.mts'), code);
  assert.equal(tool('tsx/dist/cli.mjs', 'first.mts'), promised);
};

/** The settings a consumer compiles with, and the file name that makes it an ES module or CommonJS there. */
const SETTINGS = {
  'node16, ES module': { file: 'consumer.mts', module: 'node16', moduleResolution: 'node16' },
  'node16, CommonJS': { file: 'consumer.cts', module: 'node16', moduleResolution: 'node16' },
  'nodenext, ES module': { file: 'consumer.mts', module: 'nodenext', moduleResolution: 'nodenext' },
  'nodenext, CommonJS': { file: 'consumer.cts', module: 'nodenext', moduleResolution: 'nodenext' },
  'bundler, with the DOM': {
    file: 'consumer.ts',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['ES2022', 'DOM'],
    types: [],
  },
};

const compile = ({ file, ...options }) => {
  cpSync(join(folder, 'types/consumer.txt'), join(folder, file));
  const compilerOptions = {
    target: 'ES2022',
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  tool('typescript/bin/tsc', '-p', 'tsconfig.json');
};

const lintPackage = async (tarball) => {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
};

/** Everything in the built page, as one text. */
const bundle = () => {
  tool('vite/bin/vite.js', 'build', 'page', '--logLevel', 'warn');
  const assets = join(folder, 'page/dist/assets');
  const text = readdirSync(assets)
    .map((name) => readFileSync(join(assets, name), 'utf8'))
    .join('\n');
  // `node:` by itself is also a key of an object; as a module it follows a quote.
  for (const trace of [/['"`]node:/, /async_hooks/, /AsyncLocalStorage/, /__vite-browser-external/])
    assert(!trace.test(text), `the bundle holds ${trace}`);
  return `${Math.round(text.length / 1000)} kB with its peers`;
};

try {
  let tarball;
  await step('npm pack', () => {
    const { filename, note } = pack();
    tarball = join(folder, filename);
    return note;
  });
  await step('publint --strict', () => lintPackage(tarball));
  await step('are the types wrong?', () => void tool('@arethetypeswrong/cli/dist/index.js', tarball, '--no-color', '--no-emoji'));
  await step('npm install of the tarball and its peers', () => install(tarball));
  await step('the first flow of the README', firstFlow);
  for (const major of Object.keys(NODES)) await step(`Node ${major}: import, require, both`, () => onNode(major));
  for (const [name, setting] of Object.entries(SETTINGS)) await step(`TypeScript: ${name}`, () => compile(setting));
  await step('Vite build: no module of Node in it', bundle);
  await step('the page in headless Chromium', () => checkInBrowser(join(folder, 'page/dist')));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
