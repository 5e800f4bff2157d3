import type { Connection } from '../flow/Connection.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { Described } from './Registry.js';

/** What a flow is made of. `R` is the kind of its routines. */
export interface FlowParts<R extends Described = Described> {
  readonly settings: Omit<FlowSettings, 'scheduler' | 'asyncContext' | 'random' | 'newId'>;
  readonly routines: ReadonlyMap<string, R>;
  readonly connections: readonly Connection[];
}
