// One process, both ways in: there has to be one copy of every class and one async context.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as imported from 'routilux';
import * as files from 'routilux/node';
import scenario from './scenario.cjs';
import writtenDown from './writtenDown.cjs';

const require = createRequire(import.meta.url);
const required = require('routilux');

assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
for (const name of Object.keys(required)) assert.equal(imported[name], required[name], `${name} is there twice`);

// What one way in made, the other takes: classes, `instanceof`, and the context of the job at work.
await scenario({ ...imported, Routine: required.Routine, ErrorHandler: required.ErrorHandler });
await scenario({ ...required, Routine: imported.Routine, currentContext: imported.currentContext });
await writtenDown(imported, require('routilux/node'));
await writtenDown(required, files);
for (const entry of ['node', 'rx', 'runtime', 'store/memory', 'testing']) {
  const [one, other] = [await import(`routilux/${entry}`), require(`routilux/${entry}`)];
  for (const name of Object.keys(other)) assert.equal(one[name], other[name], `${name} is there twice`);
}
console.log('import and require share every class');
