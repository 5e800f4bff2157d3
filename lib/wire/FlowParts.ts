import type { Connection } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import type { ErrorHandler } from '../flow/ErrorHandler.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { DecodeOptions } from './decodeJson.js';

/** A routine as its JSON has to do with it: what is written of it, and filled in again. */
export interface Described extends DescribedRoutine {
  readonly type: string;
  readonly config: Data;
  setConfig(patch: Data): this;
  setErrorHandler(handler: ErrorHandler): this;
}

/** What a flow is made of. `R` is the kind of its routines. */
export interface FlowParts<R extends Described = Described> {
  readonly settings: Omit<FlowSettings, 'scheduler' | 'asyncContext' | 'random' | 'newId'>;
  readonly routines: ReadonlyMap<string, R>;
  readonly connections: readonly Connection[];
}

/** Reads a flow from its JSON: a `Registry`. */
export interface FlowReader<R extends Described = Described> {
  read(json: unknown, options?: DecodeOptions): FlowParts<R>;
}
