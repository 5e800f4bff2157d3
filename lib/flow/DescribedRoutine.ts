import type { Codec } from './Codec.js';
import type { ErrorHandler } from './ErrorHandler.js';
import type { FixedLimit } from './Limit.js';
import type { Merge } from './merge.js';

/** A handler of whatever routine and payload: kept as it was given. */
export type AnyHandler = (this: never, data: never, ctx: never) => unknown;

/** A slot as a flow sees it: how it takes its input. */
export interface DescribedSlot {
  readonly name: string;
  readonly handler: AnyHandler | undefined;
  readonly merge: Merge<never>;
  readonly codec: Codec<object> | undefined;
  readonly emits: string | undefined;
  readonly limit: FixedLimit;
}

/** A routine as a flow sees it. The class stands below, at the doors, and what is described here does without it. */
export interface DescribedRoutine {
  readonly id: string;
  /** The name of its kind. */
  readonly type: string;
  readonly slots: ReadonlyMap<string, DescribedSlot>;
  readonly events: ReadonlyMap<string, { readonly paramNames: readonly string[] }>;
  readonly errorHandler: ErrorHandler | undefined;
  slot(name: string): unknown;
  event(name: string): unknown;
  emit(event: string, data?: object, options?: object): void;
}
