// Prints `N passed, N failed`, summed over the reports that jest has written: `node summary.js <folder> <exit code>`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, code] = process.argv.slice(2);

/** A spec file that does not even compile has no tests to count: it counts as one that failed. */
const countsOf = ({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) => [
  numPassedTests,
  numFailedTests + numRuntimeErrorTestSuites,
];

/** A report that was cut off counts as one that failed. */
const read = (name) => {
  try {
    return countsOf(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  } catch {
    return [0, 1];
  }
};

const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map(read);

const [passed, failed] = reports.reduce(([p, f], [passes, fails]) => [p + passes, f + fails], [0, 0]);

if (code !== '0' && failed === 0) console.log('\nThe tests that ran have passed, but a step failed; see above.');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
