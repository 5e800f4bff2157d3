// Builds `dist`: CommonJS (what Node runs, from `import` too, so that there is one copy of every class) and ES modules
// (what bundlers take). Every entry point gets an ES-module face over its CommonJS file.
//
// The package is of type `module`, so CommonJS files end in `.cjs`. A nested package.json would do as well, but it
// would cut them off from the `imports` of the package, by which `#async-context` is found.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ENTRIES = ['index', 'node/index', 'rx/index', 'testing/index'];

const compile = (module, out) => {
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--module', module, '--outDir', out];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
};

/** Every `./name.js` that a file requires or takes types from. */
const RELATIVE = /(['"]\.{1,2}\/[^'"\n]*)\.js(?=['"])/g;

const toCommonJs = (path) => {
  writeFileSync(path, readFileSync(path, 'utf8').replace(RELATIVE, '$1.cjs'));
  renameSync(
    path,
    path.replace(/\.(d\.ts|js)$/, (_, end) => (end === 'js' ? '.cjs' : '.d.cts')),
  );
};

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

const require = createRequire(import.meta.url);

/** The names one by one: `export *` would hand on `__esModule` as well. */
const face = (entry) => {
  const base = entry.split('/').at(-1);
  const names = Object.keys(require(`../dist/cjs/${entry}.cjs`)).join(', ');
  writeFileSync(`dist/cjs/${entry}.mjs`, `export { ${names} } from './${base}.cjs';\n`);
  writeFileSync(`dist/cjs/${entry}.d.mts`, `export * from './${base}.cjs';\n`);
};

rmSync('dist', { recursive: true, force: true });
compile('esnext', 'dist/esm');
compile('commonjs', 'dist/cjs');
filesIn('dist/cjs').forEach(toCommonJs);
ENTRIES.forEach(face);
