import type { PayloadOf } from './Event.js';
import type { ExecuteOptions } from './ExecuteOptions.js';
import type { Slot } from './Slot.js';

/** Where a run begins: a routine, whose slot `trigger` gets the parameters, or any slot of a routine of the flow, which types them. */
export type Entry<A extends object = object> = string | Slot<A>;

/** The parameters of an entry, which may be left out if they may be empty, and the options of the run. */
export type RunArguments<A extends object> = [...entryParams: PayloadOf<A>, options?: ExecuteOptions | undefined];
