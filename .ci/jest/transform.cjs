// Compiles the sources one by one, without a look at their types: `npm test` and `npm run types` do that.
const { createHash } = require('node:crypto');
const { transformSync } = require('esbuild');

const OPTIONS = {
  loader: 'ts',
  format: 'cjs',
  target: 'es2022',
  sourcemap: 'inline',
  banner: '"use strict";',
  // Jest has no `import()` of its own without a flag.
  supported: { 'dynamic-import': false },
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
};

module.exports = {
  process: (text, path) => ({ code: transformSync(text, { ...OPTIONS, sourcefile: path }).code }),
  getCacheKey: (text, path) => createHash('sha1').update(text).update(path).digest('hex'),
};
