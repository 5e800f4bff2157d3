// node --expose-gc child.mjs <area> [first words of a name]: measures the operations of an area on the built package. Prints one line of JSON for each.
import { scalingOf } from './measure.mjs';

const [, , area, only = ''] = process.argv;
const { operations } = await import(`./operations/${area}.mjs`);
for (const operation of operations)
  if (operation.name.startsWith(only)) process.stdout.write(`${JSON.stringify(await scalingOf(operation))}\n`);
// What an operation has left open is of no interest.
process.exit();
