export { feed } from './feed.js';
export { fromOperator, type FromOperatorOptions, type OperatorRoutine } from './fromOperator.js';
export { fromSource, type OpenSource, type SourceRoutine } from './fromSource.js';
export type { NativeObservable } from '../engine/fromNative.js';
export { toNative } from './native.js';
export type { PayloadOf } from './payloadOf.js';
export type { Source } from './read.js';
export { type Flattening, toOperator, type ToOperatorOptions } from './toOperator.js';
