// Builds `dist`: CommonJS (what Node runs, from `import` too, so that there is one copy of every class) and ES modules
// (what bundlers take). Every entry point gets an ES-module face over its CommonJS file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

const ENTRIES = ['index'];

const compile = (module, out) => {
  execFileSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--module', module, '--outDir', out],
    {
      stdio: 'inherit',
    },
  );
};

// Only Node carries a value across an `await`; a bundler for the browser never sees a `node:` import.
const imports = {
  '#async-context': { node: './prelude/asyncContext.node.js', default: './prelude/asyncContext.none.js' },
};

const mark = (out, type) => {
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/package.json`, `${JSON.stringify({ type, sideEffects: false, imports })}\n`);
};

const face = (entry) => {
  const line = `export * from './${entry.split('/').at(-1)}.js';\n`;
  writeFileSync(`dist/cjs/${entry}.mjs`, line);
  writeFileSync(`dist/cjs/${entry}.d.mts`, line);
};

rmSync('dist', { recursive: true, force: true });
compile('esnext', 'dist/esm');
compile('commonjs', 'dist/cjs');
mark('dist/esm', 'module');
mark('dist/cjs', 'commonjs');
ENTRIES.forEach(face);
