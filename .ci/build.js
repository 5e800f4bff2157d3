// Builds `dist`: ES modules, a file for each of ours (what bundlers take), and CommonJS (what Node runs, from `import` too, so that
// there is one copy of every class). Every entry point gets an ES-module face over its CommonJS file.
//
// What the entry points share is one CommonJS file: Node loads it in two thirds of the time, and V8 makes better code of calls
// within a file.
//
// The package is of type `module`, so CommonJS files end in `.cjs`. A nested package.json would do as well, but it
// would cut them off from the `imports` of the package, by which `#async-context` is found.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rollup } from 'rollup';

const ENTRIES = ['index', 'node/index', 'rx/index', 'runtime/index', 'store/memory/index', 'testing/index'];
/** What the `imports` of the package name. */
const PARTS = ['prelude/asyncContext.node', 'prelude/asyncContext.none'];

const compile = () => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
};

/** So that two copies in one process can tell which is which. */
const stampVersion = () => {
  const [path, { version }] = ['dist/esm/prelude/Copy.js', JSON.parse(readFileSync('package.json', 'utf8'))];
  const [before, after, ...more] = readFileSync(path, 'utf8').split("'of the sources'");
  if (after === undefined || more.length > 0) throw new Error(`${path} does not name the version in one place`);
  writeFileSync(path, `${before}${JSON.stringify(version)}${after}`);
};

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

// ── CommonJS ────────────────────────────────────────────────────────────────────────────────────────────────────────

const isOurs = (specifier) => /^[./]/.test(specifier);

const toCommonJs = async () => {
  const bundle = await rollup({
    input: Object.fromEntries([...ENTRIES, ...PARTS].map((entry) => [entry, `dist/esm/${entry}.js`])),
    external: (specifier) => !isOurs(specifier),
  });
  await bundle.write({
    dir: 'dist/cjs',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    manualChunks: { core: ['dist/esm/index.js'] },
    generatedCode: { preset: 'es2015', symbols: false },
    interop: 'esModule',
    esModule: true,
  });
};

/** Every `./name.js` that a file takes types from. */
const RELATIVE = /(['"]\.{1,2}\/[^'"\n]*)\.js(?=['"])/g;

const typesFor = (path) => {
  const to = path.replace('esm', 'cjs').replace(/\.d\.ts$/, '.d.cts');
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, readFileSync(path, 'utf8').replace(RELATIVE, '$1.cjs'));
};

const require = createRequire(import.meta.url);

/** The names one by one: `export *` would hand on `__esModule` as well. */
const face = (entry) => {
  const base = entry.split('/').at(-1);
  const names = Object.keys(require(`../dist/cjs/${entry}.cjs`)).join(', ');
  writeFileSync(`dist/cjs/${entry}.mjs`, `export { ${names} } from './${base}.cjs';\n`);
  writeFileSync(`dist/cjs/${entry}.d.mts`, `export * from './${base}.cjs';\n`);
};

rmSync('dist', { recursive: true, force: true });
compile();
stampVersion();
await toCommonJs();
filesIn('dist/esm')
  .filter((path) => path.endsWith('.d.ts'))
  .forEach(typesFor);
ENTRIES.forEach(face);
