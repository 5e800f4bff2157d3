export { type Flattening, toOperator, type ToOperatorOptions } from './toOperator.js';
