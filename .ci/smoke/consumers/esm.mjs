import * as routilux from 'routilux';
import scenario from './scenario.cjs';

await scenario(routilux);
console.log('import works');
