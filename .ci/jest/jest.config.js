// The specs as `npm test` runs them, but quickly: sources compiled without their types, and a spec that stands still is soon given up.
import { fileURLToPath } from 'node:url';
import quick from '../../jest.config.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export default {
  ...quick,
  transform: { '^.+\\.ts$': here('transform.cjs') },
  setupFiles: [here('quick.cjs')],
  reporters: [here('Reporter.js')],
  // Beside the copies, to be removed with them.
  cacheDirectory: '<rootDir>/../cache',
  testTimeout: 10_000,
};
