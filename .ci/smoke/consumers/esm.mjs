import * as routilux from 'routilux';
import * as files from 'routilux/node';
import scenario from './scenario.cjs';
import writtenDown from './writtenDown.cjs';

await scenario(routilux);
await writtenDown(routilux, files);
console.log('import works');
