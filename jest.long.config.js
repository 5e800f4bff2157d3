// What `npm test` leaves out: the `*-long-spec.ts`, and once more, with far more runs, the specs that ask for
// ROUTILUX_LONG (random flows: 10,000 in place of 1,000).
import { readdirSync, readFileSync } from 'node:fs';
import quick from './jest.config.js';

process.env.ROUTILUX_LONG = '1';

const specs = readdirSync('spec', { recursive: true })
  .map((path) => `spec/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('-spec.ts'));

const takesLong = (path) => path.endsWith('-long-spec.ts') || readFileSync(path, 'utf8').includes('ROUTILUX_LONG');

export default {
  ...quick,
  testMatch: specs.filter(takesLong).map((path) => `<rootDir>/${path}`),
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
